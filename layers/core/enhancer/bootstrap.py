"""Construction of use cases and adapters for each function, without network; errors name a missing setting.

Imports are inside the functions on purpose: imports are the cost of a Lambda's cold start, so each function imports
only the adapters that it uses (docs/decisions/0005).
"""

import base64
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from enhancer.domain.clock import utc_now
from enhancer.domain.messages import Message
from enhancer.settings import ConfigurationError, Settings

if TYPE_CHECKING:
    from enhancer.adapters.bearer import IssuerKeys
    from enhancer.adapters.dynamo_usage import DynamoUsage
    from enhancer.adapters.identity import Identity
    from enhancer.adapters.presigned_urls import R2PresignedUrls
    from enhancer.adapters.r2 import R2ImageStore
    from enhancer.adapters.secrets import Secrets
    from enhancer.adapters.share_links import SignedShareLinks
    from enhancer.adapters.signing import Signer
    from enhancer.adapters.sqs import SqsMessages
    from enhancer.adapters.webhook_signature import WebhookSignature
    from enhancer.domain.catalogue import AllowedModel
    from enhancer.http.access import Access
    from enhancer.ports import Imaging, JobRepository, Provider
    from enhancer.usecases.await_job import AwaitJob
    from enhancer.usecases.cancel_job import CancelJob
    from enhancer.usecases.complete_job import CompleteJob
    from enhancer.usecases.create_job import CreateJob
    from enhancer.usecases.create_once import CreateOnce
    from enhancer.usecases.delete_job import DeleteJob
    from enhancer.usecases.expire_images import ExpireImages
    from enhancer.usecases.list_jobs import ListJobs
    from enhancer.usecases.read_job import ReadJob
    from enhancer.usecases.read_usage import ReadUsage
    from enhancer.usecases.receive_delivery import ReceiveDelivery
    from enhancer.usecases.reconcile_jobs import ReconcileJobs
    from enhancer.usecases.request_upload import RequestUpload
    from enhancer.usecases.share_job import ShareJob
    from enhancer.usecases.show_image import ShowImage
    from enhancer.usecases.start_job import StartJob

settings = Settings()
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


def _client(service: str) -> Any:
    from enhancer.aws_clients import aws_client

    return aws_client(service, settings.optional("AWS_CA_BUNDLE"))


@cache
def secrets() -> "Secrets":
    """Return the secrets that this function's settings name."""
    from enhancer.adapters.secrets import Secrets
    from enhancer.observability import stale_secrets_used

    return Secrets(
        _client("ssm"), [settings.text(name) for name in _SECRETS if settings.optional(name)], stale_secrets_used
    )


def _secret(setting: str) -> Callable[[], str]:
    name = settings.text(setting)
    return lambda: secrets().get(name)


def _several(setting: str) -> Callable[[], list[str]]:
    name = settings.text(setting)
    return lambda: secrets().several(name)


def jobs() -> "JobRepository":
    """Return the repository on JobsTable; it logs and counts each transition."""
    from enhancer.adapters.dynamo_jobs import DynamoJobs
    from enhancer.observability import instrumented

    return instrumented(DynamoJobs(_client("dynamodb"), settings.text("JOBS_TABLE"), settings.optional("USAGE_TABLE")))


def usage() -> "DynamoUsage":
    """Return the store on UsageTable."""
    from enhancer.adapters.dynamo_usage import DynamoUsage

    return DynamoUsage(_client("dynamodb"), settings.text("USAGE_TABLE"))


def messages() -> "SqsMessages":
    """Return the queues that this function sends to."""
    from enhancer.adapters.sqs import SqsMessages

    queues = ("START_QUEUE_URL", "COMPLETION_QUEUE_URL", "RETENTION_QUEUE_URL")
    return SqsMessages(_client("sqs"), *map(settings.optional, queues))


def retry_delay(queue: str) -> Callable[[str, int], None]:
    """Return the function that delays the retry of a message of a queue; a setting names the queue."""
    from enhancer.adapters.sqs import SqsRetryDelay

    return SqsRetryDelay(_client("sqs"), settings.text(queue)).delay


def images() -> "R2ImageStore":
    """Return the bucket."""
    from enhancer.adapters.r2 import R2ImageStore
    from enhancer.aws_clients import r2_client

    bucket, endpoint = settings.text("R2_AI_IMAGES_BUCKET"), settings.text("R2_ENDPOINT")
    public = settings.optional("R2_PUBLIC_ENDPOINT") or endpoint
    keys = _r2_credentials()
    return R2ImageStore(lambda: r2_client(endpoint, *keys()), bucket, public=lambda: r2_client(public, *keys()))


def _r2_credentials() -> Callable[[], tuple[str, str]]:
    key_id, secret = _secret("R2_ACCESS_KEY_ID"), _secret("R2_SECRET_ACCESS_KEY")
    return lambda: (key_id(), secret())


def presigned_urls() -> "R2PresignedUrls":
    """Return the signer of presigned URLs."""
    from enhancer.adapters.presigned_urls import R2PresignedUrls

    return R2PresignedUrls(settings.text("R2_PUBLIC_ENDPOINT"), settings.text("R2_AI_IMAGES_BUCKET"), _r2_credentials())


def provider() -> "Provider":
    """Return the AI provider; its errors are logged and counted."""
    from enhancer.adapters.model_files import models
    from enhancer.adapters.replicate import Replicate
    from enhancer.observability import InstrumentedProvider

    return InstrumentedProvider(
        Replicate(settings.text("REPLICATE_BASE_URL"), _secret("REPLICATE_API_TOKEN"), models())
    )


def imaging() -> "Imaging":
    """Return image processing that logs why an image is rejected."""
    from enhancer.adapters.imaging import PillowImaging
    from enhancer.observability import InstrumentedImaging

    return InstrumentedImaging(PillowImaging())


def webhook_signature() -> "WebhookSignature":
    """Return the verifier of webhook deliveries."""
    from enhancer.adapters.model_files import models
    from enhancer.adapters.webhook_signature import WebhookSignature

    return WebhookSignature(_several("REPLICATE_WEBHOOK_SECRET"), models())


def identity() -> "Identity":
    """Return the identification of callers."""
    from enhancer.adapters.identity import Identity

    secure = settings.text("PUBLIC_BASE_URL").startswith("https://")
    return Identity(_signer("COOKIE_KEYS"), _verify_token, utc_now, secure=secure)


def access() -> "Access":
    """Return the access control of the routes."""
    from enhancer.http.access import Access, AccessRules

    rules = AccessRules(
        rates=settings.numbers("RATE_LIMITS"),
        guest_jobs_per_address=settings.integer("GUEST_JOBS_PER_ADDRESS"),
        verified_email=settings.text("REQUIRE_VERIFIED_EMAIL") == "true",
        base_url=settings.text("PUBLIC_BASE_URL"),
    )
    return Access(identity(), usage(), rules, _owner_key(), utc_now)


def shares() -> "SignedShareLinks":
    """Return the signer of share links."""
    from enhancer.adapters.share_links import SignedShareLinks

    return SignedShareLinks(_signer("SHARE_KEYS"))


def _signer(setting: str) -> "Signer":
    from enhancer.adapters.signing import Signer

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
    """Return the keys that the issuer of bearer tokens publishes."""
    import certifi

    from enhancer.adapters.bearer import IssuerKeys
    from enhancer.observability import issuer_keys_unread

    roots = settings.optional("SSL_CERT_FILE") or certifi.where()
    return IssuerKeys(settings.text("OIDC_JWKS_URL"), roots, issuer_keys_unread)


def origin_secrets() -> Callable[[], list[str]]:
    """Return the reader of the values of X-Origin-Verify that are valid now."""
    return _several("ORIGIN_SECRETS")


def allowed_models() -> "dict[str, AllowedModel]":
    """Return the models that the operator allows. Raises ConfigurationError."""
    from enhancer.adapters.model_files import allowed_models

    try:
        return allowed_models(settings.items("ALLOWED_MODELS"))
    except ValueError as problem:
        raise ConfigurationError(f"the setting ALLOWED_MODELS: {problem}") from None


def prefix() -> str:
    """Return the prefix of all our keys."""
    return settings.optional("AI_R2_PREFIX")


def create_job() -> "CreateJob":
    """Return the use case CreateJob."""
    from enhancer.usecases.create_job import CreateJob

    return CreateJob(
        jobs=jobs(),
        usage=usage(),
        images=images(),
        messages=messages(),
        allowed_models=allowed_models(),
        prefix=prefix(),
        max_bytes=settings.integer("MAX_UPLOAD_BYTES"),
        max_pixels=settings.integer("MAX_PIXELS"),
        quota_jobs=settings.integer("QUOTA_JOBS"),
        daily_run_limit=settings.integer("DAILY_RUN_LIMIT"),
        clock=utc_now,
    )


def start_job() -> "StartJob":
    """Return the use case StartJob."""
    from enhancer.usecases.start_job import StartJob

    return StartJob(
        jobs=jobs(),
        usage=usage(),
        images=images(),
        urls=presigned_urls(),
        provider=provider(),
        messages=messages(),
        imaging=imaging(),
        allowed_models=allowed_models(),
        webhook_url=f"{settings.text('PUBLIC_BASE_URL')}/api/webhooks/replicate",
        prefix=prefix(),
        daily_run_limit=settings.integer("DAILY_RUN_LIMIT"),
        clock=utc_now,
    )


def complete_job() -> "CompleteJob":
    """Return the use case that finishes jobs."""
    from enhancer.adapters.outputs import ProviderOutputs
    from enhancer.observability import security_event
    from enhancer.usecases.complete_job import CompleteJob

    local = settings.text("ENVIRONMENT") == "local"
    return CompleteJob(
        jobs=jobs(),
        images=images(),
        outputs=ProviderOutputs(settings.items("REPLICATE_OUTPUT_HOSTS"), local=local),
        imaging=imaging(),
        messages=messages(),
        prefix=prefix(),
        bucket=settings.text("R2_AI_IMAGES_BUCKET"),
        clock=utc_now,
        security_event=security_event,
    )


def reconcile_jobs() -> "ReconcileJobs":
    """Return the use case ReconcileJobs."""
    from enhancer.usecases.reconcile_jobs import ReconcileJobs

    return ReconcileJobs(
        jobs=jobs(),
        usage=usage(),
        provider=provider(),
        messages=messages(),
        bucket=settings.text("R2_AI_IMAGES_BUCKET"),
        prefix=prefix(),
        clock=utc_now,
    )


def expire_images() -> "ExpireImages":
    """Return the use case ExpireImages."""
    from enhancer.usecases.expire_images import ExpireImages

    return ExpireImages(images(), usage(), messages(), prefix(), utc_now)


def create_once(create_job: "CreateJob") -> "CreateOnce":
    """Return the use case CreateOnce."""
    from enhancer.usecases.create_once import CreateOnce

    return CreateOnce(create_job, create_job.jobs, create_job.usage, utc_now)


def request_upload() -> "RequestUpload":
    """Return the use case RequestUpload."""
    from enhancer.usecases.request_upload import RequestUpload

    return RequestUpload(images(), settings.integer("MAX_UPLOAD_BYTES"), prefix(), utc_now)


def await_job() -> "AwaitJob":
    """Return the use case AwaitJob."""
    from enhancer.usecases.await_job import AwaitJob

    return AwaitJob(jobs())


def read_job() -> "ReadJob":
    """Return the use case ReadJob."""
    from enhancer.usecases.read_job import ReadJob

    return ReadJob(jobs())


def list_jobs() -> "ListJobs":
    """Return the use case ListJobs."""
    from enhancer.usecases.list_jobs import ListJobs

    return ListJobs(jobs())


def read_usage() -> "ReadUsage":
    """Return the use case ReadUsage."""
    from enhancer.usecases.read_usage import ReadUsage

    return ReadUsage(usage(), settings.integer("QUOTA_JOBS"), utc_now)


def cancel_job() -> "CancelJob":
    """Return the use case CancelJob."""
    from enhancer.usecases.cancel_job import CancelJob

    return CancelJob(jobs(), provider(), utc_now)


def delete_job() -> "DeleteJob":
    """Return the use case DeleteJob."""
    from enhancer.usecases.delete_job import DeleteJob

    return DeleteJob(jobs(), images(), provider(), prefix(), utc_now)


def share_job() -> "ShareJob":
    """Return the use case ShareJob."""
    from enhancer.usecases.share_job import ShareJob

    return ShareJob(jobs(), shares(), utc_now)


def show_image() -> "ShowImage":
    """Return the use case ShowImage."""
    from enhancer.usecases.show_image import ShowImage

    return ShowImage(jobs(), presigned_urls(), shares(), prefix(), utc_now)


def receive_delivery() -> "ReceiveDelivery":
    """Return the use case ReceiveDelivery."""
    from enhancer.usecases.receive_delivery import ReceiveDelivery

    return ReceiveDelivery(messages())
