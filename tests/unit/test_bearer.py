import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from enhancer.adapters.bearer import BearerTokens
from enhancer.errors import ServiceUnavailable, Unauthorized

ISSUER, AUDIENCE = "https://issuer.test", "image-enhancer"


@pytest.fixture
def key():
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
def tokens(key, monkeypatch):
    public = jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True) | {"kid": "k1", "use": "sig"}
    verifier = BearerTokens(ISSUER, AUDIENCE, "https://issuer.test/jwks", b"owner key")
    monkeypatch.setattr(verifier._keys, "fetch_data", lambda: {"keys": [public]})
    return verifier


def token(key, kid="k1", algorithm="ES256", **changes):
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "iat": now, "exp": now + 600} | changes
    present = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(present, key, algorithm=algorithm, headers={"kid": kid})


def test_a_good_token_is_its_subjects_owner(tokens, key):
    owner = tokens.owner(token(key))
    assert (owner.type, owner.subject, len(owner.id)) == ("user", "alice", 26)
    assert tokens.owner(token(key)).id == owner.id
    assert tokens.owner(token(key, sub="bob")).id != owner.id


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://other.test"},
        {"aud": "other"},
        {"exp": int(time.time()) - 61},
        {"exp": None},
        {"sub": None},
        {"nbf": int(time.time()) + 600},
        {"kid": "k2"},
    ],
)
def test_a_token_with_a_wrong_claim_is_refused(tokens, key, changes):
    with pytest.raises(Unauthorized):
        tokens.owner(token(key, **changes))


def test_another_key_no_signature_and_nonsense_are_refused(tokens):
    for bad in (
        token(ec.generate_private_key(ec.SECP256R1())),
        token("", algorithm="none"),
        token("x" * 32, algorithm="HS256"),
        "nonsense",
    ):
        with pytest.raises(Unauthorized):
            tokens.owner(bad)


def test_a_minute_of_clock_difference_is_forgiven(tokens, key):
    assert tokens.owner(token(key, exp=int(time.time()) - 30))


def test_keys_that_can_not_be_fetched_are_not_a_guest(key, monkeypatch):
    def down():
        raise jwt.PyJWKClientConnectionError("connection refused")

    verifier = BearerTokens(ISSUER, AUDIENCE, "https://issuer.test/jwks", b"owner key")
    monkeypatch.setattr(verifier._keys, "fetch_data", down)
    with pytest.raises(ServiceUnavailable):
        verifier.owner(token(key))
