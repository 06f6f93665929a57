import io
import json
import re
import ssl
import time
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path

import certifi
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from enhancer.adapters.bearer import BearerTokens, IssuerKeys
from enhancer.domain import owner
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
    alice = verified.caller.owner
    assert (alice.type, alice.subject, len(alice.id)) == ("user", "alice", 26)
    assert tokens.verify(token(key)).caller.owner.id == alice.id
    assert tokens.verify(token(key, sub="bob")).caller.owner.id != alice.id
    assert 590 < verified.expires_at.timestamp() - time.time() <= 600
    assert verified.expires_at.utcoffset() == timedelta(0)


def test_an_owner_depends_on_the_issuer_too(tokens, key):
    assert tokens.verify(token(key)).caller.owner == owner.user(b"owner key", ISSUER, "alice")


@pytest.mark.parametrize("algorithm", ["RS512", "PS256"])
def test_only_two_algorithms_are_taken_whatever_the_issuer_publishes(monkeypatch, algorithm):
    private = rsa.generate_private_key(65_537, 2048)
    public = jwt.algorithms.RSAAlgorithm.to_jwk(private.public_key(), as_dict=True) | {"kid": "k1", "use": "sig"}
    for named, taken in ((algorithm, False), ("RS256", True)):
        fetched = jwt.PyJWKClient("https://issuer.test/jwks")
        monkeypatch.setattr(fetched, "fetch_data", lambda named=named: {"keys": [public | {"alg": named}]})
        verifier = BearerTokens(ISSUER, AUDIENCE, fetched, b"owner key")
        with nullcontext() if taken else pytest.raises(Unauthorized):
            assert verifier.verify(token(private, algorithm=named)).caller.owner.subject == "alice"


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
    with pytest.raises(ServiceUnavailable) as refusal:
        verifier.verify(token(key))
    assert refusal.value.retry_after == 60


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


def test_the_issuer_is_trusted_by_the_named_roots_alone(tmp_path):
    first = re.search(r"-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----", Path(certifi.where()).read_text())
    roots = tmp_path / "roots.pem"
    roots.write_text(first[0])
    trust = IssuerKeys("https://issuer.test/jwks", str(roots)).ssl_context
    assert trust.get_ca_certs(binary_form=True) == [ssl.PEM_cert_to_DER_cert(first[0])]
    assert (trust.verify_mode, trust.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_keys_are_fetched_anew_after_an_hour_within_five_seconds(key, monkeypatch):
    public = jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True) | {"kid": "k1", "use": "sig"}
    clock, time_outs = [0.0], []

    def opened(_, __, timeout):
        time_outs.append(timeout)
        return io.BytesIO(json.dumps({"keys": [public]}).encode())

    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    monkeypatch.setattr("urllib.request.OpenerDirector.open", opened)
    keys = IssuerKeys("https://issuer.test/jwks", certifi.where())
    for clock[0], fetches in ((0, 1), (3_599, 1), (3_601, 2)):
        assert keys.get_signing_key("k1")
        assert time_outs == [5] * fetches
    for clock[0], fetches in ((3_660, 2), (3_662, 3)):  # a minute after the last one
        with pytest.raises(jwt.PyJWKClientError):
            keys.get_signing_key("unknown")
        assert len(time_outs) == fetches
