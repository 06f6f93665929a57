"""Owners: who a job belongs to. Their ids say nothing about the person behind them."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Literal

OwnerType = Literal["user", "guest"]
Role = Literal["user", "admin"]


@dataclass(frozen=True, slots=True)
class Owner:
    """A signed-in user or a guest.

    `subject` is the token's `sub` for users, None for guests: it is kept in the row and nowhere else.
    """

    type: OwnerType
    id: str
    subject: str | None = None

    @property
    def reference(self) -> str:
        """`guest#<id>`: the partition key of everything the owner has."""
        return f"{self.type}#{self.id}"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a request: an owner, and what the issuer says of a user."""

    owner: Owner
    role: Role = "user"
    email_verified: bool = False

    @property
    def is_admin(self) -> bool:
        """May read and delete any job; each time a security event."""
        return self.role == "admin"


def user(owner_key: bytes, issuer: str, subject: str) -> Owner:
    """The owner behind a verified token: 26 base32 characters of HMAC-SHA256(owner key, issuer + newline + subject)."""
    digest = hmac.digest(owner_key, f"{issuer}\n{subject}".encode(), hashlib.sha256)
    return Owner("user", _base32(digest)[:26], subject)


def new_guest() -> Owner:
    """A new guest: 128 random bits."""
    return Owner("guest", _base32(secrets.token_bytes(16)))


def _base32(raw: bytes) -> str:
    return base64.b32encode(raw).decode().lower().rstrip("=")
