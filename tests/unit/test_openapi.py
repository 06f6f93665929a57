"""docs/openapi.yaml against the code: routes, request_bodies, errors, documents; and against itself: its examples."""

import dataclasses
import re
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from enhancer import __version__
from enhancer.adapters.model_files import models
from enhancer.domain import keys, limits
from enhancer.domain.job import Status
from enhancer.errors import RequestError, ValidationFailed
from enhancer.http import request_bodies, routing
from enhancer.http.response_bodies import job_json, model_json, upload_json, usage_json
from enhancer.http.translations import TEXTS
from enhancer.usecases.list_jobs import DEFAULT_PAGE, MAX_PAGE
from enhancer.usecases.read_usage import ReadUsage
from enhancer.usecases.request_upload import RequestUpload, check_size
from enhancer.usecases.share_job import MAX_SECONDS, MIN_SECONDS
from tests.unit.test_routing import leaves
from tests.unit.test_template import FUNCTIONS

ROOT = Path(__file__).parents[2]
DOCUMENT: dict[str, Any] = yaml.safe_load((ROOT / "docs/openapi.yaml").read_text())
COMPONENTS = DOCUMENT["components"]
VERBS = ("get", "head", "post", "put", "patch", "delete")
OPERATIONS = [(path, verb) for path, item in DOCUMENT["paths"].items() for verb in item if verb in VERBS]
PROSE = ("title", "description", "example", "examples")


def resolved(node: Any) -> Any:
    """The node, or what its $ref leads to."""
    while isinstance(node, dict) and "$ref" in node:
        target: Any = DOCUMENT
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def validator(schema: dict[str, Any]) -> Draft202012Validator:
    """For a schema of the document, whose references are found."""
    return Draft202012Validator({**schema, "components": COMPONENTS})


def check(name: str, instance: Any) -> None:
    validator({"$ref": f"#/components/schemas/{name}"}).validate(instance)


def responses(operation: dict[str, Any]) -> dict[str, Any]:
    return {status: resolved(response) for status, response in operation["responses"].items()}


def bodies() -> list[Any]:
    """Every media type with its schema: of requests and of answers."""
    found = []
    for path, verb in OPERATIONS:
        operation = DOCUMENT["paths"][path][verb]
        parts = {"request": resolved(operation.get("requestBody", {})), **responses(operation)}
        for name, part in parts.items():
            for media_type, body in part.get("content", {}).items():
                found.append(pytest.param(body, id=f"{verb} {path} {name} {media_type}"))
    return found


def examples(body: dict[str, Any]) -> list[Any]:
    named = [resolved(example)["value"] for example in body.get("examples", {}).values()]
    return [*named, *([body["example"]] if "example" in body else [])]


def bare(node: Any) -> Any:
    """A schema without its prose and without the defaults that only say null."""
    if isinstance(node, list):
        return [bare(item) for item in node]
    if not isinstance(node, dict):
        return node
    node = resolved(node)
    if isinstance(node.get("properties"), dict):
        node = {**node, "properties": {name: bare(value) for name, value in node["properties"].items()}}
        kept = {key: value if key == "properties" else bare(value) for key, value in node.items() if key not in PROSE}
    else:
        kept = {key: bare(value) for key, value in node.items() if key not in PROSE}
    if kept.get("default", ...) is None:
        del kept["default"]
    return {key: sorted(value) if key == "required" else value for key, value in kept.items()}


def test_the_document_is_openapi_and_of_this_version():
    validate(DOCUMENT)
    assert DOCUMENT["openapi"].startswith("3.1.")
    assert DOCUMENT["info"]["version"] == __version__


def test_no_text_is_cut_off_at_a_comma():
    """In braces, YAML takes what follows a comma of an unquoted text for another key."""

    def keys_of(node):
        if isinstance(node, list):
            return {key for each in node for key in keys_of(each)}
        return {*node, *(key for each in node.values() for key in keys_of(each))} if isinstance(node, dict) else set()

    assert [key for key in keys_of(DOCUMENT) if " " in str(key)] == []


def test_the_document_has_no_merge_keys():
    """YAML 1.2 has none: generators that keep to it would miss what stands behind one."""
    tokens = list(yaml.scan((ROOT / "docs/openapi.yaml").read_text()))
    assert not [each for each in tokens if isinstance(each, yaml.ScalarToken) and each.value == "<<"]


def test_no_optional_field_has_a_default_of_null():
    """openapi-typescript takes a field with a default for one that is always sent."""
    for name in ("UploadRequest", "JobRequest", "ShareRequest", "Form"):
        for field in COMPONENTS["schemas"][name]["properties"].values():
            assert field.get("default", "") is not None, name


def test_its_operations_are_the_method_table():
    table = {path.replace("+}", "}"): set(methods) for path, methods in routing.METHODS.items()}
    described: dict[str, set[str]] = {}
    for path, verb in OPERATIONS:
        described.setdefault(path, set()).add(verb.upper())
    assert described["/r2-ai/{key}"] == {"GET", "HEAD"}
    head = {path: {"HEAD"} & methods for path, methods in table.items()}  # which is said once for all in `info`
    assert {path: methods | head[path] for path, methods in described.items()} == table


def test_its_paths_are_the_templates_routes():
    routes = {
        event["Properties"]["Path"].replace("+}", "}")
        for function in FUNCTIONS.values()
        for event in function.get("Events", {}).values()
        if event["Type"] == "HttpApi" and "Path" in event["Properties"]
    }
    assert set(DOCUMENT["paths"]) == routes


def test_operations_have_names_of_their_own():
    names = [DOCUMENT["paths"][path][verb]["operationId"] for path, verb in OPERATIONS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", ["UploadRequest", "JobRequest", "ShareRequest"])
def test_request_schemas_are_the_contracts(name):
    contract = getattr(request_bodies, name)
    assert bare(COMPONENTS["schemas"][name]) == bare(contract.model_json_schema(by_alias=True))


def test_ranges_and_choices_are_those_that_the_code_refuses_by():
    schemas = COMPONENTS["schemas"]
    upload, share = schemas["UploadRequest"]["properties"], schemas["ShareRequest"]["properties"]
    assert upload["contentType"]["enum"] == list(keys.EXTENSIONS)
    assert upload["size"]["minimum"] == 1
    assert (share["expiresIn"]["minimum"], share["expiresIn"]["maximum"]) == (MIN_SECONDS, MAX_SECONDS)
    [limit, _] = DOCUMENT["paths"]["/api/ai-image/jobs"]["get"]["parameters"]
    assert limit["schema"] == {"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": DEFAULT_PAGE}


@pytest.mark.parametrize("size", [0, 1])
def test_the_smallest_upload_is_the_smallest_that_is_taken(size):
    with nullcontext() if size else pytest.raises(ValidationFailed):
        check_size(size, 10)


def test_a_form_has_a_field_for_every_parameter_and_its_choices():
    fields = dict(COMPONENTS["schemas"]["Form"]["properties"])
    assert fields.pop("image")["format"] == "binary"
    del fields["model"]
    for parameter in {each.name: each for model in models().values() for each in model.parameters}.values():
        field = fields.pop(parameter.name)
        choices = {"boolean": ["true", "false"], "choice": list(parameter.choices)}.get(parameter.kind)
        assert (field["type"], field.get("enum")) == ("string", choices), parameter.name
    assert not fields


def test_every_contract_is_described():
    assert {contract.__name__ for contract in request_bodies.Contract.__subclasses__()} <= set(COMPONENTS["schemas"])


def described_errors() -> set[tuple[str, int]]:
    """Type and status of every example of a failure."""
    return {
        (example["error"]["type"], int(status))
        for path, verb in OPERATIONS
        for status, response in responses(DOCUMENT["paths"][path][verb]).items()
        for body in response.get("content", {}).values()
        for example in examples(body)
        if isinstance(example, dict) and "error" in example
    }


def test_every_error_has_its_status_and_an_example_and_there_are_no_others():
    errors = {(leaf.type, leaf.status) for leaf in leaves(RequestError)} | {("internal_error", 500)}
    assert described_errors() == errors
    assert set(COMPONENTS["schemas"]["ErrorType"]["enum"]) == {name for name, _ in errors}


@pytest.mark.parametrize("leaf", leaves(RequestError), ids=lambda leaf: leaf.__name__)
def test_every_error_as_it_is_sent_fits(leaf):
    check("Failure", {"success": False, "error": {"type": leaf.type, "message": "x", "details": {"limit": 1}}})


@pytest.mark.parametrize("body", bodies())
def test_examples_fit_their_schemas(body):
    for example in examples(body):
        validator(body["schema"]).validate(example)


def test_the_messages_in_examples_are_messages_of_ours():
    values = [each["value"] for each in COMPONENTS["examples"].values()]
    errors = [value.get("error") or (value["data"].get("error") if "data" in value else None) for value in values]
    said = [error["message"] for error in errors if error]
    text = "|".join(re.sub(r"\\{\w+\\}", ".+", re.escape(each.en)) for each in TEXTS.values())
    assert len(said) > 15
    assert [message for message in said if not re.fullmatch(f"({text})( ({text}))?", message)] == []


@pytest.mark.parametrize(("path", "verb"), OPERATIONS)
def test_parameters_and_headers_have_examples_that_fit(path, verb):
    item = DOCUMENT["paths"][path]
    parameters = [resolved(each) for each in [*item.get("parameters", []), *item[verb].get("parameters", [])]]
    headers = [resolved(h) for r in responses(item[verb]).values() for h in r.get("headers", {}).values()]
    for part in (*parameters, *headers):
        if "example" in part:
            validator(part["schema"]).validate(part["example"])
    named = {each["name"] for each in parameters if each["in"] == "path"}
    assert named == {part[1:-1] for part in path.split("/") if part.startswith("{")}


@pytest.mark.parametrize("name", [name for name in COMPONENTS["schemas"] if name.endswith("Answer")])
def test_answers_take_nothing_that_is_not_described(name):
    schema = COMPONENTS["schemas"][name]
    data = resolved(schema["properties"]["data"])
    assert schema["additionalProperties"] is False
    assert data["additionalProperties"] is False
    assert set(data.get("required", [])) == set(data.get("properties", {})), "a reader may rely on all of it"


def envelope(data: Any) -> dict[str, Any]:
    return {"success": True, "data": data}


def test_jobs_of_every_state_fit(world):
    job = world.new_job({"scale": 2})
    check("JobAnswer", envelope(job_json(job)))
    for status in Status:
        check("JobAnswer", envelope(job_json(dataclasses.replace(job, status=status))))
    failed = dataclasses.replace(
        job, status=Status.FAILED, error_type="provider_error", error_code="run_unknown_to_provider"
    )
    check("JobAnswer", envelope(job_json(failed, "de")))
    done = dataclasses.replace(
        job,
        status=Status.SUCCEEDED,
        prepared_json='{"oriented": true, "metadataRemoved": true, "converted": "CMYK", "reducedFrom": [9000, 10],'
        ' "transparencyFilled": false, "hdrRemoved": true}',
        report_json='{"colourShift": 0.41, "structuralSimilarity": 0.97, "sharpnessGain": null}',
        output_r2_key=job.input_r2_key.replace("uploads", "results"),
        output_content_type="image/png",
        output_size=10,
        output_width=4,
        output_height=4,
        output_sha256="0" * 64,
        model_ms=5,
        accepted_at=job.created_at,
        saving_at=job.created_at,
        finished_at=job.created_at,
    )
    check("JobAnswer", envelope(job_json(done)))
    check("JobsAnswer", envelope({"jobs": [job_json(done), job_json(failed)], "nextCursor": None}))


def test_usage_before_and_after_a_job_fits(world):
    for caller in (None, world.caller):
        world.new_job()
        usage = ReadUsage(usage=world.usage, limit=3, clock=world.clock)(caller)
        assert isinstance(usage, limits.Usage)
        check("UsageAnswer", envelope({"ownerType": "guest"} | usage_json(usage, 3, 1000)))


def test_every_model_fits():
    check("ModelsAnswer", envelope({"models": [model_json(model) for model in models().values()]}))


def test_an_upload_fits(world):
    signed = RequestUpload(images=world.images, max_bytes=100, prefix="", clock=world.clock)(
        "image/png", 10, world.owner
    )
    check("UploadAnswer", envelope(upload_json(signed)))


def test_the_page_names_the_renderers_locked_version():
    lock = yaml.safe_load((ROOT / "docs/page/package-lock.json").read_text())
    version = lock["packages"]["node_modules/swagger-ui-dist"]["version"]
    page = (ROOT / "docs/page/index.html").read_text()
    assert page.count(f"/api/docs/{version}/") == page.count("/api/docs/") - page.count("/api/docs/start.js")
    assert "://" not in (ROOT / "docs/page/package-lock.json").read_text(), "no registry's address"
