"""The example events are what the triggers send: each handler takes its own without a fault of ours."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).parents[2]
HTTP = ("upload_intake", "replicate_webhook", "job_status", "job_control", "image_proxy")


@pytest.mark.parametrize("name", HTTP)
def test_an_event_of_the_gateway_is_routed(name, load):
    """Without its secrets the request is refused by us and not lost: 401 or 403, never 404 or 500."""
    event = json.loads((ROOT / f"events/{name}.json").read_text())
    assert load(name).handler(event, SimpleNamespace(aws_request_id="request"))["statusCode"] in {401, 403}
