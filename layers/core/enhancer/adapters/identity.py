"""Identification of callers: by bearer token, session cookie or guest cookie."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from aws_lambda_powertools.shared.cookies import Cookie, SameSite

from enhancer.adapters.signing import Signer
from enhancer.domain import owner
from enhancer.domain.clock import Clock
from enhancer.domain.messages import Message
from enhancer.domain.owner import Caller, Owner
from enhancer.errors import Unauthorized

GUEST = timedelta(days=90)
SESSION = timedelta(hours=8)


@dataclass(frozen=True, slots=True)
class Token:
    """A verified bearer token: its user, and when it expires."""

    caller: Caller
    expires_at: datetime


class Identity:
    """Identifies callers, creates guests, opens and closes sessions.

    `bearer` verifies a token; it is called only if there is a token, so that other requests do not pay for its imports.
    """

    def __init__(self, signer: Signer, bearer: Callable[[str], Token], clock: Clock, *, secure: bool) -> None:
        self._signer = signer
        self._bearer = bearer
        self._clock = clock
        self._secure = secure

    def caller(self, headers: Mapping[str, str], cookies: Sequence[str]) -> Caller | None:
        """Return the caller of a request, None without identity.

        `headers` have lower-case names, `cookies` are `name=value`. If there is a token, cookies are ignored: raises
        Unauthorized for an invalid one, ServiceUnavailable while it can't be verified. A session cookie takes
        precedence over a guest cookie.
        """
        if "authorization" in headers:
            return self.token(headers).caller
        given = dict(cookie.strip().partition("=")[::2] for cookie in cookies)
        return self._session(given.get(self._name("session"), "")) or self._guest(given.get(self._name("guest"), ""))

    def token(self, headers: Mapping[str, str]) -> Token:
        """Verify the bearer token of a request. Raises Unauthorized, ServiceUnavailable."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Unauthorized(Message.AUTHORIZATION_HEADER_INVALID)
        return self._bearer(token.strip())

    def mint(self) -> tuple[Caller, Cookie]:
        """Create a guest and the cookie that identifies it in later requests."""
        guest = owner.new_guest()
        return Caller(guest), self._cookie("guest", self._signer.sign("guest", guest.id), GUEST)

    def open_session(self, token: Token) -> tuple[Cookie, datetime]:
        """Return a session cookie for a token's user and when it expires: after eight hours, never after the token."""
        now = self._clock()
        ends = min(now + SESSION, token.expires_at)
        who = token.caller
        claims = [who.owner.id, who.owner.subject, who.role, who.email_verified, int(ends.timestamp())]
        value = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
        return self._cookie("session", self._signer.sign("session", value), ends - now), ends

    def close_session(self) -> Cookie:
        """Return a cookie that deletes the session cookie."""
        return self._cookie("session", "", timedelta(0))

    def _session(self, signed: str) -> Caller | None:
        value = self._signer.unsign("session", signed)
        if value is None:
            return None
        owner_id, subject, role, verified, ends = json.loads(base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)))
        if self._clock().timestamp() >= ends:
            return None
        return Caller(Owner("user", owner_id, subject), role, verified)

    def _guest(self, signed: str) -> Caller | None:
        guest_id = self._signer.unsign("guest", signed)
        return Caller(Owner("guest", guest_id)) if guest_id else None

    def _name(self, cookie: str) -> str:
        """Return `__Host-…`, or the bare name without TLS, where browsers reject the prefix."""
        return f"__Host-{cookie}" if self._secure else cookie

    def _cookie(self, name: str, value: str, lifetime: timedelta) -> Cookie:
        return Cookie(
            self._name(name),
            value,
            path="/",
            max_age=int(lifetime.total_seconds()),
            http_only=True,
            same_site=SameSite.LAX_MODE,
            secure=self._secure,
        )
