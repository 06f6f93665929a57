import json
import socket
from datetime import UTC, datetime

import pytest
import requests
from urllib3.exceptions import (
    ConnectTimeoutError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
)

from enhancer import USER_AGENT
from enhancer.adapters.model_files import models
from enhancer.adapters.replicate import Replicate
from enhancer.errors import AccountRefused, OutcomeUnknown, ProviderError, Refused, Throttled, Unreachable
from tests.transport import session

VERSION = "f" * 64
MODEL = "nightmareai/real-esrgan"
RUN = {
    "id": "abc",
    "model": MODEL,
    "status": "starting",
    "input": {"image": "https://r2.test/b/k.png?sig=1"},
    "output": None,
}


def provider(*answers):
    """Replicate with these answers in turn: (status, body) or an exception."""
    given = iter(answers)

    def answer(_):
        each = next(given)
        if isinstance(each, Exception):
            return each
        status, body, *headers = each
        return status, headers[0] if headers else {}, body if isinstance(body, bytes) else json.dumps(body).encode()

    made, transport = session(answer)
    return Replicate("https://api.replicate.com", lambda: "r8_token", models(), made), transport


def create(client):
    return client.create(f"{MODEL}:{VERSION}", {"image": "https://r2.test/b/k.png?sig=1"}, "https://us.test/hook?job=1")


@pytest.mark.parametrize("status", [200, 201, 202, 404])
def test_a_cancellation_is_sent_and_a_run_that_is_unknown_needs_none(status):
    client, transport = provider((status, {}))
    client.cancel("abc")
    [request] = transport.requests
    assert (request.method, request.url) == ("POST", "https://api.replicate.com/v1/predictions/abc/cancel")


@pytest.mark.parametrize(
    ("answer", "says"),
    [((500, {"title": "Down"}), "HTTP 500: Down"), (requests.ReadTimeout("read"), "ReadTimeout")],
)
def test_a_cancellation_that_was_not_taken_says_why(answer, says):
    client, _ = provider(answer)
    with pytest.raises(ProviderError, match=f"^{says}$"):
        client.cancel("abc")


@pytest.mark.parametrize("status", [200, 201, 202])
def test_a_creation_is_sent_once_with_token_webhook_and_deadline(status):
    client, transport = provider((status, RUN))
    run = create(client)
    assert (run.id, run.input_path) == ("abc", "/b/k.png")
    [request] = transport.requests
    assert request.url == "https://api.replicate.com/v1/predictions"
    assert request.headers["Authorization"] == "Bearer r8_token"
    assert request.headers["Cancel-After"] == "10m"
    assert request.headers["User-Agent"] == USER_AGENT
    assert transport.options[0]["timeout"] == (5, 30)
    assert json.loads(request.body) == {
        "version": f"{MODEL}:{VERSION}",
        "input": {"image": "https://r2.test/b/k.png?sig=1"},
        "webhook": "https://us.test/hook?job=1",
        "webhook_events_filter": ["completed"],
    }


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        (400, Refused),
        (401, AccountRefused),
        (402, AccountRefused),
        (403, AccountRefused),
        (404, Refused),
        (422, Refused),
    ],
)
def test_a_final_refusal_made_no_run_and_says_what_the_provider_said(status, meaning):
    problem = {"title": "Insufficient credit", "detail": "You have\n insufficient credit.", "status": status}
    client, _ = provider((status, problem))
    with pytest.raises(meaning) as refused:
        create(client)
    assert str(refused.value) == f"HTTP {status}: Insufficient credit. You have insufficient credit"
    assert refused.value.kind == f"HTTP {status}"


@pytest.mark.parametrize("body", [b"<html>", [], "no", {"title": 3, "detail": {"a": 1}}, None])
def test_a_refusal_without_words_is_its_status(body):
    client, _ = provider((402, body))
    with pytest.raises(AccountRefused) as refused:
        create(client)
    assert str(refused.value) == "HTTP 402"


@pytest.mark.parametrize(
    ("body", "headers", "seconds"),
    [
        ({"detail": "Request was throttled.", "status": 429, "retry_after": 5}, {"Retry-After": "9"}, 5),
        ({"detail": "Request was throttled."}, {"Retry-After": "9"}, 9),
        ({"detail": "Request was throttled. Your rate limit resets in ~30s."}, {}, 30),
        ({"detail": "?"}, {"Retry-After": "Wed, 21 Oct"}, 10),
        ({"detail": "?"}, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0),
        ({"detail": "?"}, {"Retry-After": "Fri, 01 Jan 2100 00:00:00 GMT"}, 900),
        ({"detail": "?"}, {"ratelimit-remaining": "0", "ratelimit-reset": "7"}, 7),
        ({"detail": "Your rate limit resets in ~6s."}, {"ratelimit-remaining": "599", "ratelimit-reset": "1"}, 6),
        (b'{"retry_after": ' + b"9" * 400 + b"}", {}, 10),
        ({"retry_after": "nan"}, {"Retry-After": "4"}, 4),
        (b'{"retry_after": NaN}', {"Retry-After": "4"}, 4),
        (b'{"retry_after": 1e999}', {}, 10),
        ({"retry_after": -3}, {"Retry-After": "-1"}, 10),
        ({"retry_after": True}, {}, 10),
        ({"retry_after": 1e9}, {}, 900),
        (b"<html>", {}, 10),
        ([], {}, 10),
    ],
)
def test_throttling_says_when_to_come_back(body, headers, seconds):
    client, _ = provider((429, body, headers))
    with pytest.raises(Throttled) as throttled:
        create(client)
    assert throttled.value.retry_after == seconds


@pytest.mark.parametrize(
    "answer",
    [
        (500, {}),
        (502, b"<html>"),
        (503, {"retry_after": 1}),
        (201, b"<html>"),
        (201, {"status": "starting"}),
        (201, [RUN]),
        (201, None),
        (201, {"id": 7, "status": "starting"}),
        (301, {}),
        requests.ReadTimeout(),
        requests.ConnectionError(ProtocolError("Connection aborted.", ConnectionResetError(104, "reset"))),
        requests.exceptions.ChunkedEncodingError(),
    ],
)
def test_an_answer_that_proves_nothing_is_unknown(answer):
    client, transport = provider(answer)
    with pytest.raises(OutcomeUnknown):
        create(client)
    assert len(transport.requests) == 1


@pytest.mark.parametrize(
    "reason",
    [
        NewConnectionError(None, "refused"),
        ConnectTimeoutError(None, "slow"),
        NameResolutionError("api.replicate.com", None, socket.gaierror(-2, "unknown")),
    ],
)
def test_a_connection_that_never_stood_made_no_run(reason):
    client, _ = provider(requests.ConnectionError(MaxRetryError(None, "/v1/predictions", reason)))
    with pytest.raises(Unreachable):
        create(client)


def test_no_redirect_takes_the_token_elsewhere():
    client, transport = provider((307, {}, {"Location": "https://evil.test/"}), (200, RUN))
    with pytest.raises(OutcomeUnknown, match="HTTP 307"):
        create(client)
    assert [request.url for request in transport.requests] == ["https://api.replicate.com/v1/predictions"]


def test_a_creation_whose_answer_is_no_prediction_says_so():
    client, _ = provider((201, b"<html>"))
    with pytest.raises(OutcomeUnknown, match=r"^HTTP 201: the body is not a prediction$"):
        create(client)


def test_a_time_out_before_the_connection_stood_made_no_run():
    client, _ = provider(requests.ConnectTimeout("api.replicate.com"))
    with pytest.raises(Unreachable, match=r"^ConnectTimeout$"):
        create(client)


def test_a_connection_error_that_says_nothing_is_unknown():
    client, _ = provider(requests.ConnectionError())
    with pytest.raises(OutcomeUnknown, match=r"^ConnectionError$"):
        create(client)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ((404, {}), "HTTP 404: no list of predictions"),
        ((200, []), "the body is not a list"),
        ((200, {"results": {}}), "the body is not a list"),
        ((200, {"results": [{}]}), "the list has an entry that is not a prediction"),
        ((200, b"<html>"), "the body is not JSON"),
        ((200, None), "the body is null"),
        ((503, {"title": "Model X"}), "HTTP 503: Model X"),
        (requests.ReadTimeout(), "ReadTimeout"),
    ],
)
def test_a_list_that_can_not_be_read_says_why(answer, says):
    client, _ = provider(answer)
    with pytest.raises(ProviderError, match=f"^{says}$"):
        list(client.recent(datetime(2026, 11, 22, tzinfo=UTC), pages=1))


def test_errors_carry_neither_token_nor_signed_url():
    for answer in (
        requests.ReadTimeout("https://r2.test/b/k.png?sig=1"),
        (422, {"detail": "bad https://r2.test/b?sig=1", "title": "Bad"}),
    ):
        client, _ = provider(answer)
        with pytest.raises(ProviderError) as problem:
            create(client)
        assert "sig=1" not in str(problem.value)
        assert "r8_token" not in str(problem.value)


def test_a_runs_error_quotes_no_link():
    error = "could not read https://r2.test/b/k.png?X-Amz-Signature=1 (404)"
    client, _ = provider((200, {**RUN, "status": "failed", "error": error}))
    assert client.get("abc").error == "could not read [redacted URL] (404)"


def test_reading_a_run_and_not_finding_it():
    client, _ = provider((200, {**RUN, "status": "failed", "error": "E" * 900}), (404, {}), (500, {}))
    run = client.get("abc")
    assert run.ended
    assert len(run.error) == 500
    assert client.get("abc") is None
    with pytest.raises(ProviderError):
        client.get("abc")


def test_recent_runs_are_paged_up_to_a_bound():
    following = "https://api.replicate.com/v1/predictions?cursor=c2"
    page = {"next": following, "results": [RUN, RUN]}
    client, transport = provider((200, page), (200, page), (200, page))
    assert len(list(client.recent(datetime(2026, 11, 22, tzinfo=UTC), pages=2))) == 4
    assert [request.url.partition("?")[2] for request in transport.requests] == [
        "created_after=2026-11-22T00:00:00.000Z",
        "cursor=c2",
    ]


@pytest.mark.parametrize("following", ["https://api.test.evil/x?cursor=c2", "@evil.test/?cursor=c2", ".evil?cursor=c2"])
def test_the_token_goes_nowhere_else_whatever_the_next_page_is_said_to_be(following):
    client, transport = provider((200, {"next": following, "results": []}), (200, {"next": None, "results": []}))
    list(client.recent(datetime(2026, 11, 22, tzinfo=UTC), pages=2))
    assert transport.requests[1].url == "https://api.replicate.com/v1/predictions?cursor=c2"


def test_a_next_page_that_has_no_address_proves_nothing():
    client, _ = provider((200, {"next": "https://[::1", "results": [RUN]}))
    with pytest.raises(ProviderError):
        list(client.recent(datetime(2026, 11, 22, tzinfo=UTC), pages=2))


@pytest.mark.parametrize("body", [b"[" * 200_000, b'{"retry_after": ' + b"[" * 200_000])
def test_an_answer_that_is_nested_too_deeply_is_read_as_one_without_words(body):
    for status, meaning in ((201, OutcomeUnknown), (422, Refused), (429, Throttled), (503, OutcomeUnknown)):
        client, _ = provider((status, body))
        with pytest.raises(meaning):
            create(client)


def test_the_last_page_ends_the_list():
    client, _ = provider((200, {"next": None, "results": [RUN]}))
    assert len(list(client.recent(datetime(2026, 11, 22, tzinfo=UTC), pages=5))) == 1


@pytest.mark.parametrize("body", [None, {}, [], {"results": None}, {"results": {}}, {"detail": "maintenance"}])
def test_an_answer_without_a_list_proves_nothing(body):
    """An empty list says that no run exists, and the model is paid again: an answer without a list must not."""
    client, _ = provider((200, body))
    with pytest.raises(ProviderError):
        list(client.recent(datetime(2026, 11, 22, tzinfo=UTC), pages=5))


@pytest.mark.parametrize(
    "answer", [(404, {}), (500, {}), (200, {"results": [None]}), (200, {"results": [{"id": "x"}]})]
)
def test_a_list_that_can_not_be_read_proves_nothing(answer):
    client, _ = provider(answer)
    with pytest.raises(ProviderError):
        list(client.recent(datetime(2026, 11, 22, tzinfo=UTC), pages=5))


def test_a_list_with_an_entry_that_can_not_be_read_gives_the_others_first():
    client, _ = provider((200, {"next": None, "results": [RUN, {"id": 3}, {**RUN, "id": "def"}]}))
    runs = client.recent(datetime(2026, 11, 22, tzinfo=UTC), pages=5)
    assert [next(runs).id, next(runs).id] == ["abc", "def"]
    with pytest.raises(ProviderError, match="not a prediction"):
        next(runs)


def test_numbers_that_are_none_do_no_harm():
    for seconds in ("NaN", "1e999", "9" * 400, "-3", "true", '"7"', "null"):
        body = json.dumps(RUN)[:-1] + ', "metrics": {"predict_time": ' + seconds + "}}"
        client, _ = provider((200, body.encode()))
        assert client.get("abc").model_ms is None, seconds


@pytest.mark.parametrize(
    "body",
    [
        [],
        None,
        "x",
        {"id": "abc"},
        {"status": "failed"},
        {**RUN, "id": ""},
        {**RUN, "id": "../account"},
        {**RUN, "id": "\ud800"},
        {**RUN, "status": "x" * 101},
        b"[" * 200_000,
        b'{"error": ' + b"[" * 200_000,
        b"\xff\xfe",
        b"",
    ],
)
@pytest.mark.parametrize("status", [200, 404])
def test_a_run_that_can_not_be_read_is_no_missing_run(body, status):
    if status == 404 and isinstance(body, dict):
        return  # in the provider's form: it does not know the run
    client, _ = provider((status, body))
    foreign = "HTTP 404: the body is not the provider's" if status == 404 else "the body is not a prediction"
    with pytest.raises(ProviderError, match=f"^({foreign}|the body is not JSON|the body is null)$"):
        client.get("abc")


@pytest.mark.parametrize(
    ("problem", "name"),
    [
        (requests.ReadTimeout(), "ReadTimeout"),
        (
            requests.ConnectionError(ProtocolError("aborted", ConnectionResetError(104, "reset"))),
            "ConnectionResetError",
        ),
        (requests.ConnectionError(MaxRetryError(None, "/", NewConnectionError(None, "no"))), "NewConnectionError"),
    ],
)
def test_what_happened_to_a_connection_has_a_name(problem, name):
    client, _ = provider(problem)
    with pytest.raises(ProviderError) as raised:
        create(client)
    assert raised.value.kind == name
