"""A stage's secrets in SSM: SecureStrings below the stack's name. Values pass through here and are never printed."""

import base64
import re
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from enhancer.adapters.secrets import MAX_AGE
from operate.installation import OperatorError
from operate.stage import Stage

ASKED = ("replicate-api-token", "r2-access-key-id", "r2-secret-access-key")
FETCHED = ("replicate-webhook-secret",)
MADE = ("owner-key", "cookie-keys", "share-keys", "origin-secrets")
NAMES = ASKED + FETCHED + MADE
ROTATED = ("cookie-keys", "share-keys", "origin-secrets")
"""Secrets of which two values are valid at a time. The owner key can't be rotated: every owner's id depends on it."""
SIGNING = ("cookie-keys", "share-keys")
"""Secrets whose first value signs; every stored value is accepted."""
SPREAD = MAX_AGE + 30
"""Seconds until every function has read a stored value, including requests in progress."""

_KEY = r"[A-Za-z0-9+/]{43}="  # base64 of 32 bytes
_SHAPES = {
    "replicate-api-token": r"\S{8,}",
    "r2-access-key-id": r"\S{8,}",
    "r2-secret-access-key": r"\S{16,}",
    "replicate-webhook-secret": r"whsec_\S+( whsec_\S+)?",
    "owner-key": _KEY,
    "cookie-keys": rf"[a-z0-9]+:{_KEY}( [a-z0-9]+:{_KEY})*",
    "share-keys": rf"[a-z0-9]+:{_KEY}( [a-z0-9]+:{_KEY})*",
    "origin-secrets": r"[A-Za-z0-9_-]{32,}( [A-Za-z0-9_-]{32,})*",
}


def load(ssm: Any, stage: Stage) -> dict[str, str]:
    """Return the stored secrets: name without the stack's prefix → value."""
    answer = ssm.get_parameters(Names=[stage.secret(name) for name in NAMES], WithDecryption=True)
    return {found["Name"].rpartition("/")[2]: found["Value"] for found in answer["Parameters"]}


def load_all(ssm: Any, stage: Stage) -> dict[str, str]:
    """Return all secrets, as `load` does. Raises OperatorError when one is not stored."""
    found = load(ssm, stage)
    if lacking := [name for name in NAMES if name not in found]:
        raise OperatorError(f"These secrets are missing: {', '.join(lacking)}; make secrets ENV={stage.name}")
    return found


def age(ssm: Any, stage: Stage, name: str, now: datetime) -> timedelta:
    """Return the time since a stored secret was changed."""
    changed: datetime = ssm.get_parameter(Name=stage.secret(name))["Parameter"]["LastModifiedDate"]
    return now - changed


def store(ssm: Any, stage: Stage, name: str, value: str) -> None:
    """Write a secret as a SecureString, with the account's own key for parameters; replaces any but the owner key.

    Raises OperatorError with AWS's error code only, because its message may quote the value.
    """
    try:
        _put(ssm, stage, name, value, replace=name != "owner-key")
    except ClientError as problem:
        raise _unstored(stage, name, problem) from None


def create(ssm: Any, stage: Stage, name: str, value: str) -> bool:
    """Write a secret that is not stored yet, as `store` does; return False, changing nothing, if it exists by now."""
    try:
        _put(ssm, stage, name, value, replace=False)
    except ClientError as problem:
        if problem.response["Error"]["Code"] == "ParameterAlreadyExists":
            return False
        raise _unstored(stage, name, problem) from None
    return True


def _put(ssm: Any, stage: Stage, name: str, value: str, *, replace: bool) -> None:
    ssm.put_parameter(Name=stage.secret(name), Value=value, Type="SecureString", Overwrite=replace)


def _unstored(stage: Stage, name: str, problem: ClientError) -> OperatorError:
    return OperatorError(f"{stage.secret(name)} can't be stored: {problem.response['Error']['Code']}")


def malformed(values: Mapping[str, str]) -> list[str]:
    """Return the names of secrets whose values the functions could not use."""
    return [name for name in NAMES if name in values and not re.fullmatch(_SHAPES[name], values[name])]


def made(name: str) -> str:
    """Generate a new value of a secret of ours, in the form of _SHAPES."""
    if name == "origin-secrets":
        return secrets.token_urlsafe(32)
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    return key if name == "owner-key" else f"k{secrets.token_hex(4)}:{key}"


def replaced(present: str, new: str) -> str:
    """Put a new value before the one that was current; drop older ones."""
    return " ".join(dict.fromkeys([new, *present.split()[:1]]))
