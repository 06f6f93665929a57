"""Models that the operator adds: given as published schemas in a file, played by an approximation that says so."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from replicate_standin.model_file import read_models
from replicate_standin.settings import Settings, SettingsError
from replicate_standin.tests.harness import SECRET, TOKEN, Outside, Service, check, eventually
from tests.documents import block

VERSION = "51ed1464d8bbbaca811153b051d3b09ab42f0bdeb85804ae26ba323d7a66a4ac"
URL = {"type": "string", "title": "Output", "format": "uri"}


def document(**more: Any) -> dict[str, Any]:
    """A model whose image is `input` and whose output is a list, as zsxkib/diffbir has it."""
    given = {
        "slug": "zsxkib/diffbir",
        "versions": [VERSION],
        "image_field": "input",
        "output": [0],
        "input": {
            "required": ["input"],
            "properties": {
                "input": {"type": "string", "format": "uri"},
                "super_resolution_factor": {"type": "integer", "default": 4, "minimum": 1, "maximum": 4},
                "size": {"type": "string", "default": "2x", "enum": ["None", "2x"]},
                "noise": {"type": "integer", "enum": [15, 25]},
            },
        },
        "factor": {"field": "super_resolution_factor"},
    }
    return {name: value for name, value in (given | more).items() if value is not None}


def played(tmp_path: Path, *models: dict[str, Any]) -> Service:
    path = tmp_path / "models.json"
    path.write_text(json.dumps(models))
    return Service(tmp_path / "state", models=read_models(path))


def run(service: Service, image: str, **inputs: Any) -> dict[str, Any]:
    answer = service.post({"version": f"zsxkib/diffbir:{VERSION}", "input": {"input": image, **inputs}})
    assert answer.status_code == 201, answer.text
    return service.ended(answer.json())


@pytest.mark.parametrize(
    ("more", "inputs", "size"),
    [
        ({}, {}, (48, 32)),
        ({}, {"super_resolution_factor": 2}, (24, 16)),
        ({"factor": {"field": "size", "times": {"2x": 2}}}, {}, (24, 16)),
        ({"factor": {"field": "size", "times": {"2x": 2}}}, {"size": "None"}, (12, 8)),
        ({"factor": {"times": 1.5}}, {}, (18, 12)),
        ({"factor": None}, {}, (12, 8)),
    ],
)
def test_the_result_is_as_much_larger_as_the_file_says(
    tmp_path: Path, image: str, more: dict[str, Any], inputs: dict[str, Any], size: tuple[int, int]
) -> None:
    service = played(tmp_path, document(**more, output=[]))
    try:
        done = run(service, image, **inputs)
        assert service.output(done).size == size
        assert "LOCAL APPROXIMATION: zsxkib/diffbir has no weights here" in done["logs"]
    finally:
        service.close()


@pytest.mark.parametrize(
    ("output", "shape"),
    [
        ([], "ADDRESS"),
        ([0], ["ADDRESS"]),
        (["SR_output"], {"SR_output": "ADDRESS"}),
        (["images", 0, "url"], {"images": [{"url": "ADDRESS"}]}),
    ],
)
def test_the_output_has_the_shape_that_the_file_says(
    tmp_path: Path, outside: Outside, image: str, output: Any, shape: Any
) -> None:
    service = played(tmp_path, document(output=output, file_name="out.webp"))
    try:
        hook = {"webhook": outside.url + "/hook", "webhook_events_filter": ["completed"]}
        body = {"version": VERSION, "input": {"input": image}, **hook}
        done = service.ended(service.post(body).json())
        [address] = re.findall(r'[^"]+/out[.]webp', json.dumps(done["output"]))
        assert json.loads(json.dumps(done["output"]).replace(address, "ADDRESS")) == shape
        assert service.output({"output": address}).format == "WEBP"
        eventually(lambda: outside.calls)
        assert outside.bodies() == [done]
    finally:
        service.close()


def test_it_is_run_and_checked_like_any_other(tmp_path: Path, image: str) -> None:
    service = played(tmp_path, document(), document(slug="other/model", versions=["0" * 64], output=["SR_output"]))
    try:
        listed = service.call("GET", "/v1/models/zsxkib/diffbir/versions", "versions").json()["results"]
        assert [each["id"] for each in listed] == [VERSION]
        schemas = listed[0]["openapi_schema"]["components"]["schemas"]
        assert schemas["Input"]["properties"] == document()["input"]["properties"]
        assert schemas["Output"] == {"type": "array", "title": "Output", "items": URL}
        other = service.call("GET", "/v1/models/other/model", "model").json()["latest_version"]["openapi_schema"]
        assert other["components"]["schemas"]["Output"]["properties"] == {"SR_output": URL}
        for version in (VERSION, f"other/model:{'0' * 64}"):
            assert service.post({"version": version, "input": {"input": image}}).status_code == 201
        for inputs, names in [
            ({}, "input: input is required"),
            ({"input": image, "scale": 2}, "scale is not allowed"),
            ({"input": image, "super_resolution_factor": 5}, "less than or equal to 4"),
            ({"input": image, "size": "3x"}, 'size must be one of the following: "None", "2x"'),
            ({"input": image, "noise": 20}, "noise must be one of the following: 15, 25"),
            ({"input": image, "noise": "15"}, "Expected: integer"),
        ]:
            refused = service.post({"version": VERSION, "input": inputs})
            check("problem", refused.json())
            assert refused.status_code == 422
            assert names in refused.json()["detail"]
    finally:
        service.close()


def test_a_file_that_cannot_be_decoded_fails(tmp_path: Path, outside: Outside) -> None:
    service = played(tmp_path, document())
    try:
        failed = run(service, outside.host("/x.png", b"no image"))
        assert (failed["status"], failed["error"]) == ("failed", "cannot identify image file '/tmp/diffbir'")
    finally:
        service.close()


def test_an_image_that_the_schema_does_not_require_is_missed_by_the_model(tmp_path: Path) -> None:
    properties = document()["input"]["properties"]
    service = played(tmp_path, document(input={"properties": properties}))
    try:
        answer = service.post({"version": VERSION, "input": {}})
        assert answer.status_code == 201
        assert service.ended(answer.json())["error"] == "input is missing"
    finally:
        service.close()


@pytest.mark.parametrize(
    ("content", "names"),
    [
        ("{", "is not JSON"),
        ("{}", "models: {} is not of type 'array'"),
        (json.dumps([document(slug="diffbir")]), "models[0].slug: 'diffbir' does not match"),
        (json.dumps([document(versions=["short"])]), "models[0].versions[0]: 'short' does not match"),
        (json.dumps([document(output=None)]), "'output' is a required property"),
        (json.dumps([document(output="text")]), "models[0].output"),
        (json.dumps([document(factor={"times": 0})]), "models[0].factor.times"),
        (json.dumps([document(factor={"field": "scale"})]), "factor names 'scale', which its input does not have"),
        (json.dumps([document(image_field="img")]), "image_field names 'img', which its input does not have"),
        (json.dumps([document(file_name="out.gif")]), "models[0].file_name: 'out.gif' does not match"),
        (json.dumps([document(more=1)]), "'more' was unexpected"),
    ],
)
def test_a_file_with_a_mistake_is_named_at_start(tmp_path: Path, content: str, names: str) -> None:
    path = tmp_path / "models.json"
    path.write_text(content)
    settings = {"STANDIN_TOKEN": TOKEN, "STANDIN_WEBHOOK_SECRET": SECRET, "STANDIN_MODELS": str(path)}
    with pytest.raises(SettingsError) as refused:
        Settings.from_environment(settings)
    assert "STANDIN_MODELS" in str(refused.value)
    assert names in str(refused.value)


def test_the_readmes_model_is_one(tmp_path: Path) -> None:
    path = tmp_path / "models.json"
    path.write_text(block("replicate_standin/README.md", "json", "topazlabs"))
    [model] = read_models(path)
    assert model.size((12, 8), model.read_inputs({"image": "https://example.com/x.png"})) == (24, 16)
    assert model.file_name("x.png", transparent=False) == "output.jpg"


def test_a_missing_file_is_named_and_no_file_is_no_model(tmp_path: Path) -> None:
    settings = {"STANDIN_TOKEN": TOKEN, "STANDIN_WEBHOOK_SECRET": SECRET}
    with pytest.raises(SettingsError, match="cannot be read"):
        Settings.from_environment(settings | {"STANDIN_MODELS": str(tmp_path / "none.json")})
    assert Settings.from_environment(settings | {"STANDIN_MODELS": ""}).models == ()
