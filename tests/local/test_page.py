"""The page as the gateway serves it: files, views, headers, and what it refuses."""

import dataclasses
import gzip
import http.client
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from deployment.page import content_security_policy, page_config, page_headers
from enhancer.http.response import SECURITY_HEADERS
from local.gateway.page import Page
from local.gateway.response import Response
from local.stack import LocalStack
from tests.local.tiny_stack import tiny_config

SCRIPT = b"console.log('page')\n" * 100
FILES = {"index.html": b"<!doctype html><title>Page</title>", "assets/page-1a2b.js": SCRIPT, "samples/cat.jpg": b"JPEG"}
HOME = "http://127.0.0.1:8080"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    dist = tmp_path_factory.mktemp("web") / "dist"
    for name, content in FILES.items():
        (dist / name).parent.mkdir(parents=True, exist_ok=True)
        (dist / name).write_bytes(content)
    (dist.parent / "secret.txt").write_text("not for the web")
    return dist


@pytest.fixture(scope="module")
def page(folder: Path) -> Page:
    return Page(folder, page_headers(HOME, HOME, HOME), page_config(f"{HOME}/_local", "image-enhancer"))


@pytest.fixture(scope="module")
def served(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    config = tiny_config(tmp_path_factory.mktemp("paged") / "state")
    with LocalStack(dataclasses.replace(config, page=folder)) as running:
        yield running


def get(page: Page, path: str, **headers: str) -> Response:
    return page.respond("GET", path, {name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize("path", ["/", "/index.html", "/anything", "/a/b/c", "/api-of-mine", "/v1.2/history"])
def test_every_path_of_the_page_is_its_index(page: Page, path: str) -> None:
    answer = get(page, path)
    headers = dict(answer.headers)
    assert (answer.status, answer.body) == (200, FILES["index.html"])
    assert (headers["content-type"], headers["cache-control"]) == ("text/html; charset=utf-8", "no-cache")


@pytest.mark.parametrize(
    ("path", "content_type", "cache"),
    [
        ("/assets/page-1a2b.js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"),
        ("/samples/cat.jpg", "image/jpeg", "no-cache"),
    ],
)
def test_a_file_has_its_type_and_its_time(page: Page, path: str, content_type: str, cache: str) -> None:
    answer = get(page, path)
    assert (answer.status, answer.body) == (200, FILES[path[1:]])
    assert (dict(answer.headers)["content-type"], dict(answer.headers)["cache-control"]) == (content_type, cache)


@pytest.mark.parametrize(
    "path",
    [
        "/nothing.js",
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/assets/../../secret.txt",
        "//secret.txt",
        "/..%5csecret.txt",
        "/assets/page-1a2b.js%00.png",
    ],
)
def test_what_is_not_in_the_folder_is_not_there(page: Page, path: str) -> None:
    answer = get(page, path)
    assert (answer.status, answer.body) == (404, b"File not found.\n")


def test_text_is_compressed_for_clients_that_accept_it(page: Page) -> None:
    answer = get(page, "/assets/page-1a2b.js", accept_encoding="br, gzip")
    assert dict(answer.headers)["content-encoding"] == "gzip"
    assert dict(answer.headers)["vary"] == "accept-encoding"
    assert gzip.decompress(answer.body) == SCRIPT
    assert "content-encoding" not in dict(get(page, "/samples/cat.jpg", accept_encoding="gzip").headers)


def test_a_client_that_has_a_file_gets_304(page: Page) -> None:
    tag = dict(get(page, "/").headers)["etag"]
    for sent in (tag, tag.removeprefix("W/"), f'"another", {tag}'):
        answer = get(page, "/", if_none_match=sent)
        assert (answer.status, answer.body) == (304, b"")
    assert get(page, "/", if_none_match='"another"').status == 200


@pytest.mark.parametrize("path", ["/", "/assets/page-1a2b.js", "/nothing.js", "/config.json"])
def test_every_answer_carries_the_policy(page: Page, path: str) -> None:
    headers = dict(get(page, path).headers)
    for name, value in SECURITY_HEADERS.items():
        if name not in ("content-security-policy", "strict-transport-security"):
            assert headers[name] == value
    assert headers["content-security-policy"] == content_security_policy(HOME, HOME)
    assert "strict-transport-security" not in headers


def test_the_policy_names_the_origins_and_allows_nothing_inline() -> None:
    headers = page_headers("https://images.example", "https://r2.example", "https://id.example")
    policy = dict(d.split(" ", 1) for d in headers["content-security-policy"].split("; "))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' blob: https://r2.example",
        "connect-src": "'self' https://r2.example https://id.example",
        "manifest-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    assert headers["strict-transport-security"] == SECURITY_HEADERS["strict-transport-security"]


def test_without_an_issuer_there_is_no_sign_in() -> None:
    assert page_config(None, "x", "https://example.test/privacy") == {
        "privacyUrl": "https://example.test/privacy",
        "oidc": None,
    }


def test_the_page_is_only_read(page: Page) -> None:
    assert page.respond("POST", "/", {}).status == 403
    assert page.respond("HEAD", "/", {}).status == 200


def test_a_missing_build_says_what_makes_it(tmp_path: Path) -> None:
    answer = get(Page(tmp_path / "dist", {}, {}), "/")
    assert (answer.status, answer.body) == (503, b"The page is not built yet: run `make build`, then reload.\n")


def test_the_gateway_serves_it_beside_the_api(served: LocalStack, http: requests.Session) -> None:
    home = http.get(f"{served.base_url}/?job=1")
    assert (home.status_code, home.content) == (200, FILES["index.html"])
    policy = home.headers["content-security-policy"]
    assert "connect-src 'self' " + served.base_url + ";" in policy
    script = http.get(f"{served.base_url}/assets/page-1a2b.js")
    assert (script.headers["content-encoding"], script.content) == ("gzip", SCRIPT)
    head = http.head(f"{served.base_url}/assets/page-1a2b.js", headers={"accept-encoding": "identity"})
    assert (head.status_code, head.headers["content-length"], head.content) == (200, str(len(SCRIPT)), b"")
    for path in ("/api/health", "/api", "/api/anything", "/r2-ai/anything"):
        assert http.get(f"{served.base_url}{path}").headers["apigw-requestid"], path
    assert http.get(f"{served.base_url}/_local/anything").status_code == 404
    assert http.get(f"{served.base_url}/config.json").json() == {
        "privacyUrl": None,
        "oidc": {"authority": served.config.issuer, "clientId": "image-enhancer", "scope": "openid email"},
    }


def test_no_path_on_the_wire_leaves_the_folder(served: LocalStack) -> None:
    for path in ("/../secret.txt", "/assets/../../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt"):
        wire = http.client.HTTPConnection("127.0.0.1", served.config.port, timeout=10)
        try:
            wire.request("GET", path)
            answered = wire.getresponse()
            assert (answered.status, b"not for the web" in answered.read()) == (404, False), path
        finally:
            wire.close()
