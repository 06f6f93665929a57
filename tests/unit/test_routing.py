import base64
import dataclasses
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from enhancer import errors
from enhancer.adapters.presigned_urls import R2PresignedUrls
from enhancer.domain.messages import Message
from enhancer.errors import PayloadTooLarge, QuotaExceeded, RequestError, UnsupportedMediaType, ValidationFailed
from enhancer.http import response, routing
from enhancer.http.request import JSON_BYTES, Request
from enhancer.http.request_bodies import UploadRequest
from enhancer.http.response_bodies import job_json
from enhancer.http.translations import TEXTS

EVENT = json.loads((Path(__file__).parents[2] / "events/upload_intake.json").read_text())


def call(
    method="GET",
    path="/api/health",
    *,
    raising=None,
    secrets=("origin-secret",),
    headers=None,
    route="ANY /api/health",
    registered=None,
):
    routes = routing.Routes()

    @routes.route("/api/health", registered or method)
    def endpoint(_):
        if raising:
            raise raising
        return response.ok({"fine": True})

    event = json.loads(json.dumps(EVENT))
    event |= {"rawPath": path, "routeKey": route, "headers": EVENT["headers"] | (headers or {})}
    event["requestContext"]["http"] |= {"method": method, "path": path}
    answer = routing.http_handler(routes, lambda: list(secrets))(event, None)
    return answer["statusCode"], answer["headers"], json.loads(answer["body"])


def test_an_answer_is_in_the_envelope_with_request_id_and_security_headers():
    status, headers, body = call()
    assert (status, body) == (200, {"success": True, "data": {"fine": True}})
    assert headers["x-request-id"] == EVENT["requestContext"]["requestId"]
    assert headers["cache-control"] == "no-store"
    assert response.SECURITY_HEADERS.items() <= headers.items()


def leaves(cls):
    return [leaf for child in cls.__subclasses__() for leaf in (leaves(child) or [child])]


@pytest.mark.parametrize("leaf", leaves(RequestError), ids=lambda leaf: leaf.__name__)
def test_every_leaf_of_the_error_tree_has_its_answer(leaf):
    details = {"allow": ["GET"]} if leaf is errors.MethodNotAllowed else {"limit": 1}
    status, headers, body = call(raising=leaf(Message.JOB_NOT_FOUND, retry_after=7, **details))
    assert status == leaf.status
    said = TEXTS[Message.JOB_NOT_FOUND].en
    assert body == {"success": False, "error": {"type": leaf.type, "message": said, "details": details}}
    assert headers["retry-after"] == "7"
    assert headers["cache-control"] == "no-store"
    assert response.SECURITY_HEADERS.items() <= headers.items()


def test_a_write_that_never_got_through_is_to_be_tried_again():
    status, headers, body = call(raising=errors.ConcurrentUpdate())
    assert (status, headers["retry-after"], body["error"]["type"]) == (503, "1", "service_unavailable")
    assert body["error"]["message"] == TEXTS[Message.TOO_MANY_AT_ONCE].en


def test_error_types_and_statuses_are_told_apart():
    pairs = {(leaf.type, leaf.status) for leaf in leaves(RequestError)}
    assert len({name for name, _ in pairs}) == len(pairs)


def test_a_fault_of_ours_tells_nothing_of_itself(caplog):
    status, headers, body = call(raising=RuntimeError("secret"))
    assert (status, body["error"]["type"]) == (500, "internal_error")
    assert "secret" not in json.dumps(body)
    assert response.SECURITY_HEADERS.items() <= headers.items()
    assert "RuntimeError" in caplog.text


def test_what_no_route_matches_is_not_found():
    status, _, body = call(path="/favicon.ico", route="$default")
    assert (status, body["error"]["type"]) == (404, "not_found")


def test_a_path_that_leaves_out_its_variable_is_not_found():
    with pytest.raises(errors.NotFound):
        routing.Routes().match(Request(EVENT | {"routeKey": "ANY /r2-ai/{key+}", "pathParameters": {"key": ""}}))


@pytest.mark.parametrize("path", routing.METHODS)
def test_a_known_path_with_another_method_says_which_are_allowed(path):
    status, headers, body = call("PATCH", path, route=f"ANY {path}", registered="POST")
    assert (status, body["error"]["type"]) == (405, "method_not_allowed")
    assert headers["allow"] == ", ".join(routing.METHODS[path])


@pytest.mark.parametrize("path", routing.METHODS)
def test_head_is_answered_wherever_get_is(path):
    """RFC 9110, 9.1: all general-purpose servers MUST support the methods GET and HEAD."""
    methods = routing.METHODS[path]
    assert ("HEAD" in methods) == ("GET" in methods)
    routes = routing.Routes()
    routes.route(path, *[method for method in methods if method != "HEAD"])(lambda _: response.ok({}))
    assert set(routes.endpoints) == {(path, method) for method in methods}


def test_requests_must_come_through_the_distribution():
    for secrets in (("other",), ()):
        status, headers, body = call(path="/api/ai-image/usage", secrets=secrets)
        assert (status, body["error"]["type"]) == (403, "forbidden")
        assert response.SECURITY_HEADERS.items() <= headers.items()
    assert call(path="/x", secrets=("new", "origin-secret"))[0] == 200
    assert call(path="/x", headers={"x-origin-verify": "ä"})[0] == 403
    assert call(secrets=("other",))[0] == 200, "health is for probes too"


@pytest.mark.parametrize("later", range(0, 900, 100))
@pytest.mark.parametrize("start", [0, 1, 450, 899])
def test_a_redirect_is_kept_no_longer_than_its_link_works(start, later):
    links = R2PresignedUrls("https://r2.test", "bucket", lambda: ("key", "secret"))
    now = datetime(2026, 11, 22, tzinfo=UTC) + timedelta(seconds=start + later)
    answer = response.redirect(*links.presign("x.png", method="GET", now=now))
    query = {name: value for name, [value] in parse_qs(urlsplit(answer.headers["location"]).query).items()}
    signed = datetime.strptime(query["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    kept = int(answer.headers["cache-control"].removeprefix("private, max-age="))
    assert signed + timedelta(seconds=int(query["X-Amz-Expires"])) > now + timedelta(seconds=kept)
    assert (answer.status, "etag" in answer.headers) == (302, False)


def request_with(body, *, encoded=False, query=None):
    headers = EVENT["headers"] | {"content-type": "application/json"}
    event = EVENT | {"body": body, "headers": headers, "isBase64Encoded": encoded, "queryStringParameters": query}
    return Request(event)


def test_a_body_may_come_in_base64():
    encoded = base64.b64encode(b'{"a": 1}').decode()
    assert request_with(encoded, encoded=True).json() == {"a": 1}


@pytest.mark.parametrize("body", ["", "{", "[]", '"x"', "null", None, "\ud800", "[" * 10_000])
def test_a_body_that_is_no_json_object_is_refused(body):
    with pytest.raises(ValidationFailed):
        request_with(body).json()


@pytest.mark.parametrize(("body", "encoded"), [("%%%", True), ("AAA", True), ("/w==", True)])
def test_bytes_that_are_no_text_are_refused(body, encoded):
    with pytest.raises(ValidationFailed):
        request_with(body, encoded=encoded).json()


@pytest.mark.parametrize(
    "body",
    [
        '{"a": NaN}',
        '{"a": Infinity}',
        '{"a": -Infinity}',
        '{"a": 1e400}',
        '{"a": 1, "a": 1}',
        '{"a": {"b": 1, "b": 2}}',
    ],
)
def test_json_that_readers_take_differently_is_refused(body):
    with pytest.raises(ValidationFailed):
        request_with(body).json()


def test_a_json_body_is_short():
    fits = json.dumps({"a": "x" * (JSON_BYTES - len('{"a": ""}'))})
    assert request_with(fits).json()
    for encoded in (False, True):
        longer = fits + " "
        body = base64.b64encode(longer.encode()).decode() if encoded else longer
        with pytest.raises(PayloadTooLarge) as refusal:
            request_with(body, encoded=encoded).json()
        assert refusal.value.details == {"size": JSON_BYTES + 1, "maxBytes": JSON_BYTES}


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "br", "deflate", "identity, gzip", "x"])
def test_a_packed_body_is_refused_with_what_would_be_taken(encoding):
    request = request_with('{"a": 1}')
    request.headers["content-encoding"] = encoding
    with pytest.raises(UnsupportedMediaType):
        request.json()
    assert request.response_headers["accept-encoding"] == "identity"
    request.headers["content-encoding"] = "Identity"
    assert request.json() == {"a": 1}


@pytest.mark.parametrize(
    "content_type", ["APPLICATION/JSON", "application/json;charset=utf-8", 'application/json ; charset="UTF-8"; x=y']
)
def test_a_media_type_may_be_written_in_every_way(content_type):
    request = request_with('{"a": 1}')
    request.headers["content-type"] = content_type
    assert request.json() == {"a": 1}


@pytest.mark.parametrize(
    "content_type", ["", "text/json", "application/jsonp", "application/json+x", "a;application/json"]
)
def test_another_media_type_is_refused(content_type):
    request = request_with('{"a": 1}')
    request.headers["content-type"] = content_type
    with pytest.raises(UnsupportedMediaType):
        request.json()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "filename"),
        ({"filename": "x", "contentType": "image/png", "size": "10"}, "size"),
        ({"filename": "x", "contentType": "image/png", "size": 1.5}, "size"),
        ({"filename": "x", "contentType": "image/png", "size": True}, "size"),
        ({"filename": "", "contentType": "image/png", "size": 1}, "filename"),
        ({"filename": "x", "contentType": "image/png", "size": 1, "extra": 1}, "extra"),
    ],
)
def test_a_contract_names_the_field_at_fault_and_never_its_value(body, field):
    with pytest.raises(ValidationFailed) as refusal:
        UploadRequest.read(body)
    assert field in {fault["field"] for fault in refusal.value.details["fields"]}


def test_a_refusal_with_retry_after_can_be_computed_by_clients():
    _, headers, body = call(raising=QuotaExceeded(Message.JOBS_DISABLED, retry_after=3600, limit=20))
    assert headers["retry-after"] == "3600"
    assert body["error"]["details"] == {"limit": 20}


@pytest.mark.parametrize(("text", "result"), [("", 0), ("5", 5), ("99", 99), ("0", 0)])
def test_numbers_are_whole(text, result):
    assert request_with("", query={"wait": text}).number("wait", 0) == result


@pytest.mark.parametrize("text", ["-1", "1.5", "abc", "²", "9" * 50, "nan"])
def test_other_numbers_are_refused(text):
    with pytest.raises(ValidationFailed):
        request_with("", query={"wait": text}).number("wait", 20)


def test_the_message_follows_the_callers_language_and_the_type_never():
    refusal = QuotaExceeded(Message.QUOTA_EXCEEDED, used=1, limit=1, resetAt="x")
    _, english, in_english = call(raising=refusal)
    _, german, in_german = call(raising=refusal, headers={"accept-language": "de-DE,en;q=0.5"})
    assert (english["content-language"], german["content-language"]) == ("en", "de")
    assert in_english["error"]["message"] == "Quota exceeded: 1 of 1 jobs used; it resets at x."
    assert (
        in_german["error"]["message"] == "Kontingent erschöpft: 1 von 1 Aufträgen verbraucht; neue sind ab x möglich."
    )
    assert in_english["error"]["type"] == in_german["error"]["type"] == "quota_exceeded"
    _, _, fault = call(raising=RuntimeError("x"), headers={"accept-language": "de"})
    assert fault["error"]["message"].startswith("Ein unerwarteter Fehler ist aufgetreten")


def test_the_ceiling_is_a_metric_that_can_alert_the_operator(capsys):
    call(raising=errors.DailyRunLimitReached(Message.NO_RUNS_LEFT_TODAY))
    assert '"DailyRunLimitReached"' in capsys.readouterr().out


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_conflict_shows_its_job_as_the_api_does_in_the_callers_language(world, language):
    job = dataclasses.replace(world.new_job(), error_type="provider_error", error_code=Message.MODEL_FAILED)
    status, _, body = call(
        raising=errors.Conflict(Message.JOB_ALREADY_ENDED, job=job), headers={"accept-language": language}
    )
    assert (status, body["error"]["details"]) == (409, {"job": job_json(job, language)})
    assert job_json(job, "en") != job_json(job, "de")
