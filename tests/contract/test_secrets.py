"""The client that fetches secrets, as it ships, against a store that throttles."""

import json

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from enhancer import aws_clients, bootstrap
from enhancer.settings import ConfigurationError, Settings


class Raw:
    """A body as urllib3 gives it."""

    def __init__(self, body):
        self._body = body

    def stream(self, **_):
        yield self._body


@pytest.fixture
def store(monkeypatch):
    """What the parameter store answers, in turn, and for how many calls it was asked."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "eu-central-1")
    for cached in (aws_clients._session, aws_clients.aws_client, bootstrap.secrets):
        cached.cache_clear()
    monkeypatch.setattr(bootstrap, "settings", Settings({"OWNER_KEY": "/stack/owner-key"}))
    monkeypatch.setattr("botocore.retries.standard.time.sleep", lambda _: None)
    answers = []

    def answer(request, **_):
        status, document = answers.pop(0)
        return AWSResponse(request.url, status, HTTPHeaders(), Raw(json.dumps(document).encode()))

    aws_clients._session().get_component("event_emitter").register_first("before-send.ssm", answer)
    yield answers
    for cached in (aws_clients._session, aws_clients.aws_client, bootstrap.secrets):
        cached.cache_clear()


THROTTLED = (400, {"__type": "ThrottlingException", "message": "Rate exceeded"})
FOUND = (200, {"Parameters": [{"Name": "/stack/owner-key", "Value": "value"}]})


@pytest.mark.parametrize("failure", [THROTTLED, (500, {}), (503, {})])
def test_the_first_fetch_is_tried_three_times(store, failure):
    store += [failure, failure, FOUND]
    assert bootstrap.secrets().get("/stack/owner-key") == "value"
    assert store == []


def test_after_three_times_it_is_told_and_the_next_request_does_not_ask_at_once(store):
    store += [THROTTLED] * 4
    for _ in range(3):
        with pytest.raises(ConfigurationError, match="does not answer: ThrottlingException"):
            bootstrap.secrets().get("/stack/owner-key")
    assert len(store) == 1
