import time

import certifi
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from enhancer.adapters.bearer import BearerTokens, IssuerKeys
from enhancer.errors import ServiceUnavailable, Unauthorized

ISSUER, AUDIENCE = "https://issuer.test", "image-enhancer"


@pytest.fixture
def key():
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
def tokens(key, monkeypatch):
    public = jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True) | {"kid": "k1", "use": "sig"}
    fetched = jwt.PyJWKClient("https://issuer.test/jwks")
    monkeypatch.setattr(fetched, "fetch_data", lambda: {"keys": [public]})
    return BearerTokens(ISSUER, AUDIENCE, fetched, b"owner key")


def token(key, kid="k1", algorithm="ES256", **changes):
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "iat": now, "exp": now + 600} | changes
    present = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(present, key, algorithm=algorithm, headers={"kid": kid})


def test_a_good_token_is_its_subjects_owner(tokens, key):
    verified = tokens.verify(token(key))
    owner = verified.caller.owner
    assert (owner.type, owner.subject, len(owner.id)) == ("user", "alice", 26)
    assert tokens.verify(token(key)).caller.owner.id == owner.id
    assert tokens.verify(token(key, sub="bob")).caller.owner.id != owner.id
    assert 590 < verified.expires_at.timestamp() - time.time() <= 600


@pytest.mark.parametrize(
    ("claims", "role", "verified"),
    [
        ({}, "user", False),
        ({"role": "admin", "email_verified": True}, "admin", True),
        ({"role": "root", "email_verified": "true"}, "user", False),
    ],
)
def test_role_and_verified_address_are_what_the_issuer_says(tokens, key, claims, role, verified):
    caller = tokens.verify(token(key, **claims)).caller
    assert (caller.role, caller.email_verified) == (role, verified)


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://other.test"},
        {"aud": "other"},
        {"exp": int(time.time()) - 61},
        {"exp": None},
        {"sub": None},
        {"nbf": int(time.time()) + 86_400},
        {"kid": "k2"},
    ],
)
def test_a_token_with_a_wrong_claim_is_refused(tokens, key, changes):
    with pytest.raises(Unauthorized):
        tokens.verify(token(key, **changes))


def test_another_key_no_signature_and_nonsense_are_refused(tokens):
    for bad in (
        token(ec.generate_private_key(ec.SECP256R1())),
        token("", algorithm="none"),
        token("x" * 32, algorithm="HS256"),
        "nonsense",
    ):
        with pytest.raises(Unauthorized):
            tokens.verify(bad)


def test_a_minute_of_clock_difference_is_forgiven(tokens, key):
    assert tokens.verify(token(key, exp=int(time.time()) - 30))


def test_keys_that_can_not_be_fetched_are_not_a_guest(key, monkeypatch):
    def down():
        raise jwt.PyJWKClientConnectionError("connection refused")

    monkeypatch.setattr(jwt.PyJWKClient, "fetch_data", lambda _: down())
    verifier = BearerTokens(ISSUER, AUDIENCE, IssuerKeys("https://issuer.test/jwks", certifi.where()), b"owner key")
    with pytest.raises(ServiceUnavailable):
        verifier.verify(token(key))


@pytest.mark.parametrize("far", [10**12, 10**20])
def test_a_token_that_ends_beyond_all_time_is_a_token_all_the_same(tokens, key, far):
    assert tokens.verify(token(key, exp=far)).expires_at.year == 3000


def test_unknown_key_ids_fetch_once_a_minute_and_old_keys_outlive_an_outage(key, monkeypatch):
    public = jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True) | {"kid": "k1", "use": "sig"}
    answers, fetched = [{"keys": [public]}], []

    def fetch(_):
        fetched.append(1)
        if not answers:
            raise jwt.PyJWKClientConnectionError("down")
        return answers[0]

    monkeypatch.setattr(jwt.PyJWKClient, "fetch_data", fetch)
    keys = IssuerKeys("https://issuer.test/jwks", certifi.where())
    verifier = BearerTokens(ISSUER, AUDIENCE, keys, b"owner key")
    for _ in range(5):
        with pytest.raises(Unauthorized):
            verifier.verify(token(key, kid="k2"))
    assert len(fetched) == 2, "once for the first token, once more because its key is unknown"
    answers.clear()
    assert keys.get_jwk_set(refresh=True).keys[0].key_id == "k1"
    assert verifier.verify(token(key)).caller.owner.subject == "alice"
