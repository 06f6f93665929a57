"""The secrets of a local installation: generated once, stored in `<state>/secrets.json`, reused by later starts."""

import base64
import json
import os
import secrets
from pathlib import Path

from local.config import LocalStackError

Secrets = dict[str, str]
"""Name of the SSM parameter without the stack's prefix → value."""


def load_secrets(state: Path) -> Secrets:
    """Return the installation's secrets; missing ones are generated and saved.

    `cookie-keys` and `share-keys` hold `<kid>:<base64 of 32 bytes>` items, the first signs;
    `origin-secrets` is space separated, the first is the one that the gateway sends.
    """
    path = state / "secrets.json"
    try:
        kept: Secrets = json.loads(path.read_text()) if path.exists() else {}
    except ValueError:
        raise LocalStackError(
            f"{path} is truncated, and the stored jobs can't be read without it; delete {state}."
        ) from None
    found = {**_generated(), **kept}
    if found != kept:
        save_secrets(state, found)
    return found


def save_secrets(state: Path, values: Secrets) -> None:
    """Write the secrets so that only their owner can read them."""
    write_private(state / "secrets.json", json.dumps(values, indent=2).encode())


def write_private(path: Path, content: bytes) -> None:
    """Replace a file by one with mode 0600; readers see the old or the new content, never part of it."""
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())  # so that the content survives a power failure
    draft.replace(path)


def _generated() -> Secrets:
    return {
        "replicate-api-token": f"r8_{secrets.token_hex(20)}",
        "replicate-webhook-secret": f"whsec_{_key(24)}",
        "owner-key": _key(32),
        "cookie-keys": f"local1:{_key(32)}",
        "share-keys": f"local1:{_key(32)}",
        "origin-secrets": secrets.token_urlsafe(32),
    }


def _key(size: int) -> str:
    return base64.b64encode(secrets.token_bytes(size)).decode()
