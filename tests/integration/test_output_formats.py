"""The result in the format, quality and under the name that were asked for, or a refusal that says what would fit."""

import hashlib
import re
from urllib.parse import unquote

import numpy as np
import pytest
from PIL import Image

from tests.images import encoded, make_image, opened, photo
from tests.integration.api_client import MODEL

JOBS = "/api/ai-image/jobs"
OUTPUTS = {
    "png": ("PNG", "image/png", "png"),
    "webp": ("WEBP", "image/webp", "webp"),
    "jpeg": ("JPEG", "image/jpeg", "jpg"),
}


@pytest.mark.parametrize("output", OUTPUTS)
def test_a_result_comes_in_the_format_that_was_asked_for(guest, output):
    form, content_type, extension = OUTPUTS[output]
    job = guest.enhance(encoded(photo()), "image/png", scale=2, outputFormat=output)
    answer = guest.image(job["imageUrl"])
    assert answer.headers["Content-Type"] == content_type
    assert job["imageUrl"].endswith(f"/output.{extension}")
    assert job["result"] == {
        "contentType": content_type,
        "width": 120,
        "height": 88,
        "bytes": len(answer.content),
        "sha256": hashlib.sha256(answer.content).hexdigest(),
    }
    result = opened(answer.content)
    assert (result.format, result.size) == (form, (120, 88))
    back = result.convert("RGB").resize((60, 44), Image.Resampling.BOX)
    assert np.abs(np.asarray(back, float) - np.asarray(photo(), float)).mean() < 2
    assert f'-enhanced-2x.{extension}"' in answer.headers["Content-Disposition"]


def test_png_and_a_quality_of_ninety_are_the_defaults(guest):
    job = guest.enhance(make_image(), "image/png")
    assert (job["params"]["outputFormat"], job["params"]["outputQuality"]) == ("png", 90)
    assert job["result"]["contentType"] == "image/png"


@pytest.mark.parametrize("output", ["webp", "jpeg"])
def test_less_quality_is_fewer_bytes(guest, output):
    rough = Image.fromarray(np.random.default_rng(7).integers(0, 256, (60, 80, 3), np.uint8))
    jobs = [
        guest.enhance(encoded(rough), "image/png", scale=2, outputFormat=output, outputQuality=q) for q in (1, 50, 100)
    ]
    sizes = [job["result"]["bytes"] for job in jobs]
    assert sizes == sorted(sizes)
    assert sizes[2] > 3 * sizes[0]


def test_a_form_may_ask_for_a_format_too(guest):
    fields = {"model": MODEL, "scale": "1.5", "outputFormat": "jpeg", "outputQuality": "70"}
    created = guest.call("POST", JOBS, files={"image": ("x.png", make_image(), "image/png")}, data=fields)
    assert created.status_code == 202, created.text
    job = guest.finished(created.json()["data"]["id"])
    assert (job["params"]["scale"], job["params"]["outputQuality"]) == (1.5, 70)
    assert (job["result"]["contentType"], job["result"]["width"], job["result"]["height"]) == ("image/jpeg", 60, 45)


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"outputFormat": "gif"}, "outputFormat"),
        ({"outputFormat": "PNG"}, "outputFormat"),
        ({"outputFormat": None}, "outputFormat"),
        ({"outputFormat": ["png"]}, "outputFormat"),
        ({"outputQuality": 0}, "outputQuality"),
        ({"outputQuality": 101}, "outputQuality"),
        ({"outputQuality": "high"}, "outputQuality"),
        ({"scale": 0.99}, "scale"),
        ({"scale": 4.01}, "scale"),
    ],
)
def test_a_format_or_quality_that_can_not_be_had_is_refused_and_named(guest, params, field):
    refused = guest.create(guest.upload(make_image(), "image/png"), **params)
    error = refused.json()["error"]
    assert (refused.status_code, error["type"]) == (400, "validation_error")
    assert field in error["details"]["field"]


@pytest.mark.parametrize("output", ["png", "webp"])
def test_transparency_survives_in_the_formats_that_have_it(guest, output):
    faint = photo()
    faint.putalpha(Image.linear_gradient("L").resize(faint.size).point(lambda value: 40 + value * 215 // 255))
    job = guest.enhance(encoded(faint), "image/png", scale=2, outputFormat=output)
    result = opened(guest.image(job["imageUrl"]).content)
    back = result.getchannel("A").resize(faint.size, Image.Resampling.BOX)
    assert np.abs(np.asarray(back, float) - np.asarray(faint.getchannel("A"), float)).mean() < 1
    for name in ("previewUrl", "thumbUrl"):
        assert "A" in opened(guest.image(job[name]).content).getbands()


def test_a_jpeg_lays_transparency_on_white(guest):
    faint = photo()
    faint.putalpha(Image.linear_gradient("L").resize(faint.size))
    job = guest.enhance(encoded(faint), "image/png", scale=2, outputFormat="jpeg")
    result = opened(guest.image(job["imageUrl"]).content)
    expected = Image.alpha_composite(Image.new("RGBA", faint.size, "white"), faint).convert("RGB")
    back = result.resize(faint.size, Image.Resampling.BOX)
    assert np.abs(np.asarray(back, float) - np.asarray(expected, float)).mean() < 3
    assert np.asarray(result, int)[:2].min() > 245


def long(side):
    return encoded(Image.new("RGB", (1, side), (90, 120, 60)))


@pytest.mark.parametrize(
    ("side", "output", "scale", "limit", "maximum"),
    [
        (20_000, "webp", 1, 16_383, None),
        (20_000, "webp", 4, 16_383, None),
        (20_000, "jpeg", 4, 65_500, 3.27),
        (20_000, "jpeg", 3.28, 65_500, 3.27),
        (5_000, "webp", 4, 16_383, 3.27),
        (16_384, "webp", 1, 16_383, None),
        (65_501, "jpeg", 1, 65_500, None),
    ],
)
def test_a_side_that_the_format_does_not_hold_is_refused_with_what_would_fit(
    guest, side, output, scale, limit, maximum
):
    upload_id = guest.upload(long(side), "image/png")
    refused = guest.create(upload_id, outputFormat=output, scale=scale)
    assert refused.status_code == 400, refused.text
    error = refused.json()["error"]
    details = error["details"]
    assert (error["type"], details["field"]) == ("validation_error", "outputFormat")
    assert (details["limit"], details["actual"], details.get("maximum")) == (limit, round(side * scale), maximum)
    assert "png" in error["message"].lower()
    assert maximum is None or str(maximum) in error["message"]
    fits = guest.create(upload_id, outputFormat="png", scale=1)
    assert fits.status_code == 202, fits.text


@pytest.mark.parametrize(
    ("side", "output", "scale"), [(5_000, "webp", 3.27), (16_383, "webp", 1), (20_000, "jpeg", 3.27)]
)
def test_the_longest_side_that_a_format_holds_is_delivered(guest, side, output, scale):
    job = guest.enhance(long(side), "image/png", outputFormat=output, scale=scale)
    assert job["status"] == "succeeded", job["error"]
    result = opened(guest.image(job["imageUrl"]).content)
    assert result.height == job["result"]["height"] == round(side * scale)


def test_the_limit_is_told_for_a_form_too(guest):
    fields = {"model": MODEL, "outputFormat": "webp"}
    refused = guest.call("POST", JOBS, files={"image": ("x.png", long(20_000), "image/png")}, data=fields)
    assert (refused.status_code, refused.json()["error"]["details"]["field"]) == (400, "outputFormat")


NAMES = {
    "umlauts": ("Käse über Öl.png", "K_se _ber _l", "Käse über Öl"),
    "brackets": ("Urlaub [1] (2) {3}.jpg", "Urlaub _1_ _2_ _3_", "Urlaub [1] (2) {3}"),
    "300 characters": ("a" * 300 + ".png", "a" * 80, "a" * 80),
    "300 umlauts": ("ü" * 300 + ".png", "_" * 80, "ü" * 80),
    "300 emoji": ("🐈" * 300 + ".png", "_" * 80, "🐈" * 80),
    "no extension": ("holiday", "holiday", "holiday"),
    "another script": ("写真.webp", "__", "写真"),
    "an apostrophe and percent": ("it's 100%25.png", "it_s 100_25", "it's 100%25"),
    "path-like": ("../../x", "x", "x"),
    "only a slash": ("/", "image", "image"),
}


HOSTILE = {
    "quotes": 'a"; filename="evil.exe',
    "a newline": "a\r\nSet-Cookie: evil=1\r\n\r\nb.png",
    "backslashes": "..\\..\\x.png",
    "control characters": "a\0b\x1b[2J\x7f.png",
    "text that runs backwards": "photo\u202egnp.exe",
    "line separators": "a\u2028b\x85c.png",
    "dots only": "..",
}


@pytest.fixture(scope="module")
def orders(guest):
    """Jobs by the names of their images, ordered before the first is waited for."""
    names = [*(name for name, _, _ in NAMES.values()), *HOSTILE.values()]
    order = {"model": MODEL, "params": {"scale": 2}}
    uploads = {name: guest.upload(make_image(), "image/png") for name in names}
    return {
        name: guest.call("POST", JOBS, json=order | {"uploadId": upload_id, "filename": name})
        for name, upload_id in uploads.items()
    }


def named(guest, created):
    """The name in the header of a result: the plain one and the exact one."""
    assert created.status_code == 202, created.text
    job = guest.finished(created.json()["data"]["id"])
    assert job["status"] == "succeeded", job["error"]
    header = guest.image(job["imageUrl"]).headers["Content-Disposition"]
    parts = re.fullmatch(r"attachment; filename=\"([A-Za-z0-9._ -]+)\"; filename\*=UTF-8''([A-Za-z0-9._~%-]+)", header)
    assert parts, header
    return parts[1], unquote(parts[2], errors="strict")


@pytest.mark.parametrize(("name", "plain", "exact"), NAMES.values(), ids=NAMES)
def test_a_result_is_named_after_its_original(guest, orders, name, plain, exact):
    assert named(guest, orders[name]) == (f"{plain}-enhanced-2x.png", f"{exact}-enhanced-2x.png")


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_name_becomes_a_harmless_one(guest, orders, name):
    plain, exact = named(guest, orders[name])
    assert plain.endswith("-enhanced-2x.png")
    assert exact.endswith("-enhanced-2x.png")
    assert not set(exact) & set("/\\\r\n\0\x1b\x7f\x85\u2028\u202e"), exact


@pytest.mark.parametrize("name", ["Käse [1].png", "ü" * 300 + ".png", 'a".png', "../../x.png"])
def test_a_name_in_a_form_is_as_safe(guest, name):
    created = guest.send(make_image(), name=name)
    assert created.status_code == 202, created.text
    job = guest.finished(created.json()["data"]["id"])
    header = guest.image(job["imageUrl"]).headers["Content-Disposition"]
    assert re.fullmatch(r"attachment; filename=\"[A-Za-z0-9._ -]+\"; filename\*=UTF-8''[A-Za-z0-9._~%-]+", header), (
        header
    )
    assert "%2F" not in header
    assert len(unquote(header)) < 250
