"""Model files, ours and examples of an operator's, against the provider's own listing and recorded runs.

`fixtures/models` has each model's published input schema, newest version and one real prediction;
`fixtures/geometry.json` the sizes that the published predictors returned when they were run. Neither was written by us.
"""

import dataclasses
import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from jsonschema import Draft202012Validator

from enhancer.adapters.model_files import files, read_file
from enhancer.adapters.replicate_prediction import read_prediction
from enhancer.domain import sizing
from operate.model_files import faults

FIXTURES = Path(__file__).parent / "fixtures"
LISTED = {each["slug"]: each for each in (json.loads(path.read_text()) for path in (FIXTURES / "models").iterdir())}
OURS = {model.slug: model for model in map(read_file, files())}
ADDED = {model.slug: model for model in map(read_file, sorted((FIXTURES / "added_models").iterdir()))}
ALL = OURS | ADDED
# Where the image's address is in the recorded output, as a person reads it there.
OUTPUTS = {
    "codeslake/refvsr-cvpr2022": lambda output: output["SR_output"],
    "philz1337x/clarity-upscaler": lambda output: output[0],
    "zsxkib/diffbir": lambda output: output[-1],
}


@pytest.mark.parametrize("path", [*files(), *sorted((FIXTURES / "added_models").iterdir())], ids=lambda path: path.stem)
def test_a_model_file_has_no_fault(path):
    assert faults(path) == []


@pytest.mark.parametrize("slug", ALL)
def test_what_is_sent_is_what_the_model_takes(slug):
    model, listed = ALL[slug], LISTED[slug]
    takes = Draft202012Validator({"type": "object", "additionalProperties": False, **listed["input"]})
    choices = [model.parse(preset.params) for preset in model.presets]
    for option in model.options:
        ends = option.choices or (False, True) if option.minimum is None else (option.minimum, option.maximum)
        choices += [model.parse({option.name: value}) for value in ends]
    for factor in model.factors:
        for params in choices:
            sent = model.inputs(params, "https://r2.example.com/image.png?signed", factor)
            assert [error.message for error in takes.iter_errors(sent)] == []
            assert listed["input"]["properties"][model.image_field]["format"] == "uri"


@pytest.mark.parametrize("slug", ALL)
def test_the_pinned_version_is_the_newest_that_the_provider_listed(slug):
    assert ALL[slug].version == LISTED[slug]["version"]["id"]


@pytest.mark.parametrize("slug", [slug for slug in ALL if "status" in LISTED[slug]["example"]])
def test_a_recorded_run_is_read(slug):
    recorded = LISTED[slug]["example"]
    run = read_prediction(recorded, ALL)
    assert (run.id, run.status, run.version, run.error) == (recorded["id"], "succeeded", recorded["version"], None)
    assert run.output_url == OUTPUTS.get(slug, lambda output: output)(recorded["output"])
    assert run.input_path == urlsplit(recorded["input"][ALL[slug].image_field]).path
    assert run.model_ms == round(recorded["metrics"]["predict_time"] * 1000)
    backwards = {**recorded, "input": dict(reversed(recorded["input"].items()))}
    assert read_prediction(backwards, ALL) == run, "another input may be an address too"


def test_a_recorded_run_of_a_model_without_a_file_is_read_as_far_as_it_says_of_itself():
    recorded = LISTED["zsxkib/diffbir"]["example"]
    run = read_prediction(recorded, OURS)
    assert (run.id, run.output_url) == (recorded["id"], recorded["output"][0] if len(recorded["output"]) == 1 else None)
    assert run.input_path == urlsplit(recorded["input"]["input"]).path


@pytest.mark.parametrize(
    ("output", "url"),
    [
        ("https://e/1", "https://e/1"),
        (["https://e/1"], "https://e/1"),
        ({"image": "https://e/1"}, "https://e/1"),
        (["https://e/1", "https://e/2"], None),
        ({"a": "https://e/1", "b": "https://e/2"}, None),
        ([], None),
        ({}, None),
        ([["https://e/1"]], None),
        (None, None),
    ],
)
def test_the_only_address_in_the_output_of_a_model_without_a_file_is_the_result(output, url):
    """Official models report an internal name (recorded: `replicate-internal/…`), and were paid for."""
    body = {"id": "r", "status": "succeeded", "model": "replicate-internal/x", "version": "hidden", "output": output}
    assert read_prediction(body, OURS).output_url == url


@pytest.mark.parametrize(
    ("path", "output", "url"),
    [
        ((), ["https://e/1"], "https://e/1"),
        ((), {"image": "https://e/1"}, "https://e/1"),
        ((0,), "https://e/1", "https://e/1"),
        (("image",), ["https://e/1"], "https://e/1"),
        ((-1,), [], None),
        ((0, "file"), [{"file": "https://e/1"}], "https://e/1"),
        ((0,), ["https://e/1", "https://e/2"], "https://e/1"),
        (("image",), {"other": "https://e/1", "more": "https://e/2"}, None),
    ],
)
def test_an_output_of_another_shape_than_its_file_says_is_not_lost_if_it_has_one_address(path, output, url):
    model = dataclasses.replace(OURS["nightmareai/real-esrgan"], output_path=path)
    body = {"id": "r", "status": "succeeded", "model": model.slug, "output": output}
    assert read_prediction(body, {model.slug: model}).output_url == url


RECORDED = {
    (each["model"], each["input"][OURS[each["model"]].scale_field], size): given
    for each in json.loads((FIXTURES / "geometry.json").read_text())["sizes"]
    for size, given in [((width, height), (made, high)) for width, height, made, high in each["sizes"]]
}
"""Model, value of its scale field, input size → the size that the published predictor returned."""


@pytest.mark.parametrize("slug", OURS)
def test_output_sizes_are_the_published_predictors(slug):
    model = OURS[slug]
    compared = 0
    for (recorded, value, size), given in RECORDED.items():
        for factor in model.factors:
            if recorded == slug and factor.value == value:
                assert model.output_size(size, factor) == given, (value, size)
                compared += 1
    assert compared >= 20 * len(model.factors), "each factor, at twenty sizes"


@pytest.mark.parametrize("scale", [1, 1.5, 2, 2.5, 3, 4])
@pytest.mark.parametrize("slug", OURS)
def test_what_is_promised_is_what_the_published_predictor_returns_or_more(slug, scale):
    """Heights 100, 213, 299, 300, 600, 1800 and others: promised to the pixel, or refused before anything is paid."""
    model = OURS[slug]
    sizes = {size for recorded, _, size in RECORDED if recorded == slug}
    assert {100, 213, 299, 300, 600, 1800} <= {height for _, height in sizes}
    refused = set()
    for size in sizes:
        try:
            params = sizing.resolve_params({"scale": scale}, *size, model)
        except sizing.InvalidParameter:
            refused.add(size)
            continue
        promised = sizing.result_size(*size, params["scale"], model)
        assert promised == (round(size[0] * scale), round(size[1] * scale))
        factor = model.factor_for(size, promised, sizing.MAX_OUTPUT_PIXELS)
        width, height = RECORDED[slug, factor.value, size]
        assert width >= promised[0], size
        assert height >= promised[1], size
    assert not refused, "none of these is beyond what the model gives"
