"""Puts the deployed adapters together for each function: no network yet, and a missing setting names itself.

Imports are inside the functions on purpose: a Lambda pays at every cold start for what its module imports, so each
takes only the adapters that it names (docs/decisions/0005).
"""

import base64
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from enhancer.domain.clock import utc_now
from enhancer.domain.messages import Message
from enhancer.settings import ConfigurationError, Settings

if TYPE_CHECKING:
    from enhancer.adapters.bearer import IssuerKeys
    from enhancer.adapters.cookies import Signer
    from enhancer.adapters.dynamo_usage import DynamoUsage
    from enhancer.adapters.identity import Identity
    from enhancer.adapters.r2 import R2Pictures
    from enhancer.adapters.read_links import SignedReadLinks
    from enhancer.adapters.secrets import Secrets
    from enhancer.adapters.share_links import SignedShareLinks
    from enhancer.adapters.sqs import SqsMessages
    from enhancer.adapters.webhook_signature import WebhookSignature
    from enhancer.domain.catalogue import Offer
    from enhancer.http.access import Access
    from enhancer.ports import Imaging, Jobs, Provider
    from enhancer.usecases.complete_job import Completer
    from enhancer.usecases.create_job import Intake
    from enhancer.usecases.expire_pictures import Expirer
    from enhancer.usecases.reconcile_jobs import Reconciler
    from enhancer.usecases.start_job import Starter

settings = Settings()
_AMAZON_ROOTS = Path(__file__).with_name("amazon_roots.pem")
_SECRETS = (
    "R2_ACCESS_KEY_ID",
    "R2_SECRET_ACCESS_KEY",
    "REPLICATE_API_TOKEN",
    "REPLICATE_WEBHOOK_SECRET",
    "OWNER_KEY",
    "COOKIE_KEYS",
    "SHARE_KEYS",
    "ORIGIN_SECRETS",
)


@cache
def _session() -> Any:
    """botocore's: it makes the very clients that boto3 hands on, without boto3's resources and transfers (0013)."""
    from botocore.session import Session

    return Session()


@cache
def _client(service: str) -> Any:
    """A client of an AWS service. It trusts the roots of Amazon's, unless the operator names a bundle."""
    from botocore.config import Config

    from enhancer import USER_AGENT

    config = Config(retries={"mode": "standard"}, connect_timeout=3, read_timeout=10, user_agent=USER_AGENT)
    roots = settings.optional("AWS_CA_BUNDLE") or str(_AMAZON_ROOTS)
    return _session().create_client(service, config=config, verify=roots)


@cache
def secrets() -> "Secrets":
    """The secrets whose names this function's settings hold."""
    from enhancer.adapters.secrets import Secrets
    from enhancer.observability import secrets_kept

    return Secrets(_client("ssm"), [settings.text(name) for name in _SECRETS if settings.optional(name)], secrets_kept)


def _secret(setting: str) -> Callable[[], str]:
    name = settings.text(setting)
    return lambda: secrets().get(name)


def _several(setting: str) -> Callable[[], list[str]]:
    name = settings.text(setting)
    return lambda: secrets().several(name)


def jobs() -> "Jobs":
    """JobsTable; each transition is logged and counted."""
    from enhancer.adapters.dynamo_jobs import DynamoJobs
    from enhancer.observability import watched

    return watched(DynamoJobs(_client("dynamodb"), settings.text("JOBS_TABLE"), settings.optional("USAGE_TABLE")))


def usage() -> "DynamoUsage":
    """UsageTable."""
    from enhancer.adapters.dynamo_usage import DynamoUsage

    return DynamoUsage(_client("dynamodb"), settings.text("USAGE_TABLE"))


def messages() -> "SqsMessages":
    """The queues that this function sends to."""
    from enhancer.adapters.sqs import SqsMessages

    queues = ("START_QUEUE_URL", "COMPLETION_QUEUE_URL", "RETENTION_QUEUE_URL")
    return SqsMessages(_client("sqs"), *map(settings.optional, queues))


def pauses(queue: str) -> Callable[[str, int], None]:
    """How this function's reader of a queue, named by its setting, has a failed message come again."""
    from enhancer.adapters.sqs import SqsPauses

    return SqsPauses(_client("sqs"), settings.text(queue)).pause


def pictures() -> "R2Pictures":
    """The bucket."""
    from enhancer.adapters.r2 import R2Pictures

    bucket, endpoint = settings.text("R2_AI_IMAGES_BUCKET"), settings.text("R2_ENDPOINT")
    public = settings.optional("R2_PUBLIC_ENDPOINT") or endpoint
    keys = _r2_credentials()
    return R2Pictures(lambda: r2_client(endpoint, *keys()), bucket, public=lambda: r2_client(public, *keys()))


@cache
def r2_client(endpoint: str, key_id: str, secret: str) -> Any:
    """A client for these keys; new keys make a new client, so that rotation works."""
    from botocore.config import Config
    from botocore.handlers import add_expect_header

    # R2 refuses the aws-chunked bodies with trailing checksums that boto3 sends by default since 1.36.
    config = Config(
        signature_version="s3v4",
        s3={"addressing_style": "path"},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        retries={"mode": "standard"},
        connect_timeout=3,
        read_timeout=20,  # three tries and their pauses end within the time-out of each function that waits for R2
    )
    client = _session().create_client(
        "s3",
        endpoint_url=endpoint,
        region_name="auto",
        aws_access_key_id=key_id,
        aws_secret_access_key=secret,
        config=config,
    )
    # With "Expect: 100-continue" a file waits a second for an answer that Cloudflare never sends
    # (developers.cloudflare.com/r2/api/s3/extensions, read 2026-11-25).
    client.meta.events.unregister("before-call.s3", add_expect_header)
    return client


def _r2_credentials() -> Callable[[], tuple[str, str]]:
    key_id, secret = _secret("R2_ACCESS_KEY_ID"), _secret("R2_SECRET_ACCESS_KEY")
    return lambda: (key_id(), secret())


def links() -> "SignedReadLinks":
    """The signer of read links."""
    from enhancer.adapters.read_links import SignedReadLinks

    return SignedReadLinks(settings.text("R2_PUBLIC_ENDPOINT"), settings.text("R2_AI_IMAGES_BUCKET"), _r2_credentials())


def provider() -> "Provider":
    """The AI provider, watched: the lines and metrics say what it answers."""
    from enhancer.adapters.model_files import models
    from enhancer.adapters.replicate import Replicate
    from enhancer.observability import WatchedProvider

    return WatchedProvider(Replicate(settings.text("REPLICATE_BASE_URL"), _secret("REPLICATE_API_TOKEN"), models()))


def imaging() -> "Imaging":
    """Work on pixels, watched: the lines say why a picture is refused."""
    from enhancer.adapters.imaging import PillowImaging
    from enhancer.observability import WatchedImaging

    return WatchedImaging(PillowImaging())


def webhook_signature() -> "WebhookSignature":
    """The verifier of webhook calls."""
    from enhancer.adapters.model_files import models
    from enhancer.adapters.webhook_signature import WebhookSignature

    return WebhookSignature(_several("REPLICATE_WEBHOOK_SECRET"), models())


def identity() -> "Identity":
    """Who is asking."""
    from enhancer.adapters.identity import Identity

    secure = settings.text("PUBLIC_BASE_URL").startswith("https://")
    return Identity(_signer("COOKIE_KEYS"), _verify_token, utc_now, secure=secure)


def access() -> "Access":
    """The gate of the routes."""
    from enhancer.http.access import Access, Rules

    rules = Rules(
        rates=settings.numbers("RATE_LIMITS"),
        guest_jobs_per_address=settings.integer("GUEST_JOBS_PER_ADDRESS"),
        verified_email=settings.text("REQUIRE_VERIFIED_EMAIL") == "true",
        base_url=settings.text("PUBLIC_BASE_URL"),
    )
    return Access(identity(), usage(), rules, _owner_key(), utc_now)


def shares() -> "SignedShareLinks":
    """Share links."""
    from enhancer.adapters.share_links import SignedShareLinks

    return SignedShareLinks(_signer("SHARE_KEYS"))


def _signer(setting: str) -> "Signer":
    from enhancer.adapters.cookies import Signer

    return Signer(_several(setting))


def _owner_key() -> Callable[[], bytes]:
    key = _secret("OWNER_KEY")
    return lambda: base64.b64decode(key())


def _verify_token(token: str) -> Any:
    from enhancer.errors import Unauthorized

    if not settings.optional("OIDC_ISSUER"):
        raise Unauthorized(Message.SIGN_IN_NOT_CONFIGURED)
    return _bearer_tokens().verify(token)


@cache
def _bearer_tokens() -> Any:
    from enhancer.adapters.bearer import BearerTokens

    keys = issuer_keys()
    return BearerTokens(settings.text("OIDC_ISSUER"), settings.text("OIDC_AUDIENCE"), keys, _owner_key()())


def issuer_keys() -> "IssuerKeys":
    """The keys that the issuer of bearer tokens publishes."""
    import certifi

    from enhancer.adapters.bearer import IssuerKeys
    from enhancer.observability import issuer_keys_unread

    roots = settings.optional("SSL_CERT_FILE") or certifi.where()
    return IssuerKeys(settings.text("OIDC_JWKS_URL"), roots, issuer_keys_unread)


def origin_secrets() -> Callable[[], list[str]]:
    """The values of X-Origin-Verify that are valid now."""
    return _several("ORIGIN_SECRETS")


def offered() -> "dict[str, Offer]":
    """The models that the operator allows. Raises ConfigurationError."""
    from enhancer.adapters.model_files import offers

    try:
        return offers(settings.items("ALLOWED_MODELS"))
    except ValueError as problem:
        raise ConfigurationError(f"the setting ALLOWED_MODELS: {problem}") from None


def prefix() -> str:
    """What every key of ours begins with."""
    return settings.optional("AI_R2_PREFIX")


def intake() -> "Intake":
    """For creating jobs."""
    from enhancer.usecases.create_job import Intake

    return Intake(
        jobs=jobs(),
        usage=usage(),
        pictures=pictures(),
        messages=messages(),
        offers=offered(),
        prefix=prefix(),
        max_bytes=settings.integer("MAX_UPLOAD_BYTES"),
        max_pixels=settings.integer("MAX_PIXELS"),
        quota_jobs=settings.integer("QUOTA_JOBS"),
        spend_ceiling=settings.integer("SPEND_CEILING"),
        clock=utc_now,
    )


def starter() -> "Starter":
    """For starting runs."""
    from enhancer.usecases.start_job import Starter

    return Starter(
        jobs=jobs(),
        usage=usage(),
        pictures=pictures(),
        links=links(),
        provider=provider(),
        messages=messages(),
        imaging=imaging(),
        offers=offered(),
        webhook_url=f"{settings.text('PUBLIC_BASE_URL')}/api/webhooks/replicate",
        prefix=prefix(),
        spend_ceiling=settings.integer("SPEND_CEILING"),
        clock=utc_now,
    )


def completer() -> "Completer":
    """For finishing jobs."""
    from enhancer.adapters.outputs import ProviderOutputs
    from enhancer.observability import security_event
    from enhancer.usecases.complete_job import Completer

    local = settings.text("ENVIRONMENT") == "local"
    return Completer(
        jobs=jobs(),
        pictures=pictures(),
        outputs=ProviderOutputs(settings.items("REPLICATE_OUTPUT_HOSTS"), local=local),
        imaging=imaging(),
        messages=messages(),
        prefix=prefix(),
        bucket=settings.text("R2_AI_IMAGES_BUCKET"),
        clock=utc_now,
        security_event=security_event,
    )


def reconciler() -> "Reconciler":
    """For moving forgotten jobs."""
    from enhancer.usecases.reconcile_jobs import Reconciler

    return Reconciler(
        jobs=jobs(),
        usage=usage(),
        provider=provider(),
        messages=messages(),
        bucket=settings.text("R2_AI_IMAGES_BUCKET"),
        prefix=prefix(),
        clock=utc_now,
    )


def expirer() -> "Expirer":
    """For deleting what is too old."""
    from enhancer.usecases.expire_pictures import Expirer

    return Expirer(pictures(), usage(), messages(), prefix(), utc_now)
