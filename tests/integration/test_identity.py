"""Identification: guests by cookie, users by token or session, admins, and callers without identity."""

import base64
import hmac
import json
import time

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from enhancer.adapters.signing import Signer
from tests.images import make_image
from tests.integration.api_client import MODEL, Client

JOBS, USAGE, SESSION = "/api/ai-image/jobs", "/api/ai-image/usage", "/api/session"


@pytest.fixture
def anonymous(stack):
    with Client(stack.base_url) as client:
        yield client


@pytest.fixture
def guest(stack):
    with Client(stack.base_url) as client:
        client.presign(make_image(), "image/png")
        yield client


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def encoded(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def signed(stack, claims, kid):
    """A token of the real issuer that says exactly this: None leaves a claim out."""
    key = (stack.config.state / "issuer.pem").read_bytes()
    body = json.dumps({name: value for name, value in claims.items() if value is not None})
    return jwt.PyJWS().encode(body.encode(), load_pem_private_key(key, None), "ES256", headers={"kid": kid})


def hmac_token(claims, secret, kid):
    """The public key misused as a shared secret, which jwt refuses to do for us."""
    text = f"{encoded({'alg': 'HS256', 'typ': 'JWT', 'kid': kid})}.{encoded(claims)}"
    digest = hmac.digest(secret.encode(), text.encode(), "sha256")
    return f"{text}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def test_only_who_brings_an_image_becomes_a_guest(stack):
    ways = (
        lambda client: client.presign(make_image(), "image/png"),
        lambda client: client.send(make_image()),
        lambda client: client.send(make_image(), "generate"),
    )
    for bring in ways:
        with Client(stack.base_url) as client:
            cookie = bring(client).headers["Set-Cookie"]
            assert cookie.startswith("guest=")
            attributes = {part.strip() for part in cookie.split(";")[1:]}
            assert attributes == {"Path=/", "HttpOnly", "SameSite=Lax", "Max-Age=7776000"}
            assert "Set-Cookie" not in bring(client).headers, "who has one keeps it"


def test_reading_without_identity_answers_defaults_and_sets_nothing(anonymous):
    history, usage = anonymous.call("GET", JOBS), anonymous.call("GET", USAGE)
    assert history.json()["data"] == {"jobs": [], "nextCursor": None}
    assert usage.json()["data"] == {
        "ownerType": "guest",
        "usage": {"used": 0, "remaining": 1000, "resetAt": None},
        "limits": {"jobs": 1000, "windowSeconds": 86_400, "maxBytes": 10_485_760},
    }
    others = [anonymous.call("GET", path) for path in ("/api/ai-image/models", f"{JOBS}/x", "/r2-ai/x", "/api/health")]
    for answer in (history, usage, *others):
        assert "Set-Cookie" not in answer.headers
    assert anonymous.call("GET", f"{JOBS}/x").status_code == 401


def test_a_refused_image_makes_no_guest(anonymous):
    refused = (
        anonymous.send(b"text"),
        anonymous.send(make_image(), fields={"scale": "9"}),
        anonymous.presign(b"", "image/png"),
        anonymous.create("p" + "a" * 25),
        anonymous.call("POST", JOBS, json={"fromJobId": "p" + "a" * 25, "model": MODEL}),
    )
    assert [answer.status_code for answer in refused] == [415, 400, 400, 401, 401]
    assert not [answer for answer in refused if "Set-Cookie" in answer.headers]


def test_no_bad_token_is_let_in_even_beside_a_good_cookie(stack, guest):
    good = stack.token("carol")
    issuer, now = stack.config.issuer, int(time.time())
    kid = jwt.get_unverified_header(good)["kid"]
    claims = jwt.decode(good, options={"verify_signature": False})
    other = ec.generate_private_key(ec.SECP256R1())
    weak = rsa.generate_private_key(65537, 2048)
    published = requests.get(f"{issuer}/jwks.json", timeout=10).text
    bad = {
        "alg none": jwt.encode(claims, None, "none", headers={"kid": kid}),
        "alg none without kid": jwt.encode(claims, None, "none"),
        "hmac over the published key": hmac_token(claims, published, kid),
        "another key under the same kid": jwt.encode(claims, other, "ES256", headers={"kid": kid}),
        "another algorithm": jwt.encode(claims, weak, "RS256", headers={"kid": kid}),
        "an unknown kid": jwt.encode(claims, other, "ES256", headers={"kid": "unknown"}),
        "no kid": jwt.encode(claims, other, "ES256"),
        "a key that comes along": jwt.encode(
            claims, other, "ES256", headers={"jwk": jwt.algorithms.ECAlgorithm.to_jwk(other.public_key(), as_dict=True)}
        ),
        "another issuer": signed(stack, claims | {"iss": "https://evil.test"}, kid),
        "no issuer": signed(stack, claims | {"iss": None}, kid),
        "another audience": signed(stack, claims | {"aud": "another"}, kid),
        "no audience": signed(stack, claims | {"aud": None}, kid),
        "an empty list of audiences": signed(stack, claims | {"aud": []}, kid),
        "it has expired": signed(stack, claims | {"exp": now - 90}, kid),
        "no end": signed(stack, claims | {"exp": None}, kid),
        "not valid yet": signed(stack, claims | {"nbf": now + 300}, kid),
        "issued in the future": signed(stack, claims | {"iat": now + 300}, kid),
        "no subject": signed(stack, claims | {"sub": None}, kid),
        "a subject that is a number": signed(stack, claims | {"sub": 7}, kid),
        "an end that is a word": signed(stack, claims | {"exp": "never"}, kid),
        "changed": good[:-10] + ("A" if good[-10] != "A" else "B") + good[-9:],
        "changed claims": ".".join([good.split(".")[0], encoded(claims | {"role": "admin"}), good.split(".")[2]]),
        "no signature": good.rpartition(".")[0] + ".",
        "garbage": "garbage",
        "dots": "...",
        "nothing": "",
        "not ASCII": "ä.ö.ü",
        "very long": "a" * 8000,
    }
    for name, token in bad.items():
        for path in (USAGE, JOBS, "/r2-ai/x", "/api/ai-image/models"):
            answer = guest.call("GET", path, headers={"Authorization": f"Bearer {token}".encode()})
            assert (answer.status_code, answer.json()["error"]["type"]) == (401, "unauthorized"), (name, path)
        assert guest.call("POST", SESSION, headers={"Authorization": f"Bearer {token}".encode()}).status_code == 401
    for header in ("", "Basic YTpi", "Bearer", good, "Token " + good):
        assert guest.call("GET", USAGE, headers={"Authorization": header}).status_code == 401, header
    assert guest.call("GET", USAGE, headers=bearer(good)).json()["data"]["ownerType"] == "user"
    assert guest.call("GET", USAGE, headers={"Authorization": f"bearer {good}"}).status_code == 200
    assert guest.call("GET", USAGE, headers=bearer(stack.token("carol", exp=now - 20))).status_code == 200, "leeway"


@pytest.mark.parametrize("ends", [10**12, 10**20, 2**63])
def test_a_token_that_ends_in_a_far_future_breaks_nothing(stack, anonymous, ends):
    token = bearer(stack.token("far", exp=ends))
    assert anonymous.call("GET", USAGE, headers=token).status_code in {200, 401}
    assert anonymous.call("POST", SESSION, headers=token).status_code in {201, 401}


def test_forged_cookies_identify_no_caller(stack, guest):
    guest.send(make_image())
    good = guest.session.cookies["guest"]
    owner, key_id, signature = good.split(".")
    stranger = Signer(lambda: ["local1:" + base64.b64encode(b"x" * 32).decode()])
    shares = Signer(stack.deployment.secrets["share-keys"].split)
    claims = encoded(["a" * 26, "eve", "admin", True, 9999999999])
    ours = Signer(stack.deployment.secrets["cookie-keys"].split)
    ended = encoded(["a" * 26, "eve", "admin", True, int(time.time())])
    forged = [
        {"guest": value}
        for value in (
            owner,
            f"{owner}..",
            f"{owner}.{key_id}.",
            f"{owner}.unknown.{signature}",
            f"{'a' * 26}.{key_id}.{signature}",
            good[:-5] + ("A" if good[-5] != "A" else "B") + good[-4:],
            stranger.sign("guest", owner),
            shares.sign("guest", owner),
            "",
            '"',
            "a" * 4000,
        )
    ]
    forged += [
        {"session": value}
        for value in (
            claims,
            f"{claims}.{key_id}.{signature}",
            stranger.sign("session", claims),
            good,
            ours.sign("guest", claims),
            ours.sign("session", ended),
        )
    ]
    forged.append({"__Host-guest": good})
    for cookies in forged:
        with Client(stack.base_url) as client:
            header = "; ".join(f"{name}={value}" for name, value in cookies.items())
            answer = client.call("GET", USAGE, headers={"Cookie": header})
            assert answer.status_code == 200, cookies
            assert (answer.json()["data"]["ownerType"], answer.json()["data"]["usage"]["used"]) == ("guest", 0), cookies
            assert client.call("GET", f"{JOBS}/x", headers={"Cookie": header}).status_code == 401, cookies
    with Client(stack.base_url) as client:
        both = client.call("GET", USAGE, headers={"Cookie": f"session=bad; guest={good}"})
        assert both.json()["data"]["usage"]["used"] == 1


def test_a_session_stands_for_its_token(stack):
    with Client(stack.base_url, stack.token("dora")) as dora:
        job = dora.enhance(make_image(), "image/png")
        opened = dora.call("POST", SESSION)
    assert opened.status_code == 201
    assert set(opened.json()["data"]) == {"expiresAt"}
    name_value, *attributes = opened.headers["Set-Cookie"].split("; ")
    assert name_value.startswith("session=")
    assert {"Path=/", "HttpOnly", "SameSite=Lax"} < set(attributes)
    [lifetime] = [each for each in attributes if each.startswith("Max-Age=")]
    assert 3500 < int(lifetime.partition("=")[2]) <= 3600
    with Client(stack.base_url) as browser:
        browser.session.cookies.set("session", name_value.partition("=")[2])
        assert browser.job(job["id"]) == job
        assert browser.image(job["imageUrl"]).status_code == 200
        assert browser.usage()["ownerType"] == "user"
        assert browser.call("POST", SESSION).status_code == 401, "a session can't prolong itself"
        closed = browser.call("DELETE", SESSION)
        assert closed.status_code == 200
        assert closed.headers["Set-Cookie"].startswith("session=;")
        assert "Max-Age=0" in closed.headers["Set-Cookie"]


def test_a_session_is_never_longer_than_eight_hours_or_its_token(stack, anonymous):
    day = anonymous.call("POST", SESSION, headers=bearer(stack.token("dora", exp=int(time.time()) + 86_400)))
    assert "Max-Age=28800;" in day.headers["Set-Cookie"] + ";" or "Max-Age=28799;" in day.headers["Set-Cookie"] + ";"
    minute = anonymous.call("POST", SESSION, headers=bearer(stack.token("dora", exp=int(time.time()) + 60)))
    lifetime = int(minute.headers["Set-Cookie"].partition("Max-Age=")[2].partition(";")[0])
    assert lifetime <= 60
    assert anonymous.call("POST", SESSION).status_code == 401


def test_a_guests_jobs_stay_with_the_guest(stack, guest):
    job = guest.enhance(make_image(), "image/png")
    as_user = guest.call("GET", JOBS, headers=bearer(stack.token("erin")))
    assert as_user.json()["data"]["jobs"] == []
    session = guest.call("POST", SESSION, headers=bearer(stack.token("erin")))
    assert session.status_code == 201
    assert guest.usage()["ownerType"] == "user", "a session comes before a guest"
    assert guest.call("GET", f"{JOBS}/{job['id']}").status_code == 404
    guest.call("DELETE", SESSION)
    assert guest.job(job["id"]) == job


def test_an_admin_reads_and_deletes_any_job_and_leaves_a_trace(stack, guest):
    job = guest.enhance(make_image(), "image/png")
    path = f"{JOBS}/{job['id']}"
    with Client(stack.base_url, stack.token("root", role="admin")) as admin:
        assert admin.job(job["id"]) == job
        assert admin.image(job["imageUrl"]).status_code == 200
        assert admin.call("POST", f"{path}/cancel").status_code == 404
        assert admin.call("POST", f"{path}/share", json={}).status_code == 404
        assert admin.call("POST", JOBS, json={"fromJobId": job["id"], "model": MODEL}).status_code == 404
        assert job["id"] not in admin.call("GET", JOBS).text
        assert admin.call("DELETE", path).status_code == 200
    assert guest.call("GET", path).status_code == 404
    assert guest.call("GET", job["imageUrl"]).status_code == 410
    for function in ("job-status", "image-proxy", "job-control"):
        lines = [line for line in stack.logs(function).splitlines() if job["id"] in line and "security" in line]
        assert lines, function
    for role in ("Admin", ["admin"], True, "user,admin"):
        with Client(stack.base_url, stack.token("root", role=role)) as pretender:
            assert pretender.call("GET", path).status_code == 404


def test_neither_subject_nor_address_of_a_user_is_in_any_answer(stack):
    with Client(stack.base_url, stack.token("subject-7f3a", email="mail-7f3a@example.test")) as user:
        created = user.create(user.upload(make_image(), "image/png"))
        job = user.finished(created.json()["data"]["id"])
        share = user.call("POST", f"{JOBS}/{job['id']}/share", json={})
        answers = [
            created,
            share,
            user.presign(make_image(), "image/png"),
            user.send(make_image(), "generate"),
            user.call("GET", JOBS),
            user.call("GET", USAGE),
            user.call("GET", job["imageUrl"]),
            user.call("POST", SESSION),
            user.call("POST", f"{JOBS}/{job['id']}/cancel"),
            user.call("DELETE", f"{JOBS}/{job['id']}"),
        ]
    for answer in answers:
        assert "7f3a" not in answer.text
        assert "7f3a" not in str(answer.headers)
    owner = job["imageUrl"].split("/results/user/")[1].split("/")[0]
    assert len(owner) == 26


@pytest.mark.parametrize("origin", ["https://evil.test", "null", "http://127.0.0.1", "", "HTTP://127.0.0.1:1"])
def test_other_sites_can_not_act_for_any_caller(stack, guest, origin):
    job_id = guest.send(make_image()).json()["data"]["id"]
    upload_id = guest.upload(make_image(), "image/png")
    foreign = {"Origin": origin}
    refused = (
        guest.call("POST", "/api/ai-image/uploads", headers=foreign, json=order(make_image())),
        guest.call("POST", JOBS, headers=foreign, json={"uploadId": upload_id, "model": MODEL}),
        guest.send(make_image(), headers=foreign),
        guest.send(make_image(), "generate", headers=foreign),
        guest.call("POST", f"{JOBS}/{job_id}/cancel", headers=foreign),
        guest.call("POST", f"{JOBS}/{job_id}/share", headers=foreign, json={}),
        guest.call("DELETE", f"{JOBS}/{job_id}", headers=foreign),
        guest.call("POST", SESSION, headers=foreign | bearer(stack.token("dora"))),
        guest.call("DELETE", SESSION, headers=foreign),
    )
    for answer in refused:
        assert (answer.status_code, answer.json()["error"]["type"]) == (403, "forbidden")
        assert "Set-Cookie" not in answer.headers
    assert guest.usage()["usage"]["used"] == 1
    assert guest.call("GET", JOBS, headers=foreign).status_code == 200, "reading is safe, and unreadable for the site"


def order(data):
    return {"filename": "a", "contentType": "image/png", "size": len(data)}


def test_the_own_page_may_do_everything(stack, guest):
    own = {"Origin": stack.base_url}
    assert guest.call("POST", "/api/ai-image/uploads", headers=own, json=order(make_image())).status_code == 201
    job_id = guest.send(make_image(), headers=own).json()["data"]["id"]
    assert guest.call("DELETE", f"{JOBS}/{job_id}", headers=own).status_code == 200


def test_a_bad_token_or_another_site_is_told_before_a_bad_body(guest):
    assert guest.call("POST", JOBS, json={}, headers={"Origin": "https://evil.test"}).status_code == 403
    answer = guest.call("POST", "/api/ai-image/uploads", json={}, headers=bearer("garbage"))
    assert answer.status_code == 401
    assert "RateLimit" in guest.call("POST", JOBS, json={}).headers
