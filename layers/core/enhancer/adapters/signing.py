"""Signed values of cookies and share links: value, key id and HMAC. Two keys are valid while one is being rotated."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key, and the name by which signed values refer to it."""

    id: str
    secret: bytes

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `<key id>:<base64>`. Raises ValueError, also for a key without an id or a secret."""
        key_id, _, encoded = text.partition(":")
        secret = base64.b64decode(encoded, validate=True)
        if not key_id or not secret:
            raise ValueError("a signing key is `<key id>:<base64>`")
        return cls(key_id, secret)

    def signature(self, purpose: str, value: str) -> str:
        """Return the HMAC-SHA256 of a value for one purpose, so that it is valid for no other."""
        digest = hmac.digest(self.secret, f"{purpose}\n{value}".encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


class Signer:
    """Signs and verifies `<value>.<key id>.<signature>`. `keys` returns all valid keys, the signing one first."""

    def __init__(self, keys: Callable[[], Sequence[str]]) -> None:
        self._keys = keys

    def sign(self, purpose: str, value: str) -> str:
        """Return the value with its signature."""
        key = SigningKey.parse(self._keys()[0])
        return f"{value}.{key.id}.{key.signature(purpose, value)}"

    def unsign(self, purpose: str, signed: str) -> str | None:
        """Return the value if its signature is valid, else None."""
        rest, _, signature = signed.rpartition(".")
        value, _, key_id = rest.rpartition(".")
        for key in map(SigningKey.parse, self._keys()):
            if key.id == key_id and hmac.compare_digest(key.signature(purpose, value).encode(), signature.encode()):
                return value
        return None
