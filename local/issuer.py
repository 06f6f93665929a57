"""The local OpenID issuer: one signing key in `<state>/issuer.pem`, its JWKS, and tokens.

`local/gateway/sign_in.py` is its sign-in for browsers."""

import hashlib
import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from local.config import AUDIENCE, StackConfig
from local.stored_secrets import write_private

ALGORITHM = "ES256"
AUTHORIZE = "/_local/authorize"
TOKEN = "/_local/token"
TOKEN_SECONDS = 3600


def token(config: StackConfig, subject: str, **claims: Any) -> str:
    """Return a bearer token of the local issuer, valid for an hour; `claims` are added or replace the standard ones."""
    return sign(config.state, config.issuer, subject, **claims)


def sign(state: Path, issuer: str, subject: str, **claims: Any) -> str:
    """Return a token as `token` does, by the state folder and the issuer's URL."""
    key = _signing_key(state)
    now = int(time.time())
    payload = {
        "iss": issuer,
        "aud": AUDIENCE,
        "sub": subject,
        "email": f"{subject}@example.test",
        "email_verified": True,
        "iat": now,
        "nbf": now,
        "exp": now + TOKEN_SECONDS,
        **claims,
    }
    return jwt.encode(payload, key, ALGORITHM, headers={"kid": _public_jwk(key)["kid"]})


def jwks(state: Path) -> dict[str, Any]:
    """Return the key set that the issuer publishes (RFC 7517)."""
    return {"keys": [_public_jwk(_signing_key(state))]}


def discovery(issuer: str) -> dict[str, Any]:
    """Return the discovery document (OpenID Connect Discovery 1.0) with the members that client libraries read."""
    return {
        "issuer": issuer,
        "jwks_uri": f"{issuer}/jwks.json",
        "authorization_endpoint": urljoin(issuer, AUTHORIZE),
        "token_endpoint": urljoin(issuer, TOKEN),
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public"],
        "scopes_supported": ["openid", "email"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
    }


def _signing_key(state: Path) -> ec.EllipticCurvePrivateKey:
    path = state / "issuer.pem"
    if path.exists():
        key = load_pem_private_key(path.read_bytes(), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError(f"{path} is not an EC key")
        return key
    state.mkdir(parents=True, exist_ok=True)
    made = ec.generate_private_key(ec.SECP256R1())
    write_private(path, made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return made


def _public_jwk(key: ec.EllipticCurvePrivateKey) -> dict[str, Any]:
    jwk: dict[str, Any] = jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    kid = hashlib.sha256(json.dumps(jwk, sort_keys=True).encode()).hexdigest()[:16]
    return {**jwk, "kid": kid, "use": "sig", "alg": ALGORITHM}
