"""Bearer tokens of the operator's OpenID Connect issuer. Imported only when one comes: JWT code is dear to start."""

import jwt

from enhancer.domain import owner
from enhancer.domain.owner import Owner
from enhancer.errors import ServiceUnavailable, Unauthorized

ALGORITHMS = ("RS256", "ES256")
LEEWAY = 60  # seconds that our clock and the issuer's may differ


class BearerTokens:
    """Verifies tokens against the issuer's published keys, which are cached for an hour."""

    def __init__(self, issuer: str, audience: str, jwks_url: str, owner_key: bytes) -> None:
        self._issuer = issuer
        self._audience = audience
        self._owner_key = owner_key
        self._keys = jwt.PyJWKClient(jwks_url, cache_jwk_set=True, lifespan=3600, timeout=5)

    def owner(self, token: str) -> Owner:
        """The user behind a token. Raises Unauthorized, or ServiceUnavailable while the keys can't be fetched."""
        try:
            key = self._keys.get_signing_key_from_jwt(token)
            claims = jwt.decode(
                token,
                key,
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
        return owner.user(self._owner_key, self._issuer, claims["sub"])
