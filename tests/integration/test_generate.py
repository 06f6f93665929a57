"""POST /generate: one request, one result; and the documents beside it."""

import pytest

from tests.images import make_image
from tests.integration.api_client import MODEL, Client


@pytest.fixture
def guest(stack):
    with Client(stack.base_url) as client:
        yield client


def test_generate_answers_with_the_result_and_nothing_else(guest):
    answer = guest.send(make_image("PNG", (30, 20)), "generate", fields={"scale": "3"})
    assert answer.status_code == 200
    assert set(answer.json()) == {"success", "data"}
    data = answer.json()["data"]
    assert set(data) == {"model", "originalUrl", "imageUrl", "usage", "limits"}
    assert data["model"] == MODEL
    assert data["usage"] == guest.usage()["usage"]
    assert data["usage"]["used"] == 1
    assert data["limits"] == {"jobs": 1000, "windowSeconds": 86_400, "maxBytes": 10_485_760}
    assert guest.image(data["originalUrl"]).content == make_image("PNG", (30, 20))
    assert guest.image(data["imageUrl"]).headers["Content-Type"] == "image/png"


def test_models_tells_everything_needed_to_order(guest):
    models = guest.call("GET", "/api/ai-image/models").json()["data"]["models"]
    assert [each["slug"] for each in models] == ["nightmareai/real-esrgan", "tencentarc/gfpgan"]
    for model in models:
        assert set(model) == {"slug", "name", "goal", "presets", "params", "maxPixels", "licence", "usualSeconds"}
        defaults = {each["name"]: str(each["default"]).lower() for each in model["params"]}
        created = guest.send(make_image(), fields={"model": model["slug"]} | defaults)
        assert created.status_code == 202, created.text


def test_the_versions_that_the_operator_chose_are_nowhere_to_be_seen(guest):
    assert "0fbacf7a" not in guest.call("GET", "/api/ai-image/models").text


def test_health_says_that_it_lives_and_which_version_it_is(guest):
    health = guest.call("GET", "/api/health")
    assert health.status_code == 200
    assert set(health.json()["data"]) == {"status", "version"}
    assert "Set-Cookie" not in health.headers
    assert "RateLimit" not in health.headers
