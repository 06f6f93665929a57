"""Deliveries over real HTTP: unsigned ones are refused, genuine ones for another job change nothing."""

import json
from datetime import UTC, datetime

import pytest
import requests
from standardwebhooks import Webhook

from tests.images import make_image
from tests.integration.api_client import Client

PATH = "/api/webhooks/replicate"


@pytest.fixture
def secret(stack):
    headers = {"Authorization": f"Bearer {stack.replicate_token}"}
    return requests.get(f"{stack.replicate_url}/v1/webhooks/default/secret", headers=headers, timeout=10).json()["key"]


def deliver(stack, secret, body, job_id, **changes):
    now = datetime.now(UTC)
    headers = {
        "content-type": "application/json",
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_1", now, body),
    }
    return requests.post(
        f"{stack.base_url}{PATH}?job={job_id}", data=body, headers=headers | changes, timeout=30
    ).status_code


def test_a_delivery_without_a_right_signature_is_refused(stack, secret):
    body = json.dumps({"id": "x", "status": "succeeded"})
    assert requests.post(f"{stack.base_url}{PATH}", data=body, timeout=30).status_code == 401
    for changes in (
        {"webhook-signature": "v1,AAAA"},
        {"webhook-id": "msg_2"},
        {"webhook-timestamp": "1700000000"},
        {"webhook-signature": "garbage"},
    ):
        assert deliver(stack, secret, body, "x", **changes) == 401
    assert deliver(stack, secret, body, "x") == 200
    assert deliver(stack, secret, "[]", "x") == 400


def test_a_genuine_delivery_replayed_for_another_job_changes_nothing(stack, secret):
    with Client(stack.base_url) as guest:
        done = guest.enhance(make_image("PNG"), "image/png")
        other = guest.create(guest.upload(make_image("PNG"), "image/png")).json()["data"]["id"]
        before = guest.finished(other)
        body = json.dumps({"id": "another", "status": "failed", "error": "forged", "input": {}, "output": None})
        assert deliver(stack, secret, body, other) == 200
        assert deliver(stack, secret, body, done["id"]) == 200
        assert guest.job(other) == before
        assert guest.job(done["id"]) == done
