import http.client
import io
import json
import re
import ssl
import time
import urllib.error
from contextlib import nullcontext
from datetime import timedelta
from email.message import Message
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
    return jwt.encode(present, key, algorithm=algorithm, headers={"kid": kid} if kid else {})


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
    verifier = BearerTokens(
        ISSUER, AUDIENCE, IssuerKeys("https://issuer.test/jwks", certifi.where(), lambda _: None), b"owner key"
    )
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
    keys = IssuerKeys("https://issuer.test/jwks", certifi.where(), lambda _: None)
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
    trust = IssuerKeys("https://issuer.test/jwks", str(roots), lambda _: None).ssl_context
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
    keys = IssuerKeys("https://issuer.test/jwks", certifi.where(), lambda _: None)
    for clock[0], fetches in ((0, 1), (3_599, 1), (3_601, 2)):
        assert keys.get_signing_key("k1")
        assert time_outs == [5] * fetches
    for clock[0], fetches in ((3_660, 2), (3_662, 3)):  # a minute after the last one
        with pytest.raises(jwt.PyJWKClientError):
            keys.get_signing_key("unknown")
        assert len(time_outs) == fetches


def published(key, **changes):
    kind = jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else jwt.algorithms.ECAlgorithm
    values = kind.to_jwk(key.public_key(), as_dict=True) | {"kid": "k1", "use": "sig"} | changes
    return {name: value for name, value in values.items() if value is not None}


class Page:
    """What the issuer's address answers, below PyJWT's own client."""

    def __init__(self, monkeypatch):
        self.answer, self.asked = b"", 0
        self.problems = []
        monkeypatch.setattr("urllib.request.OpenerDirector.open", self._open)
        self.clock = 0.0
        monkeypatch.setattr("time.monotonic", lambda: self.clock)

    def keys(self, *keys):
        self.answer = json.dumps({"keys": list(keys)}).encode()

    def _open(self, *_, **__):
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return io.BytesIO(self.answer)


@pytest.fixture
def page(monkeypatch):
    return Page(monkeypatch)


@pytest.fixture
def verifier(page):
    keys = IssuerKeys("https://issuer.test/jwks", certifi.where(), page.problems.append)
    return BearerTokens(ISSUER, AUDIENCE, keys, b"owner key")


def refused_by_issuer(status):
    return urllib.error.HTTPError("https://issuer.test/jwks", status, "no", Message(), None)


BROKEN = {
    "HTML": b"<!doctype html><title>Sign in</title>",
    "empty": b"",
    "no keys": b'{"keys": []}',
    "no list": b'{"keys": {"k1": 1}}',
    "null": b"null",
    "list": b"[]",
    "text": b'"keys"',
    "other object": b'{"error": "rate limited"}',
    "not UTF-8": b'{"keys": ["\xff"]}',
    "cut off": b'{"keys": [{"kty": "EC", "kid": "k1"',
    "nested": b"[" * 200_000,
    "huge": b'{"keys": [' + b'{"kty": "?"},' * 50_000 + b"{}]}",
    "strangers": b'{"keys": [{"kty": "OKP", "kid": "k1"}, 7, null, {"kty": "EC", "crv": "P-256", "x": "AA"}]}',
    "off the curve": b'{"keys": [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": "k1"}]}',
    "for encryption": json.dumps({"keys": [published(ec.generate_private_key(ec.SECP256R1()), use="enc")]}).encode(),
    "of another algorithm": json.dumps({"keys": [published(ec.generate_private_key(ec.SECP384R1()))]}).encode(),
    "500": refused_by_issuer(500),
    "404": refused_by_issuer(404),
    "redirect": refused_by_issuer(302),
    "reset": ConnectionResetError(),
    "slow": TimeoutError(),
    "no such host": urllib.error.URLError("Name or service not known"),
    "half an answer": http.client.IncompleteRead(b"{"),
}


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN)
def test_the_last_good_keys_stay_in_use_regardless_of_the_issuers_page(page, verifier, key, answer):
    page.keys(published(key))
    assert verifier.verify(token(key))
    assert page.problems == []
    page.answer, page.clock = answer, 3_601.0
    for _ in range(3):
        assert verifier.verify(token(key)).caller.owner.subject == "alice"
    assert page.asked == 2, "the page is not asked for again by each request"
    [problem] = page.problems
    assert re.fullmatch(r"[A-Za-z]+|no key that verifies tokens", problem)
    for page.clock in (3_700.0, 9_999.0):
        with pytest.raises(Unauthorized):
            verifier.verify(token(key, kid="k2"))
        assert verifier.verify(token(key))
    new = ec.generate_private_key(ec.SECP256R1())
    page.keys(published(new, kid="k2"))
    page.clock = 20_000.0
    assert verifier.verify(token(new, kid="k2"))
    with pytest.raises(Unauthorized):
        verifier.verify(token(key))


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN)
def test_without_any_good_keys_no_token_can_be_verified(page, verifier, key, answer):
    page.answer = answer
    with pytest.raises((ServiceUnavailable, Unauthorized)) as refusal:
        verifier.verify(token(key))
    keys_for_others = answer in (BROKEN["for encryption"], BROKEN["of another algorithm"])
    assert refusal.value.retry_after == (None if keys_for_others else 60)
    page.keys(published(key))
    assert verifier.verify(token(key))


@pytest.mark.parametrize("subject", ["", " ", "\ud800", "a\udfffb", 7, ["alice"], {}, True, 1.5])
def test_a_token_without_a_subject_is_refused(tokens, key, subject):
    with pytest.raises(Unauthorized):
        tokens.verify(token(key, sub=subject))


@pytest.mark.parametrize("subject", ["a", "auth0|1", "Ä\u20ac\U0001f600", "x" * 255, "\x00"])
def test_any_text_is_a_subject(tokens, key, subject):
    assert tokens.verify(token(key, sub=subject)).caller.owner.subject == subject


def test_of_two_keys_with_one_id_the_one_of_the_tokens_algorithm_verifies(page, verifier, key):
    second = rsa.generate_private_key(65_537, 2048)
    both = [published(key), published(second, alg="RS256")]
    for keys in (both, both[::-1]):
        page.keys(*keys)
        page.clock += 3_601
        for private, algorithm in ((key, "ES256"), (second, "RS256")):
            assert verifier.verify(token(private, algorithm=algorithm))
            with pytest.raises(Unauthorized):
                verifier.verify(token(ec.generate_private_key(ec.SECP256R1())))


def test_a_token_without_a_key_id_needs_the_one_key_of_its_algorithm(page, verifier, key):
    second = rsa.generate_private_key(65_537, 2048)
    unnamed = token(key, kid=None)
    assert "kid" not in jwt.get_unverified_header(unnamed)
    for keys, taken in (
        ([published(key)], True),
        ([published(key, kid=None)], True),
        ([published(key), published(second)], True),
        ([published(key), published(ec.generate_private_key(ec.SECP256R1()), kid="k2")], False),
        ([published(second)], False),
    ):
        page.keys(*keys)
        page.clock += 3_601
        with nullcontext() if taken else pytest.raises(Unauthorized):
            assert verifier.verify(unnamed)


def test_a_key_of_another_algorithm_is_not_taken_for_its_id(page, verifier, key):
    page.keys(published(key), published(rsa.generate_private_key(65_537, 2048), kid="k2"))
    with pytest.raises(Unauthorized):
        verifier.verify(token(key, kid="k2"))


def test_of_two_keys_with_one_id_and_algorithm_the_first_verifies(page, verifier, key):
    other = ec.generate_private_key(ec.SECP256R1())
    page.keys(published(key), published(other))
    assert verifier.verify(token(key))
    with pytest.raises(Unauthorized):
        verifier.verify(token(other))
