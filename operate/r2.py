"""The R2 bucket: whether its token can do what the functions do, its CORS rule, and its lifecycle as a backstop.

R2's S3 API has CORS and lifecycle configurations. Both need a token with admin rights, the functions' token is refused
(developers.cloudflare.com/r2/buckets/object-lifecycles, read 2026-11-22). Each call replaces all rules, so other rules
of the same bucket are read first and kept.

Both calls are sent without checksum headers: R2 does not implement `x-amz-sdk-checksum-algorithm` there, and requires
no Content-MD5 (developers.cloudflare.com/r2/api/s3/api, read 2026-11-25). The signature covers the body's SHA-256.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any

import boto3
import requests
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from deployment.bucket import LIFECYCLE_DAYS, UPLOAD_HEADERS, Rule, cors_rule, lifecycle_rules
from operate.installation import OperatorError
from operate.stage import Stage
from operate.terminal import Terminal

SECONDS = 10


def r2_client(endpoint: str, key_id: str, secret: str) -> Any:
    """Return a client with the settings that R2 needs: no checksums, path-style addresses."""
    session: Any = boto3.session.Session(key_id, secret, region_name="auto")
    settings = Config(
        s3={"addressing_style": "path"},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        connect_timeout=SECONDS,
        read_timeout=SECONDS,
        retries={"total_max_attempts": 2},
    )
    client = session.client("s3", endpoint_url=endpoint, config=settings)
    client.meta.events.register("before-sign.s3", _without_checksums)
    return client


def _without_checksums(request: AWSRequest, **_: object) -> None:
    """Remove checksum headers: botocore adds them where S3 requires a checksum, even with `when_required`."""
    for name in list(request.headers.keys()):
        if name.lower().startswith(("x-amz-sdk-checksum-", "x-amz-checksum-")):
            del request.headers[name]


def check_token(client: Any, bucket: str, prefix: str) -> None:
    """List, write, read and delete as the functions do. Raises OperatorError naming the first that is refused."""
    key = f"{prefix}setup-check"
    steps: dict[str, Callable[[], object]] = {
        "list": partial(client.list_objects_v2, Bucket=bucket, Prefix=prefix, MaxKeys=1),
        "write to": partial(client.put_object, Bucket=bucket, Key=key, Body=b"check"),
        "read from": partial(client.head_object, Bucket=bucket, Key=key),  # the same right as GetObject
        "delete from": partial(client.delete_object, Bucket=bucket, Key=key),
    }
    for what, step in steps.items():
        need = "it needs Object Read & Write on that bucket, and the bucket must exist."
        with _explained(f"The token may not {what} the bucket {bucket} ({{code}}); {need}"):
            step()


def lifecycle_gaps(client: Any, bucket: str, prefix: str) -> Iterator[str]:
    """Yield the folders whose files the bucket does not delete in time; writes and deletes a small file in each.

    A new object's `x-amz-expiration` shows the bucket's rules at once, to tokens that may not read the rules themselves
    (developers.cloudflare.com/r2/buckets/object-lifecycles, read 2026-11-25). Raises OperatorError.
    """
    for folder, days in LIFECYCLE_DAYS.items():
        key = f"{prefix}{folder}/setup-check"
        with _explained(f"The token may not write to the bucket {bucket} ({{code}})."):
            client.put_object(Bucket=bucket, Key=key, Body=b"check")
            try:
                found = client.head_object(Bucket=bucket, Key=key)
            finally:
                client.delete_object(Bucket=bucket, Key=key)
        expires = re.search(r'expiry-date="([^"]+)"', found.get("Expiration", ""))
        # S3 counts days up to the next midnight.
        latest = found["LastModified"] + timedelta(days=days + 1)
        if not expires or parsedate_to_datetime(expires[1]) > latest:
            yield folder


def preflight(endpoint: str, bucket: str, origin: str, session: requests.Session) -> str | None:
    """Send a browser's preflight request for an upload from `origin`; return what is wrong, or None."""
    try:
        answer = session.options(
            f"{endpoint}/{bucket}/preflight",
            headers={
                "Origin": origin,
                "Access-Control-Request-Method": "PUT",
                "Access-Control-Request-Headers": ",".join(UPLOAD_HEADERS),
            },
            timeout=SECONDS,
        )
    except requests.RequestException as problem:
        return f"{endpoint} does not answer ({type(problem).__name__})"
    if answer.status_code >= 300 or answer.headers.get("Access-Control-Allow-Origin") not in {origin, "*"}:
        return f"the bucket {bucket} does not accept uploads from {origin} (CORS, HTTP {answer.status_code})"
    return None


def with_cors(rules: Sequence[Rule], origin: str) -> list[Rule]:
    """Return the bucket's CORS rules with ours for an origin; those for other origins are unchanged."""
    return [*(rule for rule in rules if rule.get("AllowedOrigins") != [origin]), cors_rule(origin)]


def with_lifecycle(rules: Sequence[Rule], stack: str, prefix: str) -> list[Rule]:
    """Return the bucket's lifecycle rules with ours for a stack; other rules are unchanged."""
    ours = lifecycle_rules(stack, prefix)
    names = {rule["ID"] for rule in ours}
    return [*(rule for rule in rules if rule.get("ID") not in names), *ours]


def configure(stage: Stage, client: Any, origin: str, terminal: Terminal, *, dry_run: bool) -> None:
    """Set the CORS and lifecycle rules; with `dry_run` only show them.

    The second are tried even if the first are refused. Raises OperatorError with a sentence for each refusal of R2.
    """
    bucket = stage.parameters["R2Bucket"]
    cors = partial(with_cors, origin=origin)
    lifecycle = partial(with_lifecycle, stack=stage.stack, prefix=stage.parameters["R2Prefix"])
    refusals = []
    for configuration, change in ((cors_of(client, bucket), cors), (lifecycle_of(client, bucket), lifecycle)):
        try:
            _set(configuration, change, terminal, dry_run)
        except OperatorError as problem:
            refusals.append(str(problem))
    if refusals:
        raise OperatorError(" ".join(dict.fromkeys(refusals)))


@dataclass(frozen=True)
class Configuration:
    """One kind of a bucket's rules, with functions that read and replace them; both raise OperatorError."""

    what: str
    read: Callable[[], list[Rule]]
    write: Callable[[Sequence[Rule]], object]


def cors_of(client: Any, bucket: str) -> Configuration:
    """Return the configuration of a bucket's CORS rules."""
    what = f"CORS of {bucket}"

    def write(rules: Sequence[Rule]) -> None:
        with _explained(_refused(what)):
            client.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": rules})

    return Configuration(what, partial(_rules, client.get_bucket_cors, bucket, what, "CORSRules"), write)


def lifecycle_of(client: Any, bucket: str) -> Configuration:
    """Return the configuration of a bucket's lifecycle rules."""
    what = f"lifecycle of {bucket}"

    def write(rules: Sequence[Rule]) -> None:
        with _explained(_refused(what)):
            client.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules})

    return Configuration(what, partial(_rules, client.get_bucket_lifecycle_configuration, bucket, what, "Rules"), write)


def _set(
    configuration: Configuration,
    change: Callable[[Sequence[Rule]], list[Rule]],
    terminal: Terminal,
    dry_run: bool,
) -> None:
    present = configuration.read()
    wanted = change(present)
    if all(rule in present for rule in wanted):
        terminal.say(f"{configuration.what}: already set")
        return
    shown = json.dumps(wanted, indent=2)
    terminal.say(f"{configuration.what}: {'would become' if dry_run else 'becomes'}\n{shown}")
    if not dry_run:
        configuration.write(wanted)


def _refused(what: str) -> str:
    how = "set the rules above in Cloudflare's dashboard: R2, the bucket, Settings."
    return f"R2 refused the {what} ({{code}}). It needs an Admin Read & Write token; or {how}"


def _rules(read: Callable[..., Any], bucket: str, what: str, member: str) -> list[Rule]:
    need = "that needs a token with Admin Read & Write."
    with _explained(f"R2 does not show the {what} ({{code}}); {need}"):
        try:
            rules: list[Rule] = read(Bucket=bucket).get(member, [])
        except ClientError as problem:
            if problem.response["Error"]["Code"] not in {"NoSuchCORSConfiguration", "NoSuchLifecycleConfiguration"}:
                raise
            return []
    return rules


@contextmanager
def _explained(refused: str) -> Iterator[None]:
    """Raise OperatorError if R2 refuses a call, with the sentence `refused` and its `{code}`, or does not answer.

    501 has a sentence of its own: no token helps if R2 does not implement a call or one of its headers.
    """
    try:
        yield
    except ClientError as problem:
        error = problem.response["Error"]
        if error["Code"] == "NotImplemented":
            header = re.search(r"[Hh]eader '([\w-]+)'", error.get("Message", ""))
            named = f", header {header[1]}" if header else ""
            raise OperatorError(
                f"R2 does not take {problem.operation_name} as it was sent (501 NotImplemented{named}); the token is "
                "not the reason. Set the rules in Cloudflare's dashboard: R2, the bucket, Settings."
            ) from None
        raise OperatorError(refused.format(code=error["Code"])) from None
    except (BotoCoreError, ValueError) as problem:
        raise OperatorError(
            f"R2 does not answer ({type(problem).__name__}); check R2Endpoint in samconfig.toml and the network."
        ) from None
