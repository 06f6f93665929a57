"""What the operator's commands ask of the provider free of charge, and the sentence for each wrong answer."""

import json

import pytest
import requests

from enhancer import USER_AGENT
from operate.installation import OperatorError
from operate.provider import has_version, webhook_secret
from tests.transport import Answer, session

BASE = "https://api.replicate.com"
TOKEN = "r8_the_token"
NO_TOKEN = "The provider does not accept the token; create one at replicate.com/account/api-tokens."


def told(answer: Answer | Exception, question: str) -> tuple[object, requests.PreparedRequest]:
    http, asked = session(lambda _: answer)
    try:
        if question == "secret":
            found: object = webhook_secret(BASE, TOKEN, http)
        else:
            found = has_version(BASE, TOKEN, http, "owner/name:1a2b")
    except OperatorError as problem:
        found = str(problem)
    [request] = asked.requests
    assert asked.options[0]["timeout"] == 15
    return found, request


def body(**members: object) -> Answer:
    return 200, {}, json.dumps(members).encode()


@pytest.mark.parametrize(
    ("question", "answer", "path", "found"),
    [
        ("secret", body(key="whsec_a"), "/v1/webhooks/default/secret", "whsec_a"),
        ("version", body(id="1a2b"), "/v1/models/owner/name/versions/1a2b", True),
        ("version", (404, {}, b"{}"), "/v1/models/owner/name/versions/1a2b", False),
    ],
)
def test_a_question_carries_the_token_and_our_name(question: str, answer: Answer, path: str, found: object) -> None:
    seen, request = told(answer, question)
    assert seen == found
    assert (request.method, request.url) == ("GET", f"{BASE}{path}")
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert request.headers["User-Agent"] == USER_AGENT


@pytest.mark.parametrize(
    ("question", "answer", "says"),
    [
        ("secret", (401, {}, b"{}"), NO_TOKEN),
        ("version", (403, {}, b"{}"), NO_TOKEN),
        ("secret", (503, {}, b"{}"), "The provider answered 503 without a webhook secret; try later."),
        ("secret", (500, {}, b'{"key": "whsec_a"}'), "The provider answered 500 without a webhook secret; try later."),
        ("secret", (200, {}, b"<html>"), "The provider answered 200 without a webhook secret; try later."),
        ("secret", (200, {}, b"[]"), "The provider answered 200 without a webhook secret; try later."),
        ("secret", body(other="x"), "The provider answered 200 without a webhook secret; try later."),
        (
            "secret",
            body(key="other"),
            "The provider's webhook secret does not begin with whsec_; its API has changed.",
        ),
        ("version", body(id="other"), "The provider answered 200 to a request about owner/name; try later."),
        ("version", (500, {}, b""), "The provider answered 500 to a request about owner/name; try later."),
        (
            "version",
            requests.ConnectTimeout(TOKEN),
            f"{BASE} does not answer (ConnectTimeout); is the network up?",
        ),
        ("secret", ValueError(TOKEN), f"{BASE} does not answer (ValueError); is the network up?"),
    ],
)
def test_a_wrong_answer_is_told_without_the_token(question: str, answer: Answer | Exception, says: str) -> None:
    assert told(answer, question)[0] == says


def test_a_redirect_is_not_followed_with_the_token() -> None:
    moved: Answer = (302, {"location": "https://elsewhere.test/"}, b"")
    assert told(moved, "secret")[0] == "The provider answered 302 without a webhook secret; try later."
