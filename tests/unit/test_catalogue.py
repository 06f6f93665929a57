import re

import pytest

from enhancer.domain.catalogue import (
    AllowedModel,
    EnhancementModel,
    Factor,
    FirstEnlarged,
    InvalidParameter,
    Licence,
    Parameter,
    Preset,
    allowed_models,
    read_model,
)
from enhancer.domain.messages import Message

NUMBER = Parameter("scale", "", "number", 4, 1, 4)
INTEGER = Parameter("strength", "weight", "integer", 2, 0, 10)
BOOLEAN = Parameter("face", "face_enhance", "boolean", default=False)
CHOICE = Parameter("kind", "version", "choice", "a", choices=("a", "b"))
VERSION, OTHER = "1" * 64, "2" * 64
DOCUMENT = {
    "slug": "owner/name",
    "name": "Name",
    "version": VERSION,
    "goals": [{"goal": "faces", "params": {"face": True}}, {"goal": "enlarge"}],
    "image": "img",
    "scale": {"field": "upscale", "default": 2, "maximum": 4, "factors": [{"value": "2x", "times": 2}, {"times": 4}]},
    "firstEnlarged": {"side": "shorter", "below": 300, "times": 2},
    "options": [
        {"name": "face", "field": "face_enhance", "kind": "boolean", "default": False,
         "licence": {"name": "S-Lab", "commercial": False}},
        {"name": "strength", "field": "weight", "kind": "integer", "default": 2, "minimum": 0, "maximum": 10},
        {"name": "kind", "field": "version", "kind": "choice", "default": "a", "choices": ["a", "b"]},
    ],
    "constants": {"tile": 0},
    "output": [0, "url"],
    "maxPixels": 1000,
    "priceUsd": 0.002,
    "licence": {"name": "MIT", "commercial": True},
    "usualSeconds": 3,
}  # fmt: skip
MINIMUM = {
    name: DOCUMENT[name]
    for name in ("slug", "name", "version", "goals", "image", "maxPixels", "priceUsd", "licence", "usualSeconds")
} | {"scale": {"default": 2, "maximum": 2, "factors": [{"times": 2}]}, "output": []}


@pytest.mark.parametrize(
    ("parameter", "value", "parsed"),
    [
        (NUMBER, 1, 1), (NUMBER, 4, 4), (NUMBER, 2.5, 2.5), (NUMBER, "2.5", 2.5), (NUMBER, "3.0", 3),
        (INTEGER, 0, 0), (INTEGER, 10, 10), (INTEGER, "7", 7), (INTEGER, 7.0, 7),
        (BOOLEAN, True, True), (BOOLEAN, False, False), (BOOLEAN, "true", True), (BOOLEAN, "false", False),
        (CHOICE, "a", "a"), (CHOICE, "b", "b"),
    ],
)  # fmt: skip
def test_a_value_is_taken_from_json_or_a_forms_text(parameter, value, parsed):
    found = parameter.parse(value)
    assert (found, type(found)) == (parsed, type(parsed))


@pytest.mark.parametrize(
    ("parameter", "values", "message", "details"),
    [
        (
            NUMBER, [0.99, 4.01, "x", None, True, [], float("nan"), float("inf"), "1e999"],
            Message.NOT_A_NUMBER_IN_RANGE, {"minimum": 1, "maximum": 4},
        ),
        (
            INTEGER, [-1, 11, 1.5, "1.5", False, {}],
            Message.NOT_A_WHOLE_NUMBER_IN_RANGE,
            {"minimum": 0, "maximum": 10},
        ),
        (BOOLEAN, [0, 1, "yes", "True", None], Message.NOT_A_BOOLEAN, {}),
        (CHOICE, ["c", "", None, 1], Message.NOT_A_CHOICE, {"allowed": ["a", "b"]}),
    ],
)  # fmt: skip
def test_any_other_value_is_refused_with_what_would_do(parameter, values, message, details):
    for value in values:
        with pytest.raises(InvalidParameter) as refusal:
            parameter.parse(value)
        assert (refusal.value.name, refusal.value.message) == (parameter.name, message)
        assert str(refusal.value) == parameter.name
        assert refusal.value.details == {"actual": repr(value), **details}


def test_a_long_value_is_cut():
    with pytest.raises(InvalidParameter) as refusal:
        NUMBER.parse("x" * 100)
    assert refusal.value.details["actual"] == "'" + "x" * 39


def test_a_models_file_is_read_whole():
    assert read_model(DOCUMENT) == EnhancementModel(
        slug="owner/name",
        name="Name",
        version=VERSION,
        presets=(Preset("faces", {"face": True}), Preset("enlarge", {})),
        image_field="img",
        scale_field="upscale",
        factors=(Factor("2x", 2), Factor(None, 4)),
        first_enlarged=FirstEnlarged("shorter", 300, 2),
        scale=Parameter("scale", "", "number", 2, 1, 4),
        options=(BOOLEAN, INTEGER, CHOICE),
        constants={"tile": 0},
        output_path=(0, "url"),
        max_pixels=1000,
        price_usd=0.002,
        licence=Licence("MIT", commercial=True),
        option_licences={"face": Licence("S-Lab", commercial=False)},
        usual_seconds=3,
    )


def test_a_model_without_options_factor_and_preparation_needs_no_more():
    model = read_model(MINIMUM)
    assert (model.scale_field, model.first_enlarged, model.options, model.constants) == (None, None, (), {})
    assert model.option_licences == {}
    assert model.inputs(model.parse({}), "https://x.test/a.png", model.factors[0]) == {"img": "https://x.test/a.png"}


def test_what_is_sent_are_constants_image_factor_and_options_by_the_models_names():
    model = read_model(DOCUMENT)
    params = model.parse({"face": "true", "strength": 5})
    assert params == {
        "scale": 2, "face": True, "strength": 5, "kind": "a", "outputFormat": "png", "outputQuality": 90
    }  # fmt: skip
    assert model.inputs(params, "https://x.test/a.png", model.factors[0]) == {
        "tile": 0, "img": "https://x.test/a.png", "upscale": "2x", "face_enhance": True, "weight": 5, "version": "a"
    }  # fmt: skip


def test_a_parameter_that_the_model_has_not_is_named():
    with pytest.raises(InvalidParameter) as refusal:
        read_model(DOCUMENT).parse({"n" * 41: 1})
    assert (refusal.value.name, refusal.value.message) == (
        "n" * 40, Message.PARAMETER_UNKNOWN
    )  # fmt: skip
    assert refusal.value.details == {
        "model": "owner/name",
        "allowed": ["scale", "face", "strength", "kind", "outputFormat", "outputQuality"],
    }


@pytest.mark.parametrize(
    ("first", "size", "worked_on"),
    [
        (FirstEnlarged("height", 300, 2), (100, 299), (200, 598)),
        (FirstEnlarged("height", 300, 2), (100, 300), (100, 300)),
        (FirstEnlarged("shorter", 300, 2), (100, 300), (200, 600)),
        (FirstEnlarged("shorter", 300, 2), (300, 301), (300, 301)),
        (FirstEnlarged("shorter", 500), (100, 250), (500, 1250)),
        (FirstEnlarged("height", 500), (100, 250), (200, 500)),
        (FirstEnlarged("height", 500), (333, 250), (666, 500)),
        (FirstEnlarged("height", 3), (1, 2), (2, 3)),
    ],
)
def test_small_inputs_are_enlarged_before_the_model_works(first, size, worked_on):
    assert first.apply(size) == worked_on


@pytest.mark.parametrize(
    ("target", "most", "times"),
    [
        ((1000, 800), 10**9, 2),  # of 500 x 400
        ((1001, 800), 10**9, 4),
        ((1000, 801), 10**9, 4),
        ((2000, 1600), 2000 * 1600, 4),
        ((2000, 1600), 2000 * 1600 - 1, 2),  # none covers it: the largest that may be
        ((2001, 1), 10**9, 4),
        ((1, 1), 1000 * 800 - 1, None),
    ],
)
def test_the_smallest_factor_is_taken_that_covers_what_was_promised(target, most, times):
    factor = read_model(DOCUMENT).factor_for((500, 400), target, most)
    assert (factor and factor.times) == times


def test_the_allowlist_names_versions_or_takes_the_files():
    model = read_model(DOCUMENT)
    models = {model.slug: model}
    assert allowed_models(["owner/name"], models) == {"owner/name": AllowedModel(model, f"owner/name:{VERSION}")}
    assert allowed_models([f"owner/name:{OTHER}"], models) == {"owner/name": AllowedModel(model, f"owner/name:{OTHER}")}
    for wrong in ("owner/other", "owner/name:latest", f"owner/name:{OTHER[1:]}", "", "owner/name ", "Owner/name"):
        with pytest.raises(ValueError, match=re.escape(repr(wrong)) + " is not .* [(]owner/name[)]$"):
            allowed_models([wrong], models)
