"""The dev sign-in: the way through as a library goes it, and every refusal."""

import base64
import hashlib
import html
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
import requests

from local import issuer
from local.config import AUDIENCE
from local.gateway.response import Response
from local.gateway.sign_in import SignIn
from local.issuer import AUTHORIZE, TOKEN
from local.stack import LocalStack

ORIGIN = "http://127.0.0.1:8080"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
ASKED = {
    "client_id": AUDIENCE,
    "redirect_uri": f"{ORIGIN}/?signed=in",
    "response_type": "code",
    "scope": "openid email",
    "state": "s<1>",
    "nonce": "n-1",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}
Fields = Mapping[str, str]


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sign_in(tmp_path: Path, clock: Clock) -> SignIn:
    return SignIn(ORIGIN, lambda subject, **claims: issuer.sign(tmp_path, f"{ORIGIN}/_local", subject, **claims), clock)


def ask(sign_in: SignIn, **changed: str) -> Response:
    return sign_in.respond("GET", AUTHORIZE, urlencode(ASKED | changed), b"")


def post(sign_in: SignIn, path: str, fields: Fields) -> Response:
    return sign_in.respond("POST", path, "", urlencode(fields).encode())


def location(answer: Response) -> tuple[str, dict[str, str]]:
    """Where a redirect leads, without its query, and the query."""
    assert answer.status == 303, answer.body
    parts = urlsplit(dict(answer.headers)["location"])
    return f"{parts.scheme}://{parts.netloc}{parts.path}", {k: v[0] for k, v in parse_qs(parts.query).items()}


def code_for(sign_in: SignIn, subject: str = "alice") -> str:
    return location(post(sign_in, AUTHORIZE, ASKED | {"subject": subject}))[1]["code"]


def exchange(sign_in: SignIn, code: str, /, **changed: str) -> Response:
    fields = {
        "grant_type": "authorization_code",
        "client_id": AUDIENCE,
        "code": code,
        "redirect_uri": ASKED["redirect_uri"],
        "code_verifier": VERIFIER,
    }
    return post(sign_in, TOKEN, fields | changed)


def test_the_whole_way_over_http(stack: LocalStack, http: requests.Session) -> None:
    found = http.get(f"{stack.config.issuer}/.well-known/openid-configuration").json()
    home = f"{stack.base_url}/"
    form = http.get(found["authorization_endpoint"], params={**ASKED, "redirect_uri": home})
    assert (form.status_code, form.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert form.headers["content-security-policy"].startswith("default-src 'none'")
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form.text))
    assert fields["subject"] == "alice"
    sent = {name: html.unescape(value) for name, value in fields.items()}
    back = http.post(found["authorization_endpoint"], data=sent, allow_redirects=False)
    query = parse_qs(urlsplit(back.headers["location"]).query)
    assert back.headers["location"].startswith(f"{home}?")
    assert query["state"] == ["s<1>"]
    answer = http.post(
        found["token_endpoint"],
        data={
            "grant_type": "authorization_code",
            "client_id": AUDIENCE,
            "code": query["code"][0],
            "redirect_uri": home,
            "code_verifier": VERIFIER,
        },
    )
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    key = jwt.PyJWKSet.from_dict(http.get(found["jwks_uri"]).json()).keys[0]
    for name, nonce in (("id_token", "n-1"), ("access_token", None)):
        told = jwt.decode(answer.json()[name], key, algorithms=["ES256"], audience=AUDIENCE, issuer=found["issuer"])
        assert (told["sub"], told["email"], told.get("nonce")) == ("alice", "alice@example.test", nonce)


def test_the_address_keeps_its_own_query(sign_in: SignIn) -> None:
    where, query = location(post(sign_in, AUTHORIZE, ASKED | {"subject": "bob"}))
    assert where == f"{ORIGIN}/"
    assert (query["signed"], query["state"]) == ("in", "s<1>")


def test_what_was_asked_is_escaped(sign_in: SignIn) -> None:
    assert b'value="s&lt;1&gt;"' in ask(sign_in).body


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "//evil.example",
        "",
        "javascript:alert(1)",
        f"{ORIGIN}@evil.example/",
        "http://[oops",
        "http://127.0.0.1:80801/",
        "http://localhost:8080/",
        f"{ORIGIN}/#fragment",
    ],
)
def test_a_foreign_address_is_refused_without_going_there(sign_in: SignIn, address: str) -> None:
    for answer in (
        ask(sign_in, redirect_uri=address),
        post(sign_in, AUTHORIZE, ASKED | {"subject": "alice", "redirect_uri": address}),
    ):
        assert answer.status == 400
        assert "location" not in dict(answer.headers)
        assert b"redirect_uri must be a URL of" in answer.body


def test_a_line_break_in_the_address_makes_no_header(sign_in: SignIn) -> None:
    asked = ASKED | {"subject": "alice", "redirect_uri": f"{ORIGIN}/\r\nset-cookie: a=b"}
    assert "\n" not in dict(post(sign_in, AUTHORIZE, asked).headers)["location"]


def test_another_client_is_refused(sign_in: SignIn) -> None:
    assert ask(sign_in, client_id="other").status == 400


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": ""}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "email"}, "invalid_scope"),
    ],
)
def test_a_request_without_what_is_needed_goes_back_with_an_error(
    sign_in: SignIn, changed: dict[str, str], error: str
) -> None:
    for answer in (ask(sign_in, **changed), post(sign_in, AUTHORIZE, ASKED | {"subject": "alice"} | changed)):
        _, query = location(answer)
        assert (query["error"], query["state"]) == (error, "s<1>")
        assert "code" not in query


@pytest.mark.parametrize("subject", ["", "a b", "x" * 65, "<b>"])
def test_a_name_that_is_none_is_refused(sign_in: SignIn, subject: str) -> None:
    assert post(sign_in, AUTHORIZE, ASKED | {"subject": subject}).status == 400


def test_a_code_is_good_once(sign_in: SignIn) -> None:
    code = code_for(sign_in)
    assert exchange(sign_in, code).status == 200
    assert b"invalid_grant" in exchange(sign_in, code).body


def test_a_code_is_good_for_a_minute(sign_in: SignIn, clock: Clock) -> None:
    code, late = code_for(sign_in), code_for(sign_in)
    clock.now += 59
    assert exchange(sign_in, code).status == 200
    clock.now += 1
    assert exchange(sign_in, late).status == 400


@pytest.mark.parametrize(
    "changed", [{"code_verifier": "w" * 64}, {"code_verifier": ""}, {"redirect_uri": f"{ORIGIN}/other"}]
)
def test_a_bad_verifier_spends_the_code(sign_in: SignIn, changed: dict[str, str]) -> None:
    code = code_for(sign_in)
    assert (refused := exchange(sign_in, code, **changed)).status == 400
    assert b"invalid_grant" in refused.body
    assert exchange(sign_in, code).status == 400


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"client_id": "other"}, b"invalid_client"),
        ({"grant_type": "password"}, b"unsupported_grant_type"),
        ({"code": "guessed"}, b"invalid_grant"),
    ],
)
def test_another_exchange_is_refused(sign_in: SignIn, changed: dict[str, str], error: bytes) -> None:
    answer = exchange(sign_in, code_for(sign_in), **changed)
    assert answer.status == 400
    assert error in answer.body


def test_other_methods_and_paths_have_nothing(sign_in: SignIn) -> None:
    for method, path in (("GET", TOKEN), ("PUT", AUTHORIZE), ("GET", "/_local/anything")):
        assert sign_in.respond(method, path, "", b"").status == 404
