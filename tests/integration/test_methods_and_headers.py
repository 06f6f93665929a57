"""Every path and method has an answer in our words, and every answer has its headers."""

import pytest
import requests

from enhancer.http.response import SECURITY_HEADERS
from enhancer.http.routing import METHODS
from tests.images import make_image

ALL = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")


@pytest.fixture(scope="module")
def job(guest):
    return guest.enhance(make_image(), "image/png")


def concrete(path):
    return path.replace("{id}", "pabcdefghijklmnopqrstuvwxy").replace("{key+}", "a/b.png")


def assert_ours(answer):
    assert answer.status_code < 500
    page = "/api/docs" in answer.request.url or "/api/openapi.json" in answer.request.url  # has a policy of its own
    for name, value in SECURITY_HEADERS.items():
        given = answer.headers[name]
        if page and name == "content-security-policy":
            assert given.startswith("default-src 'none'; ")
            assert given.endswith("frame-ancestors 'none'")
            assert "unsafe" not in given
        else:
            assert given == value, (answer.request.method, answer.request.url, name)
    assert answer.headers["x-request-id"]
    assert answer.headers["Cache-Control"]


@pytest.mark.parametrize("path", METHODS)
def test_a_method_that_a_path_does_not_know_is_405_with_those_it_does(guest, path):
    for method in ALL:
        answer = guest.call(method, concrete(path))
        assert_ours(answer)
        if method in METHODS[path]:
            assert answer.status_code != 405
            continue
        assert answer.status_code == 405, method
        assert answer.headers["Allow"] == ", ".join(METHODS[path])
        if method != "HEAD":
            error = answer.json()["error"]
            assert (answer.json()["success"], error["type"]) == (False, "method_not_allowed")
            assert error["details"]["allow"] == list(METHODS[path])


def test_head_is_get_without_the_body(guest, job):
    job_id, key = job["id"], job["imageUrl"].removeprefix("/r2-ai/")
    for path, methods in METHODS.items():
        if "GET" not in methods:
            continue
        name = "start.js" if "{file+}" in path else ""
        url = path.replace("{id}", job_id).replace("{key+}", key).replace("{file+}", name)
        got, head = guest.call("GET", url), guest.call("HEAD", url)
        assert (head.status_code, head.content) == (got.status_code, b""), path
        assert got.status_code in (200, 302), path
        linked = path == "/r2-ai/{key+}"  # each method has a link of its own
        for header in ("Content-Type",) if linked else ("Content-Type", "Content-Length", "ETag", "Cache-Control"):
            assert head.headers.get(header) == got.headers.get(header), (path, header)


@pytest.mark.parametrize(
    "path",
    [
        "/api",
        "/api/",
        "/api/ai-image",
        "/api/ai-image/jobs/",
        "/api/ai-image/jobs/x/y",
        "/api/ai-image/jobs/x/cancel/",
        "/api/ai-image/usage/x",
        "/api/ai-image//usage",
        "/api/webhooks",
        "/api/webhooks/replicate/x",
        "/api/.env",
        "/api/%00",
        "/api/%0a",
        "/api/ä",
        "/api/$default",
        "/api/ai-image/jobs/%2e%2e/usage",
    ],
)
def test_there_is_nothing_at_any_other_path(guest, path):
    for method in ("GET", "POST", "DELETE"):
        answer = guest.call(method, path)
        assert_ours(answer)
        assert (answer.status_code, answer.json()["error"]["type"]) == (404, "not_found"), method


def test_good_and_bad_answers_of_every_kind_carry_the_headers(stack, guest, job):
    def ask(method, path, **options):
        return guest.call(method, path, **options)

    jobs, mine = "/api/ai-image/jobs", f"/api/ai-image/jobs/{job['id']}"
    tag = ask("GET", mine).headers["ETag"]
    shared = ask("POST", f"{mine}/share", json={})
    answers = {
        200: ask("GET", mine),
        201: shared,
        202: guest.send(make_image()),
        302: ask("GET", job["imageUrl"]),
        304: ask("GET", mine, headers={"If-None-Match": tag}),
        400: ask("POST", jobs, json={}),
        401: ask("GET", mine, headers={"Authorization": "Bearer x"}),
        403: ask("DELETE", mine, headers={"Origin": "https://evil.test"}),
        404: ask("GET", f"{jobs}/x"),
        405: ask("PUT", jobs),
        409: ask("POST", f"{mine}/cancel"),
        413: ask("POST", "/api/ai-image/uploads", json={"filename": "x", "contentType": "image/png", "size": 10**9}),
        415: ask("POST", jobs, data=b"x", headers={"Content-Type": "text/plain"}),
    }
    gone = guest.enhance(make_image(), "image/png")
    ask("DELETE", f"/api/ai-image/jobs/{gone['id']}")
    answers[410] = ask("GET", gone["imageUrl"])
    key = {"Idempotency-Key": job["id"]}
    guest.send(make_image(), headers=key)
    answers[422] = guest.send(make_image("PNG", (9, 9)), headers=key)
    for status, answer in answers.items():
        assert answer.status_code == status
        assert_ours(answer)
        if status >= 400:
            assert answer.json()["success"] is False
            assert set(answer.json()["error"]) <= {"type", "message", "details"}
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["Content-Type"] == "application/json"
    assert requests.get(f"{stack.base_url}/api/health", timeout=10).headers["x-request-id"]


def test_no_answer_says_what_it_was_made_with(guest, job):
    for path in ("/api/health", f"/api/ai-image/jobs/{job['id']}", "/nowhere"):
        answer = guest.call("GET", path)
        assert "Traceback" not in answer.text
        assert "X-Powered-By" not in answer.headers


def test_no_other_site_may_read_an_answer(guest):
    for method, path in (("GET", "/api/ai-image/usage"), ("OPTIONS", "/api/ai-image/jobs")):
        answer = guest.call(method, path, headers={"Origin": "https://evil.test"})
        assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


def test_errors_are_told_in_the_callers_language(guest):
    for wanted, language in (("de", "de"), ("de-AT,en;q=0.5", "de"), ("fr", "en"), ("", "en"), ("de;q=0,en", "en")):
        answer = guest.call("GET", "/api/nowhere", headers={"Accept-Language": wanted})
        assert answer.headers["Content-Language"] == language, wanted
