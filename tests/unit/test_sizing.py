import dataclasses

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from enhancer.adapters.model_files import models
from enhancer.domain import sizing
from enhancer.domain.catalogue import Factor, InvalidParameter
from enhancer.http.translations import TEXTS

MODELS = models()
MODEL = MODELS["nightmareai/real-esrgan"]


def resolve_params(width, height, **raw):
    return sizing.resolve_params(raw, width, height, MODEL)


def test_a_small_image_gets_what_was_asked_for_or_the_usual():
    assert resolve_params(1200, 900)["scale"] == 4
    assert resolve_params(1200, 900, scale=2.5)["scale"] == 2.5
    assert resolve_params(40, 30, scale="1") == {
        "scale": 1,
        "faceEnhance": False,
        "outputFormat": "png",
        "outputQuality": 90,
    }


def test_a_large_image_gets_the_largest_scale_that_its_pixels_allow():
    assert resolve_params(4000, 3000)["scale"] == 1.67
    assert resolve_params(8000, 6000)["scale"] == 0.83
    assert resolve_params(4000, 3000, scale=1.67)["scale"] == 1.67


def test_a_scale_beyond_the_pixels_is_refused_with_what_would_fit():
    with pytest.raises(InvalidParameter) as refusal:
        resolve_params(4000, 3000, scale=2)
    assert refusal.value.name == "scale"
    assert refusal.value.details == {
        "width": 4000, "height": 3000, "model": "Real-ESRGAN", "maximum": 1.67, "actual": 2,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("size", "raw", "fitting", "maximum"),
    [
        ((5000, 400), {"outputFormat": "webp"}, ["png", "jpeg"], 3.27),
        ((400, 5000), {"outputFormat": "webp", "scale": 3.5}, ["png", "jpeg"], 3.27),
        ((1, 20_000), {"outputFormat": "jpeg"}, ["png"], 3.27),
        ((1, 20_000), {"outputFormat": "webp", "scale": 1}, ["png", "jpeg"], None),
    ],
)
def test_a_side_that_the_format_cannot_hold_is_refused_with_what_would_fit(size, raw, fitting, maximum):
    with pytest.raises(InvalidParameter) as refusal:
        resolve_params(*size, **raw)
    assert refusal.value.name == "outputFormat"
    assert refusal.value.details["fitting"] == fitting
    assert refusal.value.details.get("maximum") == maximum
    assert refusal.value.details["actual"] > refusal.value.details["limit"]


@pytest.mark.parametrize("scale", [1.67, 3.27])
def test_what_a_refusal_says_would_fit_fits(scale):
    assert resolve_params(5000, 400, outputFormat="webp", scale=scale)["scale"] == scale
    assert resolve_params(1, 20_000)["outputFormat"] == "png"


sides = st.integers(1, 50_000)


@given(sides, sides, st.integers(1, 10_000_000))
@example(1425, 1425, 1)
def test_a_reduced_image_fits_and_keeps_its_shape(width, height, max_pixels):
    narrow, low = sizing.fit_within(width, height, max_pixels)
    assert 1 <= narrow <= width
    assert 1 <= low <= height
    assert narrow * low <= max(max_pixels, 1)
    if width * height <= max_pixels:
        assert (narrow, low) == (width, height)
    elif min(width, height) ** 2 * max_pixels >= width * height:  # else the shorter side would be less than a pixel
        short, long = sorted((narrow, low))
        assert long == pytest.approx(short * max(width, height) / min(width, height), abs=1)


def test_a_panorama_is_not_made_wider_than_it_is():
    assert sizing.fit_within(20_000, 500, MODEL.max_pixels) == (9_120, 228)
    assert sizing.result_size(20_000, 500, sizing.largest_scale(20_000, 500, MODEL), MODEL) == (36_480, 912)


some_scales = st.integers(100, 400).map(lambda hundredths: hundredths / 100)


@given(sides, sides, st.sampled_from(sorted(MODELS)), st.none() | some_scales)
@example(50_000, 100, "nightmareai/real-esrgan", 2.58)
@example(6000, 340, "sczhou/codeformer", 4)
@example(20_000, 104, "sczhou/codeformer", None)
@example(15_445, 1088, "sczhou/codeformer", None)
@example(978, 13_819, "sczhou/codeformer", None)
def test_what_is_promised_the_model_gives_or_it_is_refused_before_anything_is_paid(width, height, slug, scale):
    """The promise is made for the image as it is stored; the model gets it upright, its sides perhaps swapped."""
    model = MODELS[slug]
    try:
        params = sizing.resolve_params({} if scale is None else {"scale": scale}, width, height, model)
    except InvalidParameter:
        return
    promised = sizing.result_size(width, height, params["scale"], model)
    for size in ((width, height), (height, width)):
        taken = sizing.fit_within(*size, model.max_pixels)
        wanted = sizing.turned(promised, taken)
        factor = model.factor_for(taken, wanted, sizing.MAX_OUTPUT_PIXELS)
        assert factor is not None
        given = model.output_size(taken, factor)
        assert given[0] >= wanted[0] >= 1
        assert given[1] >= wanted[1] >= 1
        assert given[0] * given[1] <= sizing.MAX_OUTPUT_PIXELS


@pytest.mark.parametrize(
    ("slug", "size", "target", "value"),
    [
        ("nightmareai/real-esrgan", (600, 400), (600, 400), 4),
        ("nightmareai/real-esrgan", (600, 400), (2400, 1600), 4),
        ("tencentarc/gfpgan", (600, 400), (600, 400), 2),
        ("tencentarc/gfpgan", (600, 400), (1200, 800), 2),
        ("tencentarc/gfpgan", (600, 400), (1201, 800), 6),
        ("tencentarc/gfpgan", (600, 400), (2400, 1600), 8),
        ("tencentarc/gfpgan", (320, 213), (1280, 852), 2),  # less than 300 high: doubled first
        ("tencentarc/gfpgan", (213, 320), (852, 1280), 8),
        ("sczhou/codeformer", (600, 400), (1200, 800), 2),
        ("sczhou/codeformer", (600, 256), (1200, 512), 1),  # enlarged to 512 first
        ("sczhou/codeformer", (4000, 300), (16_000, 1200), 3),
    ],
)
def test_a_model_runs_at_the_smallest_factor_that_is_enough(slug, size, target, value):
    model = MODELS[slug]
    factor = model.factor_for(size, target, sizing.MAX_OUTPUT_PIXELS)
    assert model.inputs(model.parse({}), "https://r2.test/x", factor)[model.scale_field] == value


def test_a_promise_holds_whichever_way_up_the_image_turns_out_to_be():
    """Stored 400 x 200, a model that doubles low images gives 4 times; turned upright, it is not low any more."""
    doubling = dataclasses.replace(MODELS["tencentarc/gfpgan"], factors=(Factor(2, 2),))
    assert sizing.largest_scale(400, 200, doubling) == sizing.largest_scale(200, 400, doubling) == 2


def test_an_image_that_no_factor_fits_is_refused_with_its_size():
    with pytest.raises(InvalidParameter) as refusal:
        sizing.resolve_params({}, 20_000, 104, MODELS["sczhou/codeformer"])
    assert (refusal.value.name, refusal.value.details["width"], refusal.value.details["height"]) == (
        "model",
        20_000,
        104,
    )


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_every_preset_is_a_valid_choice(model):
    for preset in model.presets:
        assert set(model.parse(preset.params)) == {parameter.name for parameter in model.parameters}


def test_what_the_model_gives_beyond_a_hundredth_counts_against_the_formats_side():
    assert resolve_params(4105, 512)["scale"] == 3.99
    with pytest.raises(InvalidParameter) as refusal:
        resolve_params(4105, 512, outputFormat="webp")
    assert (refusal.value.details["actual"], refusal.value.details["limit"]) == (16_388, 16_383)
    assert refusal.value.details["maximum"] == 3.98


@given(sides, sides, st.sampled_from(sorted(MODELS)), st.sampled_from(["webp", "jpeg"]), some_scales)
@example(4105, 512, "nightmareai/real-esrgan", "webp", 3.99)
def test_the_largest_scale_that_a_refusal_names_is_taken(width, height, slug, output_format, scale):
    model = MODELS[slug]
    try:
        sizing.resolve_params({"scale": scale, "outputFormat": output_format}, width, height, model)
    except InvalidParameter as refusal:
        maximum = refusal.details.get("maximum", 0)
        if refusal.name == "outputFormat" and 1 <= maximum <= sizing.largest_scale(width, height, model):
            raw = {"scale": maximum, "outputFormat": output_format}
            assert sizing.resolve_params(raw, width, height, model)["scale"] == maximum


@pytest.mark.parametrize(
    ("size", "scale", "result"),
    [
        ((1200, 900), 4, (4800, 3600)),
        ((3, 1), 1.5, (4, 2)),
        ((5, 7), 1.5, (8, 10)),
        ((4000, 3000), 1.5, (6000, 4500)),
        ((4000, 3000), 1.67, (6688, 5016)),
        ((3000, 4000), 1.67, (5016, 6688)),
        ((8000, 5000), 0.91, (7320, 4576)),
        ((1, 9000), 0.4, (1, 3600)),
        ((9000, 1), 0.4, (3600, 1)),
    ],
)
def test_results_are_as_large_as_the_page_says(size, scale, result):
    """The same numbers as in web/src/image/size.test.ts."""
    assert sizing.result_size(*size, scale, MODEL) == result


@pytest.mark.parametrize(
    ("size", "scale"),
    [((320, 213), 4), ((1448, 1448), 4), ((1449, 1448), 3.99), ((8000, 6000), 0.83), ((50_000, 100), 2.56)],
)
def test_the_largest_scale_is_what_the_page_says(size, scale):
    assert sizing.largest_scale(*size, MODEL) == sizing.largest_scale(*size[::-1], MODEL) == scale


@pytest.mark.parametrize(
    ("size", "raw", "name", "message"),
    [
        (
            (4000, 3000),
            {"scale": 2},
            "scale",
            "With Real-ESRGAN, an image of 4000 x 3000 pixels can be enlarged at most 1.67 times, not 2 times.",
        ),
        (
            (5000, 400),
            {"outputFormat": "webp"},
            "outputFormat",
            (
                "webp is limited to 16383 pixels per side; the result would have 20000. "
                "Choose ['png', 'jpeg'], or a scale of at most 3.27."
            ),
        ),
        (
            (20_000, 1),
            {"outputFormat": "webp", "scale": 1},
            "outputFormat",
            "webp is limited to 16383 pixels per side; the result would have 20000. Choose ['png', 'jpeg'].",
        ),
    ],
)
def test_a_refusal_says_all_that_it_knows(size, raw, name, message):
    with pytest.raises(InvalidParameter) as refusal:
        resolve_params(*size, **raw)
    assert refusal.value.name == name
    assert TEXTS[refusal.value.message].en.format(**refusal.value.details) == message


@pytest.mark.parametrize(
    ("width", "scale", "fitting", "maximum"),
    [
        (16_383, 2, ["png", "jpeg"], 1.0),
        (10_000, 2, ["png", "jpeg"], 1.63),
        (16_384, 1, ["png", "jpeg"], None),
        (65_500, 1, ["png", "jpeg"], None),
        (65_501, 1, ["png"], None),
    ],
)
def test_a_side_that_is_too_long_is_told_what_fits(width, scale, fitting, maximum):
    with pytest.raises(InvalidParameter) as refusal:
        resolve_params(width, 10, scale=scale, outputFormat="webp")
    assert refusal.value.details["fitting"] == fitting
    assert refusal.value.details.get("maximum") == maximum
    if maximum:
        assert resolve_params(width, 10, scale=maximum, outputFormat="webp")["scale"] == maximum


def test_a_side_may_be_as_long_as_the_format_holds():
    assert resolve_params(16_383, 10, scale=1, outputFormat="webp")["outputFormat"] == "webp"
    assert resolve_params(65_500, 10, scale=1, outputFormat="jpeg")["outputFormat"] == "jpeg"


def test_a_reduced_image_has_whole_sides_and_no_pixel_too_many():
    """Where rounding the longer side would give one column too many."""
    for size, reduced in (((1400, 1800), (1277, 1641)), ((1800, 1400), (1641, 1277))):
        found = sizing.fit_within(*size, 2_096_704)
        assert (found, {type(side) for side in found}) == (reduced, {int})


def test_an_image_for_another_model_is_told_which_one_can_not():
    with pytest.raises(InvalidParameter) as refusal:
        sizing.resolve_params({}, 20_000, 104, MODELS["sczhou/codeformer"])
    said = TEXTS[refusal.value.message].en.format(**refusal.value.details)
    assert said == "CodeFormer cannot enhance an image of 20000 x 104 pixels; choose another model."


def test_a_square_stays_as_it_is():
    assert sizing.turned((5, 5), (9, 2)) == (5, 5)
    assert sizing.turned((5, 3), (9, 9)) == (5, 3)
    assert sizing.turned((5, 3), (2, 9)) == (3, 5)
