"""The example events are what the triggers send: each handler takes its own without a fault of ours."""

import importlib.util
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from enhancer import bootstrap
from enhancer.settings import Settings
from tests.unit.test_template import FUNCTIONS, example_values

ROOT = Path(__file__).parents[2]
HTTP = ("upload_intake", "replicate_webhook", "job_status", "job_control", "image_proxy")


@pytest.mark.parametrize("name", HTTP)
def test_an_event_of_the_gateway_is_routed(name, monkeypatch):
    """Without its secrets the request is refused by us and not lost: 401 or 403, never 404 or 500."""
    function = next(each for each in FUNCTIONS.values() if each["CodeUri"] == f"functions/{name}/")
    for variable in ("AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(variable, "eu-central-1")
    monkeypatch.setattr(bootstrap, "settings", Settings(example_values(function)))
    bootstrap.secrets.cache_clear()
    monkeypatch.setattr(bootstrap, "secrets", lambda: SimpleNamespace(several=lambda _: ["whsec_c2VjcmV0"]))
    spec = importlib.util.spec_from_file_location(f"event_{name}", ROOT / function["CodeUri"] / "app.py")
    assert spec
    assert spec.loader
    app = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(app)
    event = json.loads((ROOT / f"events/{name}.json").read_text())
    assert app.handler(event, SimpleNamespace(aws_request_id="request"))["statusCode"] in {401, 403}
