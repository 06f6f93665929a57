"""Owners of jobs, and callers. Ids reveal nothing about a person."""

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

    `subject` is the token's `sub` for users, None for guests; it is stored only in the row.
    """

    type: OwnerType
    id: str
    subject: str | None = None

    @property
    def reference(self) -> str:
        """The partition key of everything the owner has, such as `guest#<id>`."""
        return f"{self.type}#{self.id}"


@dataclass(frozen=True, slots=True)
class Caller:
    """The author of a request: an owner, with a user's claims."""

    owner: Owner
    role: Role = "user"
    email_verified: bool = False

    @property
    def is_admin(self) -> bool:
        """Whether the caller may read and delete any job, each access being a security event."""
        return self.role == "admin"


def user(owner_key: bytes, issuer: str, subject: str) -> Owner:
    """Return a token's owner, by 26 base32 characters of HMAC-SHA256(owner key, issuer + newline + subject)."""
    digest = hmac.digest(owner_key, f"{issuer}\n{subject}".encode(), hashlib.sha256)
    return Owner("user", _base32(digest)[:26], subject)


def new_guest() -> Owner:
    """Return a new guest with 128 random bits as its id."""
    return Owner("guest", _base32(secrets.token_bytes(16)))


def _base32(raw: bytes) -> str:
    return base64.b32encode(raw).decode().lower().rstrip("=")
