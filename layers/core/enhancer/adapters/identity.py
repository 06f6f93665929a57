"""Who is asking: a bearer token's user, or the guest behind a signed cookie."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from aws_lambda_powertools.shared.cookies import Cookie, SameSite

from enhancer.domain import owner
from enhancer.domain.owner import Owner
from enhancer.errors import Unauthorized

GUEST_DAYS = 90


@dataclass(frozen=True, slots=True)
class CookieKey:
    """A key that cookies are signed with, and the name by which a cookie refers to it."""

    id: str
    secret: bytes

    @classmethod
    def parse(cls, text: str) -> "CookieKey":
        """Read `<key id>:<base64>`; raises ValueError."""
        key_id, _, encoded = text.partition(":")
        return cls(key_id, base64.b64decode(encoded, validate=True))

    def signature(self, value: str) -> str:
        """The signature that goes into the cookie."""
        digest = hmac.digest(self.secret, f"guest\n{value}".encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


class Identity:
    """Resolves callers and mints guests.

    `bearer` verifies a token and returns its owner; it is called only when a token comes, so that nobody else pays for
    its imports. `keys` gives all valid cookie keys, the signing one first.
    """

    def __init__(self, keys: Callable[[], Sequence[str]], bearer: Callable[[str], Owner], *, secure: bool) -> None:
        self._keys = keys
        self._bearer = bearer
        self._secure = secure

    @property
    def cookie_name(self) -> str:
        """`__Host-guest`, or `guest` where the page is served without TLS, which browsers would refuse to prefix."""
        return "__Host-guest" if self._secure else "guest"

    def caller(self, headers: Mapping[str, str], cookies: Sequence[str]) -> Owner | None:
        """The owner behind a request, None for nobody we know.

        `headers` have lower-case names, `cookies` are `name=value`. A token decides alone: raises Unauthorized for a
        bad one even beside a good cookie, ServiceUnavailable when it can't be checked now.
        """
        authorization = headers.get("authorization")
        if authorization is not None:
            scheme, _, token = authorization.partition(" ")
            if scheme.lower() != "bearer" or not token:
                raise Unauthorized("The Authorization header must be: Bearer <token>.")
            return self._bearer(token.strip())
        for cookie in cookies:
            name, _, value = cookie.strip().partition("=")
            if name == self.cookie_name:
                return self._guest(value)
        return None

    def caller_or_guest(self, headers: Mapping[str, str], cookies: Sequence[str]) -> tuple[Owner, Cookie | None]:
        """The caller, or a new guest and its cookie; raises as `caller`."""
        known = self.caller(headers, cookies)
        return (known, None) if known else self.mint()

    def mint(self) -> tuple[Owner, Cookie]:
        """A new guest and the cookie that lets it come back."""
        guest = owner.new_guest()
        key = CookieKey.parse(self._keys()[0])
        value = f"{guest.id}.{key.id}.{key.signature(guest.id)}"
        return guest, Cookie(
            self.cookie_name,
            value,
            path="/",
            max_age=GUEST_DAYS * 86_400,
            http_only=True,
            same_site=SameSite.LAX_MODE,
            secure=self._secure,
        )

    def _guest(self, value: str) -> Owner | None:
        guest_id, _, rest = value.partition(".")
        key_id, _, signature = rest.partition(".")
        for key in map(CookieKey.parse, self._keys()):
            if key.id == key_id and hmac.compare_digest(key.signature(guest_id).encode(), signature.encode()):
                return Owner("guest", guest_id)
        return None
