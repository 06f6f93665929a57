"""boto3 clients that administrate the emulator."""

from typing import Any

import boto3
from botocore.config import Config

from local.config import REGION

ROOT_KEY = "test"
"""The emulator's root access key; any secret goes with it (core/iam_evaluator.py, read 2026-11-22)."""


def admin_client(service: str, endpoint: str, region: str = REGION) -> Any:
    """A client with every right, for set-up and tests; functions and the R2 token have their own, lesser ones."""
    settings = Config(
        retries={"total_max_attempts": 1},
        s3={"addressing_style": "path"},
        connect_timeout=5,
        read_timeout=60,
        proxies={},  # a proxy from the shell must not see loopback
    )
    session: Any = boto3.session.Session(ROOT_KEY, ROOT_KEY, region_name=region)  # Any: the name is not a literal
    return session.client(service, endpoint_url=endpoint, config=settings)
