"""Bearer tokens of the operator's OpenID Connect issuer. Imported only when one comes: JWT code is dear to start."""

import ssl
from datetime import UTC, datetime
from typing import Any

import jwt

from enhancer.adapters.identity import Token
from enhancer.domain import owner
from enhancer.domain.owner import Caller
from enhancer.errors import ServiceUnavailable, Unauthorized

ALGORITHMS = ("RS256", "ES256")
LEEWAY = 60  # seconds that our clock and the issuer's may differ
_LIFESPAN = 3600  # seconds for which fetched keys are good
_COOLDOWN = 60  # seconds between two fetches, however many unknown key ids come
_FAR = 32_503_680_000  # the year 3000, in seconds: what an issuer that counts in milliseconds would exceed


class IssuerKeys(jwt.PyJWKClient):
    """The issuer's published keys; those of the last fetch go on serving while the issuer is down.

    `roots` is the file of the certificates to trust. The library's own default is what the machine has, of which a
    Lambda runtime promises nothing.
    """

    def __init__(self, url: str, roots: str) -> None:
        trust = ssl.create_default_context(cafile=roots)
        super().__init__(url, lifespan=_LIFESPAN, cooldown_duration=_COOLDOWN, timeout=5, ssl_context=trust)
        self._last: Any = None

    def fetch_data(self) -> Any:
        """The key set. Raises PyJWKClientConnectionError where there never was one."""
        try:
            self._last = super().fetch_data()
        except jwt.PyJWKClientConnectionError:
            if self._last is None:
                raise
        return self._last


class BearerTokens:
    """Verifies tokens against the issuer's keys."""

    def __init__(self, issuer: str, audience: str, keys: jwt.PyJWKClient, owner_key: bytes) -> None:
        self._issuer = issuer
        self._audience = audience
        self._keys = keys
        self._owner_key = owner_key

    def verify(self, token: str) -> Token:
        """The user behind a token. Raises Unauthorized, or ServiceUnavailable while the keys can't be fetched."""
        try:
            claims = jwt.decode(
                token,
                self._keys.get_signing_key_from_jwt(token),
                algorithms=ALGORITHMS,
                issuer=self._issuer,
                audience=self._audience,
                leeway=LEEWAY,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
        except jwt.PyJWKClientConnectionError:
            raise ServiceUnavailable(
                "Tokens can't be checked right now; try again in a minute.", retry_after=60
            ) from None
        except jwt.PyJWTError:
            raise Unauthorized(
                "The token is not valid: wrong issuer, audience, signature, or its time is over."
            ) from None
        who = Caller(
            owner.user(self._owner_key, self._issuer, claims["sub"]),
            role="admin" if claims.get("role") == "admin" else "user",
            email_verified=claims.get("email_verified") is True,
        )
        return Token(who, datetime.fromtimestamp(min(int(claims["exp"]), _FAR), UTC))
