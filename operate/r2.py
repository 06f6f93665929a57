"""The R2 bucket: whether its token can do what the functions do, its CORS rule, and its lifecycle as a backstop.

R2's S3 API knows CORS and lifecycle configurations; both want a token with admin rights, the functions' token is
refused (developers.cloudflare.com/r2/buckets/object-lifecycles, read 2026-11-22). Each call replaces all rules, so that
rules of others in the same bucket are read first and kept.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import boto3
import requests
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local.pictures_bucket import cors_rule
from operate.installation import OperatorError
from operate.stage import Stage
from operate.terminal import Terminal

Rule = Mapping[str, Any]

UPLOAD_DAYS, RESULT_DAYS = 2, 32
"""A day or two behind what `retention` deletes: 24 hours and 30 days."""
SECONDS = 10


def r2_client(endpoint: str, key_id: str, secret: str) -> Any:
    """A client of R2 that sends what R2 takes: no trailing checksums, path addresses."""
    session: Any = boto3.session.Session(key_id, secret, region_name="auto")
    settings = Config(
        signature_version="s3v4",
        s3={"addressing_style": "path"},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        connect_timeout=SECONDS,
        read_timeout=SECONDS,
        retries={"total_max_attempts": 2},
    )
    return session.client("s3", endpoint_url=endpoint, config=settings)


def check_token(client: Any, bucket: str, prefix: str) -> None:
    """List, write, read and delete as the functions do. Raises OperatorError that names the first that is refused."""
    key = f"{prefix}setup-check"
    steps: dict[str, Callable[[], object]] = {
        "list": partial(client.list_objects_v2, Bucket=bucket, Prefix=prefix, MaxKeys=1),
        "write to": partial(client.put_object, Bucket=bucket, Key=key, Body=b"check"),
        "read from": partial(client.head_object, Bucket=bucket, Key=key),  # the same right as GetObject
        "delete from": partial(client.delete_object, Bucket=bucket, Key=key),
    }
    for what, step in steps.items():
        need = "it needs Object Read & Write on that bucket, and the bucket must exist."
        with _told(f"The token may not {what} the bucket {bucket} ({{code}}); {need}"):
            step()


def preflight(endpoint: str, bucket: str, origin: str, session: requests.Session) -> str | None:
    """Ask as a browser would before it uploads from `origin`; what is wrong, or None."""
    wanted = cors_rule(origin)
    try:
        answer = session.options(
            f"{endpoint}/{bucket}/preflight",
            headers={
                "Origin": origin,
                "Access-Control-Request-Method": "PUT",
                "Access-Control-Request-Headers": ",".join(wanted["AllowedHeaders"]),
            },
            timeout=SECONDS,
        )
    except requests.RequestException as problem:
        return f"{endpoint} does not answer ({type(problem).__name__})"
    if answer.status_code >= 300 or answer.headers.get("Access-Control-Allow-Origin") not in {origin, "*"}:
        return f"the bucket {bucket} takes no uploads from {origin} (CORS, HTTP {answer.status_code})"
    return None


def with_cors(rules: Sequence[Rule], origin: str) -> list[Rule]:
    """The bucket's CORS rules with ours for an origin; those for other origins stay as they are."""
    return [*(rule for rule in rules if rule.get("AllowedOrigins") != [origin]), cors_rule(origin)]


def with_lifecycle(rules: Sequence[Rule], stack: str, prefix: str) -> list[Rule]:
    """The bucket's lifecycle rules with ours for a stack; others stay as they are."""
    ours: list[Rule] = [
        {
            "ID": f"{stack}-{folder}",
            "Status": "Enabled",
            "Filter": {"Prefix": f"{prefix}{folder}/"},
            "Expiration": {"Days": days},
        }
        for folder, days in (("uploads", UPLOAD_DAYS), ("results", RESULT_DAYS))
    ]
    names = {rule["ID"] for rule in ours}
    return [*(rule for rule in rules if rule.get("ID") not in names), *ours]


def configure(stage: Stage, client: Any, origin: str, terminal: Terminal, *, dry_run: bool) -> None:
    """Set both; with `dry_run` only tell. Raises OperatorError when R2 refuses."""
    bucket = stage.parameters["R2Bucket"]
    cors = _rules(client.get_bucket_cors, bucket, "CORSRules", "NoSuchCORSConfiguration")
    lifecycle = _rules(client.get_bucket_lifecycle_configuration, bucket, "Rules", "NoSuchLifecycleConfiguration")
    wanted_cors = with_cors(cors, origin)
    wanted_lifecycle = with_lifecycle(lifecycle, stage.stack, stage.parameters["R2Prefix"])
    _set(
        lambda: client.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": wanted_cors}),
        f"CORS of {bucket}", cors, wanted_cors, terminal, dry_run,
    )  # fmt: skip
    _set(
        lambda: client.put_bucket_lifecycle_configuration(
            Bucket=bucket, LifecycleConfiguration={"Rules": wanted_lifecycle}
        ),
        f"lifecycle of {bucket}", lifecycle, wanted_lifecycle, terminal, dry_run,
    )  # fmt: skip


def _set(
    put: Callable[[], object],
    what: str,
    present: Sequence[Rule],
    wanted: Sequence[Rule],
    terminal: Terminal,
    dry_run: bool,
) -> None:
    if all(rule in present for rule in wanted):
        terminal.say(f"{what}: as it should be")
        return
    shown = json.dumps(wanted, indent=2)
    terminal.say(f"{what}: {'would become' if dry_run else 'becomes'}\n{shown}")
    if dry_run:
        return
    how = "an Admin Read & Write token; or set the rules above in Cloudflare's dashboard: R2, the bucket, Settings."
    with _told(f"R2 refused the {what} ({{code}}). It needs {how}"):
        put()


def _rules(read: Callable[..., Any], bucket: str, member: str, none: str) -> list[Rule]:
    need = "that needs a token with Admin Read & Write."
    with _told(f"R2 does not show the {member} of {bucket} ({{code}}); {need}"):
        try:
            rules: list[Rule] = read(Bucket=bucket).get(member, [])
        except ClientError as problem:
            if problem.response["Error"]["Code"] != none:
                raise
            return []
    return rules


@contextmanager
def _told(refused: str) -> Iterator[None]:
    """Raise OperatorError for what R2 refuses, in these words with its `{code}`, and for its silence."""
    try:
        yield
    except ClientError as problem:
        raise OperatorError(refused.format(code=problem.response["Error"]["Code"])) from None
    except (BotoCoreError, ValueError) as problem:
        raise OperatorError(
            f"R2 does not answer ({type(problem).__name__}); check R2Endpoint in samconfig.toml and the network."
        ) from None
