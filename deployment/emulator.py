"""The local stack as seen from outside: its name, its ports, and clients of its emulator of AWS."""

from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config

REGION = "us-east-1"
STACK_NAME = "image-enhancer"
DEFAULT_PORT = 8080
ROOT_KEY = "test"
"""The emulator's root access key, for which it accepts any secret (core/iam_evaluator.py, read 2026-11-22)."""


class PortError(ValueError):
    """PORT is not usable; the message says what it must be."""


def read_port(environment: Mapping[str, str]) -> int:
    """Return PORT, the port of the page and the API; an empty one is unset. Raises PortError."""
    text = environment.get("PORT") or str(DEFAULT_PORT)
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65533:
        raise PortError(f"PORT is {text!r}; it must be a number from 1 to 65533.")
    return int(text)


def emulator_port(port: int) -> int:
    """Return the emulator's port beside PORT; the one between is the Replicate stand-in's."""
    return port + 2


def emulator_url(port: int) -> str:
    """Return the address of the emulator that listens on this port."""
    return f"http://127.0.0.1:{port}"


def admin_client(service: str, endpoint: str, region: str = REGION) -> Any:
    """Return a client with all rights, for set-up and tests; the functions and the R2 token have fewer."""
    settings = Config(
        retries={"total_max_attempts": 1},
        s3={"addressing_style": "path"},
        connect_timeout=5,
        read_timeout=60,
        proxies={},  # a proxy from the shell must not see loopback
    )
    session: Any = boto3.session.Session(ROOT_KEY, ROOT_KEY, region_name=region)  # Any: the name is not a literal
    return session.client(service, endpoint_url=endpoint, config=settings)
