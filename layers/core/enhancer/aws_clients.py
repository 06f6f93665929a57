"""Clients of AWS and of R2, made once per process.

Imports are inside the functions on purpose: imports are the cost of a Lambda's cold start (docs/decisions/0005).
"""

from functools import cache
from pathlib import Path
from typing import Any

_AMAZON_ROOTS = Path(__file__).with_name("amazon_roots.pem")


@cache
def _session() -> Any:
    """Return botocore's session: its clients are boto3's, without boto3's resources and transfers (decision 0013)."""
    from botocore.session import Session

    return Session()


@cache
def aws_client(service: str, ca_bundle: str = "") -> Any:
    """Return a client of an AWS service. It trusts Amazon's root certificates, or those of `ca_bundle` (a path)."""
    from botocore.config import Config

    from enhancer import USER_AGENT

    config = Config(retries={"mode": "standard"}, connect_timeout=3, read_timeout=10, user_agent=USER_AGENT)
    return _session().create_client(service, config=config, verify=ca_bundle or str(_AMAZON_ROOTS))


@cache
def r2_client(endpoint: str, key_id: str, secret: str) -> Any:
    """Return a client for these keys; new keys make a new client, so that rotation works."""
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
