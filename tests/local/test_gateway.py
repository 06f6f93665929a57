"""The gateway's pure parts: routes, the event, the response, the limits."""

import json
from collections.abc import Iterable

import pytest

from local.gateway.concurrency import kind_of
from local.gateway.event import GatewayRequest, build_event
from local.gateway.r2 import unsigned_headers
from local.gateway.response import INTERNAL_ERROR, response_of
from local.gateway.routes import Match, match_route, parse_route

# docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html, "Routing API requests"
DOCUMENTED_ROUTES = ["GET /pets/dog/1", "GET /pets/dog/{id}", "GET /pets/{proxy+}", "ANY /{proxy+}", "$default"]


def request(
    method: str = "GET", target: str = "/", headers: Iterable[tuple[str, str]] = (), body: bytes = b""
) -> GatewayRequest:
    return GatewayRequest(method, target, list(headers), body, "192.0.2.1")


def matched(keys: list[str], method: str, path: str) -> str | None:
    found = match_route([parse_route(key, "f") for key in keys], method, path)
    return found.route.key if found else None


@pytest.mark.parametrize("keys", [DOCUMENTED_ROUTES, DOCUMENTED_ROUTES[::-1]])
@pytest.mark.parametrize(
    ("method", "path", "key"),
    [
        ("GET", "/pets/dog/1", "GET /pets/dog/1"),
        ("GET", "/pets/dog/2", "GET /pets/dog/{id}"),
        ("GET", "/pets/cat/1", "GET /pets/{proxy+}"),
        ("POST", "/test/5", "ANY /{proxy+}"),
        ("POST", "/", "$default"),
    ],
)
def test_the_most_specific_route_wins(keys: list[str], method: str, path: str, key: str) -> None:
    assert matched(keys, method, path) == key


def test_a_method_comes_before_any() -> None:
    keys = ["ANY /jobs", "POST /jobs", "ANY /jobs/{id}"]
    assert matched(keys, "POST", "/jobs") == "POST /jobs"
    assert matched(keys, "DELETE", "/jobs") == "ANY /jobs"
    assert matched(keys, "POST", "/jobs/1") == "ANY /jobs/{id}"
    assert matched(keys, "POST", "/jobs/1/2") is None


def test_a_greedy_variable_takes_the_rest_of_the_path() -> None:
    found = match_route([parse_route("ANY /r2-ai/{key+}", "f")], "GET", "/r2-ai/a/b c.png")
    assert found is not None
    assert found.path_parameters == {"key": "a/b c.png"}
    assert matched(["ANY /r2-ai/{key+}"], "GET", "/r2-ai/") is None


def test_the_event_is_the_documented_one() -> None:
    """The example of http-api-develop-integrations-lambda.html, payload format version 2.0."""
    sent = request(
        "POST",
        "/my/path?parameter1=value1&parameter1=value2&parameter2=value",
        [
            ("Cookie", "cookie1; cookie2"),
            ("Header1", "value1"),
            ("header2", "value1"),
            ("Header2", "value2"),
            ("User-Agent", "agent"),
        ],
        b"Hello from Lambda",
    )
    match = Match(parse_route("$default", "f"), {"parameter1": "value1"})
    event = build_event(sent, match, "id", "origin-secret")
    context, headers = event.pop("requestContext"), event.pop("headers")
    assert event == {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/my/path",
        "rawQueryString": "parameter1=value1&parameter1=value2&parameter2=value",
        "cookies": ["cookie1", "cookie2"],
        "queryStringParameters": {"parameter1": "value1,value2", "parameter2": "value"},
        "body": "Hello from Lambda",
        "pathParameters": {"parameter1": "value1"},
        "isBase64Encoded": False,
    }
    assert (headers["header1"], headers["header2"]) == ("value1", "value1,value2")
    assert "cookie" not in headers
    assert context["http"] == {
        "method": "POST",
        "path": "/my/path",
        "protocol": "HTTP/1.1",
        "sourceIp": "192.0.2.1",
        "userAgent": "agent",
    }
    assert set(context) == {
        *("accountId", "apiId", "domainName", "domainPrefix", "http"),
        *("requestId", "routeKey", "stage", "time", "timeEpoch"),
    }
    assert (context["apiId"], context["domainPrefix"], context["stage"]) == ("id", "id", "$default")
    assert context["domainName"] == headers["host"] == "id.execute-api.us-east-1.amazonaws.com"


def test_what_is_absent_is_not_in_the_event() -> None:
    event = build_event(request(), Match(parse_route("$default", "f"), {}), "id", "s")
    assert not {"cookies", "queryStringParameters", "pathParameters", "body", "stageVariables"} & set(event)


@pytest.mark.parametrize(
    ("content_type", "body", "encoded"),
    [
        ("application/json", b"{}", False),
        ("application/problem+json; charset=utf-8", b"{}", False),
        ("text/plain", b"a", False),
        ("", b"a", False),
        ("text/plain", b"\xff", True),
        ("application/x-www-form-urlencoded", b"a=b", True),
        ("multipart/form-data; boundary=x", b"--x--", True),
        ("image/png", b"\x89PNG", True),
    ],
)
def test_a_body_that_is_not_text_is_base64(content_type: str, body: bytes, encoded: bool) -> None:
    sent = request("POST", headers=[("Content-Type", content_type)] if content_type else [], body=body)
    event = build_event(sent, Match(parse_route("$default", "f"), {}), "id", "s")
    assert event["isBase64Encoded"] is encoded


@pytest.mark.parametrize(
    "result",
    [
        {"statusCode": "soon"},
        {"statusCode": 99},
        {"statusCode": 200, "headers": ["a"]},
        {"statusCode": 200, "headers": {"a": ["b"]}},
        {"statusCode": 200, "headers": {"a": "b\r\nc: d"}},
        {"statusCode": 200, "cookies": ["a\nb"]},
        {"statusCode": 200, "body": 7},
        {"statusCode": 200, "body": "not base64!", "isBase64Encoded": True},
    ],
)
def test_a_malformed_answer_is_an_internal_error(result: object) -> None:
    assert response_of(json.dumps(result).encode()) == INTERNAL_ERROR


def test_an_answer_is_translated() -> None:
    answer = response_of(b'{"statusCode": "200", "headers": {"X-Count": 3, "Content-Length": 9}, "body": "a"}')
    assert (answer.status, answer.body) == (200, b"a")
    assert answer.headers == [("x-count", "3"), ("content-type", "text/plain;charset=utf-8")]
    assert response_of(b'{"statusCode": 304}').headers == []
    assert response_of(b'"text"').body == b"text"
    assert response_of(b"null").body == b"null"


@pytest.mark.parametrize(
    ("method", "target", "lane"),
    [
        ("POST", "/api/webhooks/replicate?job=1", "webhook"),
        ("GET", "/api/ai-image/jobs/1?wait=20", "long"),
        ("POST", "/api/ai-image/generate", "long"),
        ("GET", "/api/ai-image/jobs/1", "short"),
        ("GET", "/api/ai-image/jobs?waiting=1", "short"),
    ],
)
def test_held_calls_and_webhooks_have_lanes_of_their_own(method: str, target: str, lane: str) -> None:
    assert kind_of(request(method, target)) == lane


SIGNED = "X-Amz-SignedHeaders=cache-control%3Bcontent-length%3Bcontent-type%3Bhost%3Bif-none-match"
ASKED = {"Cache-Control": "public", "Content-Type": "image/png", "If-None-Match": "*", "Host": "x", "Accept": "*/*"}


@pytest.mark.parametrize(
    "name",
    [
        "x-amz-copy-source", "X-Amz-Copy-Source", "x-amz-copy-source-range", "x-amz-metadata-directive", "x-amz-acl",
        "x-amz-tagging", "x-amz-website-redirect-location", "x-amz-storage-class", "x-amz-meta-more",
        "x-amz-grant-read",
        "x-amz-server-side-encryption-customer-key", "x-amz-object-lock-mode", "x-amz-security-token",
        "content-disposition", "Content-Encoding", "content-language", "expires",
    ],
)  # fmt: skip
def test_a_header_outside_the_signature_that_would_be_stored_is_found(name):
    assert unsigned_headers("PUT", SIGNED, ASKED) == []
    assert unsigned_headers("PUT", SIGNED, {**ASKED, name: "x"}) == [name.lower()]
    signed = f"AWS4-HMAC-SHA256 Credential=x, SignedHeaders=host;{name.lower()}, Signature=x"
    assert unsigned_headers("PUT", "", {"Authorization": signed, name: "x"}) == []
    assert unsigned_headers("PUT", "", {"Authorization": signed.replace(f";{name.lower()}", ""), name: "x"}) == [
        name.lower()
    ]


def test_a_request_without_a_signature_is_the_buckets_to_refuse():
    assert unsigned_headers("PUT", "", {"x-amz-copy-source": "x"}) == []
    assert unsigned_headers("GET", SIGNED, {"content-type": "x"}) == [], "a GET stores nothing"
    assert unsigned_headers("GET", SIGNED, {"x-amz-expected-bucket-owner": "x"}) == ["x-amz-expected-bucket-owner"]
