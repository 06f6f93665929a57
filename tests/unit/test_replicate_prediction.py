from contextlib import nullcontext

import pytest

from enhancer.adapters.replicate_prediction import NotAPrediction, read_prediction
from enhancer.domain.catalogue import read_model
from enhancer.domain.prediction import Prediction
from tests.unit.test_catalogue import DOCUMENT, MINIMUM, VERSION

URL = "https://r2.test/bucket/key.png?X-Amz-Signature=1"
RESULT = "https://files.test/out.png"
MODELS = {
    "owner/name": read_model(DOCUMENT),  # its image is `img`, its result output[0]["url"]
    "owner/plain": read_model(MINIMUM | {"slug": "owner/plain"}),  # its output is the URL
}


def read(**changes):
    body = {"id": "abc", "model": "owner/name", "status": "succeeded"}
    return read_prediction(body | changes, MODELS)


def test_what_decides_is_kept_and_nothing_else():
    assert read(
        version=VERSION,
        input={"style": "https://other.test/x", "img": URL},
        output=[{"url": RESULT, "faces": 2}],
        error=None,
        metrics={"predict_time": 1.2345},
        logs="long",
    ) == Prediction("abc", "succeeded", "/bucket/key.png", RESULT, None, 1234, VERSION)


@pytest.mark.parametrize(
    "body", [None, [], "x", {}, {"id": "a"}, {"status": "b"}, {"id": 1, "status": "b"}, {"id": "a", "status": 1}]
)
def test_without_id_and_status_it_is_no_prediction(body):
    with pytest.raises(NotAPrediction):
        read_prediction(body, MODELS)


@pytest.mark.parametrize("version", ["hidden", None, VERSION[1:], VERSION + "0", "G" * 64, 7])
def test_a_version_is_64_hex_digits(version):
    assert read(version=version).version is None


@pytest.mark.parametrize(
    ("model", "given", "path"),
    [
        ("owner/name", {"img": URL}, "/bucket/key.png"),
        ("owner/name", {"image": URL}, None),
        ("owner/name", {"img": 7}, None),
        ("owner/name", {"img": "ftp://r2.test/key"}, None),
        ("owner/name", {"img": "http://127.0.0.1/key"}, "/key"),
        ("owner/name", {"img": "https://[bad"}, None),
        ("owner/name", [URL], None),
        ("owner/name", None, None),
        ("unknown", {"scale": 4, "note": "x", "anything": URL, "next": RESULT}, "/bucket/key.png"),
        ("unknown", {"scale": 4}, None),
        (None, {"anything": URL}, "/bucket/key.png"),
    ],
)
def test_the_input_is_where_the_models_file_says(model, given, path):
    assert read(model=model, input=given).input_path == path


@pytest.mark.parametrize(
    ("model", "output", "url"),
    [
        ("owner/name", [{"url": RESULT}], RESULT),
        ("owner/name", [{"url": RESULT}, {"url": "https://files.test/2"}], RESULT),
        ("owner/name", RESULT, RESULT),  # of another shape than the file says, with one address
        ("owner/name", [], None),
        ("owner/name", [{"uri": RESULT}], None),
        ("owner/name", [None], None),
        ("owner/name", [{"url": ""}], None),
        ("owner/name", [{"url": 7}], None),
        ("owner/name", None, None),
        ("owner/plain", RESULT, RESULT),
        ("owner/plain", [RESULT], RESULT),
        ("owner/plain", [RESULT, RESULT], None),
        ("unknown", RESULT, RESULT),
        ("unknown", [RESULT], RESULT),
        ("unknown", {"any": RESULT}, RESULT),
        ("unknown", [RESULT, RESULT], None),
        ("unknown", {"a": RESULT, "b": RESULT}, None),
        ("unknown", [], None),
        ("unknown", {}, None),
        ("unknown", [7], None),
        ("unknown", 7, None),
        ("owner/plain", "x" * 8192, "x" * 8192),
        ("owner/plain", "data:image/png;base64," + "A" * 8192, None),  # the file itself, which no message can hold
    ],
)
def test_the_result_is_where_the_models_file_says(model, output, url):
    assert read(model=model, output=output).output_url == url


@pytest.mark.parametrize(
    ("metrics", "milliseconds"),
    [
        ({"predict_time": 0}, 0),
        ({"predict_time": 2}, 2000),
        ({"predict_time": 999_999.5}, 999_999_500),
        ({"predict_time": 1_000_000}, None),
        ({"predict_time": -0.1}, None),
        ({"predict_time": float("nan")}, None),
        ({"predict_time": float("inf")}, None),
        ({"predict_time": True}, None),
        ({"predict_time": "1"}, None),
        ({}, None),
        ([], None),
        (None, None),
    ],
)
def test_the_time_is_the_providers_in_milliseconds(metrics, milliseconds):
    assert read(metrics=metrics).model_ms == milliseconds


def test_an_error_is_cut_and_quotes_no_address():
    assert read(error=f"can't read {URL}").error == "can't read [redacted URL]"
    assert read(error="x" * 501).error == "x" * 500
    assert read(error=f"{'x ' * 1999}xx{URL}").error == ("x " * 250)
    assert read(error="").error is None
    assert read(error={"detail": ["no", 7]}).error == '{"detail": ["no", 7]}'
    assert read(error=deeply_nested()).error == "nested too deeply"


def deeply_nested():
    nested = []
    for _ in range(100_000):
        nested = [nested]
    return nested


@pytest.mark.parametrize("model", [[], {}, 7, ["owner/name"]])
def test_a_model_that_is_no_name_is_an_unknown_one(model):
    assert read(model=model, input={"anything": URL}).input_path == "/bucket/key.png"


@pytest.mark.parametrize(("length", "taken"), [(100, True), (101, False)])
def test_a_status_is_short(length, taken):
    with nullcontext() if taken else pytest.raises(NotAPrediction):
        assert read(status="x" * length).status == "x" * length


def test_an_output_that_is_not_as_the_file_says_may_have_one_address():
    """Where a step of the file's path is missing, and what stands there is no text."""
    assert read(output=[{"url": {"href": RESULT}}, RESULT]).output_url == RESULT
    assert read(output={"0": RESULT}).output_url == RESULT
