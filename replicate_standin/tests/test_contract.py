"""The written-down contract itself, and the answers that need no run."""

import json
from pathlib import Path

import pytest

from replicate_standin.tests.harness import MODELS, PROVIDER, SECRET, Service, check, identifier

EXAMPLES = sorted((PROVIDER / "examples").glob("*.json"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_written_down_examples_fit_the_schemas(path: Path) -> None:
    check(path.stem.split(".")[0], json.loads(path.read_text()))


def test_every_schema_has_an_example() -> None:
    schemas = {path.stem for path in (PROVIDER / "schemas").glob("*.json")}
    assert {path.stem.split(".")[0] for path in EXAMPLES} == schemas


@pytest.mark.parametrize(
    "path",
    ["/v1/predictions", "/v1/predictions/x", "/v1/webhooks/default/secret", "/_received", "/v1/nothing"],
)
@pytest.mark.parametrize("header", [None, "Bearer wrong", "Token r8_a_token_for_tests", "Bearer ü"])
def test_a_wrong_token_is_refused(service: Service, path: str, header: str | None) -> None:
    value = header.encode() if header else None
    assert service.call("GET", path, headers={"Authorization": value}).status_code == 401


def test_unknown_things_are_404_and_wrong_methods_405(service: Service) -> None:
    for path in ("/v1/predictions/unknown", "/v1/nothing", "/nothing", "/files/guess/output.png", "/p/unknown"):
        assert service.call("GET", path).status_code == 404
    assert service.call("POST", "/v1/predictions/unknown/cancel").status_code == 404
    assert service.call("GET", "/v1/models/someone/else/versions").status_code == 404
    refused = service.call("DELETE", "/v1/predictions")
    assert refused.status_code == 405
    assert "POST" in refused.headers["Allow"]


def test_a_model_and_each_of_its_versions_can_be_had(service: Service) -> None:
    for model in MODELS.values():
        shown = service.call("GET", f"/v1/models/{model.slug}", "model").json()
        assert f"{shown['owner']}/{shown['name']}" == model.slug
        listed = service.call("GET", f"/v1/models/{model.slug}/versions", "versions").json()["results"]
        assert shown["latest_version"] == listed[0]
        for version in listed:
            path = f"/v1/models/{model.slug}/versions/{version['id']}"
            assert service.call("GET", path, "version").json() == version
        schemas = shown["latest_version"]["openapi_schema"]["components"]["schemas"]
        assert schemas["Input"]["required"] == [model.image_field]
        assert schemas["Output"] == {"type": "string", "title": "Output", "format": "uri"}
    assert service.call("GET", f"/v1/models/{model.slug}/versions/{'0' * 64}").status_code == 404
    assert service.call("GET", "/v1/models/someone/else").status_code == 404


def test_the_webhook_secret_is_told(service: Service) -> None:
    answer = service.call("GET", "/v1/webhooks/default/secret", "secret")
    assert answer.json() == {"key": SECRET}


@pytest.mark.parametrize("name", MODELS)
def test_versions_are_listed_and_each_can_be_run(service: Service, image: str, name: str) -> None:
    model = MODELS[name]
    listed = service.call("GET", f"/v1/models/{model.slug}/versions", "versions").json()["results"]
    given = {"input": {model.image_field: image}}
    forms = {model.slug: "hidden"} if model.official else {}
    forms |= {f"{model.slug}:{version['id']}": version["id"] for version in listed}
    forms |= {version["id"]: version["id"] for version in listed}
    for form, version in forms.items():
        answer = service.post({"version": form, **given})
        assert (answer.status_code, answer.json()["version"]) == (201, version)
        assert answer.json()["model"] == model.slug
    by_name = service.post(given, f"/v1/models/{model.slug}/predictions")
    assert by_name.status_code == (201 if model.official else 404)
    assert service.post({"version": model.slug, **given}).status_code == (201 if model.official else 422)


@pytest.mark.parametrize(
    "version", [None, "", 5, "a/b", "tencentarc/gfpgan", "nightmareai/real-esrgan:" + "0" * 64, "0" * 64, "x:y:z"]
)
def test_an_unknown_version_is_the_documented_422(service: Service, image: str, version: object) -> None:
    answer = service.post({"version": version, "input": {"image": image}})
    documented = json.loads((PROVIDER / "examples" / "problem.version.json").read_text())
    assert (answer.status_code, answer.json()) == (422, documented)


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ([], "object"),
        ({}, "input"),
        ({"input": 5}, "input"),
        ({"idempotency_key": "k"}, "idempotency_key"),
        ({"lifetime": "5m"}, "lifetime"),
        ({"stream": "yes"}, "stream"),
        ({"webhook": "http://example.com/hook"}, "webhook"),
        ({"webhook": "ftp://127.0.0.1/hook"}, "webhook"),
        ({"webhook": "https://"}, "webhook"),
        ({"webhook": "http://[127.0.0.1"}, "webhook"),
        ({"webhook": 5}, "webhook"),
        ({"webhook_events_filter": "completed"}, "webhook_events_filter"),
        ({"webhook_events_filter": ["done"]}, "webhook_events_filter"),
        ({"webhook_events_filter": [[]]}, "webhook_events_filter"),
    ],
)
def test_a_wrong_body_is_422_and_named(service: Service, image: str, body: object, names: str) -> None:
    if isinstance(body, dict) and body:
        body = {"version": MODELS["real-esrgan"].slug, "input": {"image": image}, **body}
    answer = service.post(body)
    assert answer.status_code == 422
    assert names in answer.json()["detail"]


@pytest.mark.parametrize(
    ("model", "inputs", "names"),
    [
        ("real-esrgan", {"scale": 10.5}, "input.scale: Must be less than or equal to 10"),
        ("real-esrgan", {"scale": -1}, "input.scale: Must be greater than or equal to 0"),
        ("real-esrgan", {"scale": "4"}, "input.scale: Invalid type. Expected: number, given: string"),
        ("real-esrgan", {"scale": True}, "given: boolean"),
        ("real-esrgan", {"face_enhance": 1}, "Expected: boolean"),
        ("real-esrgan", {"img": "https://example.com/x.png"}, "img is not allowed"),
        ("real-esrgan", {"image": "x.png"}, "input.image: Does not match format 'uri'"),
        ("real-esrgan", {"image": None}, "input.image: Invalid type"),
        ("real-esrgan", {"image": "data:image/png;base64,%%"}, "base64"),
        ("real-esrgan", {"image": "data:nothing"}, "comma"),
        ("real-esrgan", {"image": "data:image/png;base64," + "A" * 400_000}, "262144"),
        ("gfpgan", {"version": "v9"}, "version must be one of"),
        ("codeformer", {"codeformer_fidelity": 1.1}, "less than or equal to 1"),
        ("codeformer", {"upscale": 2.5}, "Expected: integer"),
    ],
)
def test_a_wrong_input_is_422_and_named(
    service: Service, image: str, model: str, inputs: dict[str, object], names: str
) -> None:
    known = MODELS[model]
    answer = service.post({"version": identifier(known), "input": {known.image_field: image} | inputs})
    assert answer.status_code == 422
    assert names in answer.json()["detail"]


def test_a_missing_image_is_422(service: Service) -> None:
    answer = service.post({"version": identifier(MODELS["gfpgan"]), "input": {"image": "https://example.com/x.png"}})
    assert "img is required" in answer.json()["detail"]


@pytest.mark.parametrize("body", [b"{", b"\xff", b'{"input": {"scale": NaN}}'])
def test_a_body_that_is_not_json_is_400(service: Service, body: bytes) -> None:
    assert service.call("POST", "/v1/predictions", data=body).status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"Prefer": "wait=0"},
        {"Prefer": "wait=100"},
        {"Prefer": "wait=5s"},
        {"Prefer": "Wait"},
        {"Cancel-After": "4s"},
        {"Cancel-After": "0"},
        {"Cancel-After": "soon"},
        {"Cancel-After": ""},
        {"Cancel-After": "5s1m"},
    ],
)
def test_a_wrong_header_is_422(service: Service, image: str, headers: dict[str, str]) -> None:
    body = {"version": MODELS["real-esrgan"].slug, "input": {"image": image}}
    assert service.post(body, **headers).status_code == 422
