"""Bearer tokens of the operator's OpenID Connect issuer. Imported only when one is sent, because
importing PyJWT is slow."""

import ssl
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import jwt

from enhancer.adapters.identity import Token
from enhancer.domain import owner
from enhancer.domain.messages import Message
from enhancer.domain.owner import Caller
from enhancer.errors import ServiceUnavailable, Unauthorized

ALGORITHMS = ("RS256", "ES256")
LEEWAY = 60  # seconds that our clock and the issuer's may differ
_LIFESPAN = 3600  # seconds for which fetched keys are good
_COOLDOWN = 60  # seconds between two fetches, regardless of how many unknown key ids are sent
_FAR = 32_503_680_000  # the year 3000, in seconds; an issuer that counts in milliseconds exceeds it


class IssuerKeys(jwt.PyJWKClient):
    """The issuer's published keys; the last good ones stay in use while the issuer is down or publishes none.

    `roots` is the file of the certificates to trust: the library's default are the machine's, and a Lambda runtime
    promises none. `warn` is called with the reason why a response is not used.
    """

    def __init__(self, url: str, roots: str, warn: Callable[[str], None]) -> None:
        trust = ssl.create_default_context(cafile=roots)
        super().__init__(url, lifespan=_LIFESPAN, cooldown_duration=_COOLDOWN, timeout=5, ssl_context=trust)
        self._warn = warn
        self._last: Any = None

    def fetch_data(self) -> Any:
        """Fetch the key set, or return the last good one. Raises PyJWKClientConnectionError if there never was one."""
        try:
            fetched = super().fetch_data()
            if self._last is None or any(map(_verifies, jwt.PyJWKSet.from_dict(fetched).keys)):
                self._last = fetched
            else:
                self._warn("no key that verifies tokens")
        except Exception as problem:  # noqa: BLE001 - a response may be anything: HTML, truncated, not UTF-8, nested
            self._warn(type(problem).__name__)
        if self._last is None:
            raise jwt.PyJWKClientConnectionError("the issuer publishes no keys")
        return self._last


class BearerTokens:
    """Verifies tokens against the issuer's keys."""

    def __init__(self, issuer: str, audience: str, keys: jwt.PyJWKClient, owner_key: bytes) -> None:
        self._issuer = issuer
        self._audience = audience
        self._keys = keys
        self._owner_key = owner_key

    def verify(self, token: str) -> Token:
        """Verify a token and return its user. Raises Unauthorized, or ServiceUnavailable while there are no keys."""
        try:
            claims = jwt.decode(
                token,
                self._key(token),
                algorithms=ALGORITHMS,
                issuer=self._issuer,
                audience=self._audience,
                leeway=LEEWAY,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
        except jwt.PyJWKClientConnectionError:
            raise ServiceUnavailable(Message.TOKENS_UNVERIFIABLE, retry_after=60) from None
        except jwt.PyJWTError:
            raise Unauthorized(Message.TOKEN_INVALID) from None
        if not _is_text(claims["sub"]):
            raise Unauthorized(Message.TOKEN_WITHOUT_SUBJECT)
        who = Caller(
            owner.user(self._owner_key, self._issuer, claims["sub"]),
            role="admin" if claims.get("role") == "admin" else "user",
            email_verified=claims.get("email_verified") is True,
        )
        return Token(who, datetime.fromtimestamp(min(int(claims["exp"]), _FAR), UTC))

    def _key(self, token: str) -> jwt.PyJWK:
        """Return the key for a token's `kid` and `alg`; a token without `kid` needs a set with a single key for it.

        OpenID Connect Core 1.0, section 10.1, read 2026-11-28. Raises PyJWTError.
        """
        header = jwt.get_unverified_header(token)
        fitting = self._fitting(header)
        if not fitting and "kid" in header:
            self._keys.get_signing_key(header["kid"])  # fetches the issuer's keys again, unless it did a moment ago
            fitting = self._fitting(header)
        if len(fitting) != 1:
            raise jwt.PyJWKClientError("not one key for this token")
        return fitting[0]

    def _fitting(self, header: Mapping[str, Any]) -> list[jwt.PyJWK]:
        keys = list(filter(_verifies, self._keys.get_jwk_set().keys))
        if not keys:
            if self._keys.jwk_set_cache is not None:
                self._keys.jwk_set_cache.put(None)  # the next request fetches again
            raise jwt.PyJWKClientError("the issuer publishes no keys that verify tokens")
        alike = [key for key in keys if key.algorithm_name == header["alg"]]
        return [key for key in alike if key.key_id == header["kid"]][:1] if "kid" in header else alike


def _verifies(key: jwt.PyJWK) -> bool:
    return key.public_key_use in {"sig", None} and key.algorithm_name in ALGORITHMS


def _is_text(subject: str) -> bool:
    """Return whether a subject is neither blank nor broken: JSON may hold half a pair of surrogates."""
    return bool(subject.strip()) and not any("\ud800" <= character <= "\udfff" for character in subject)
