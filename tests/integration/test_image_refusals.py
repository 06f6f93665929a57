"""What is not a still, whole image of a bearable size is refused at intake, before it is counted or paid for."""

import struct

import pytest
from PIL import Image

from tests.images import encoded, foreign, make_image, opened, photo, png_files
from tests.integration.api_client import MODEL, Client

JOBS = "/api/ai-image/jobs"


@pytest.fixture(scope="module")
def guest(stack):
    with Client(stack.base_url) as client:
        client.finished(client.send(make_image()).json()["data"]["id"])
        yield client


@pytest.fixture
def uncounted(guest):
    """Nothing that the test sends is counted or kept."""
    before = guest.usage(), guest.call("GET", JOBS).json()
    yield
    assert (guest.usage(), guest.call("GET", JOBS).json()) == before


def sent(guest, data, content_type="image/jpeg", name="holiday.jpg"):
    return guest.call("POST", JOBS, files={"image": (name, data, content_type)}, data={"model": MODEL})


DISGUISED = {
    "text/html": foreign.HTML,
    "image/svg+xml": foreign.SVG,
    "application/zip": foreign.archive(),
    "image/gif": foreign.gif(),
    "image/heic": foreign.HEIC,
}


@pytest.mark.usefixtures("uncounted")
@pytest.mark.parametrize(("actual", "data"), DISGUISED.items(), ids=DISGUISED)
def test_something_else_named_jpg_is_told_what_it_is(guest, actual, data):
    presigned = guest.create(guest.upload(data, "image/jpeg"))
    for refused in (sent(guest, data), presigned):
        error = refused.json()["error"]
        assert (refused.status_code, error["type"]) == (415, "unsupported_media_type"), refused.text
        assert error["details"]["actual"] == actual
        assert set(error["details"]["accepted"]) == {"image/jpeg", "image/png", "image/webp"}


@pytest.mark.usefixtures("uncounted")
@pytest.mark.parametrize("data", [b"nothing known", b"\xff\xd8", b"\0" * 5000, b"RIFF\x10\0\0\0WAVEfmt " + b"\0" * 40])
def test_something_unknown_is_refused_without_a_guess(guest, data):
    refused = sent(guest, data)
    error = refused.json()["error"]
    assert (refused.status_code, error["type"]) == (415, "unsupported_media_type"), refused.text
    assert "actual" not in error["details"]


@pytest.mark.usefixtures("uncounted")
@pytest.mark.parametrize(("form", "content_type"), [("PNG", "image/png"), ("WEBP", "image/webp")])
def test_an_animated_image_is_refused(guest, form, content_type):
    data = foreign.animation(form)
    assert opened(data).is_animated
    presigned = guest.create(guest.upload(data, content_type))
    for refused in (sent(guest, data, content_type), presigned):
        error = refused.json()["error"]
        assert (refused.status_code, error["type"]) == (415, "unsupported_media_type"), refused.text
        assert "nimated" in error["message"]


def declaring(width, height):
    """A small JPEG whose frame header says otherwise."""
    data = make_image("JPEG")
    frame = data.index(b"\xff\xc0")
    return data[: frame + 5] + struct.pack(">HH", height, width) + data[frame + 9 :]


BOMBS = {
    "PNG": (png_files.bomb(30_000, 30_000), "image/png", 900_000_000),
    "JPEG": (declaring(30_000, 30_000), "image/jpeg", 900_000_000),
    "WebP": (encoded(Image.new("1", (16_383, 4_000)).convert("RGB"), "WEBP"), "image/webp", 65_532_000),
    "thin PNG": (png_files.bomb(1, 50_000_001), "image/png", 50_000_001),
}


@pytest.mark.usefixtures("uncounted")
@pytest.mark.parametrize(("data", "content_type", "pixels"), BOMBS.values(), ids=BOMBS)
def test_an_image_of_more_pixels_than_memory_holds_is_refused_by_its_header(guest, data, content_type, pixels):
    presigned = guest.create(guest.upload(data, content_type))
    for refused in (sent(guest, data, content_type), presigned):
        error = refused.json()["error"]
        assert (refused.status_code, error["type"]) == (422, "image_too_large"), refused.text
        assert (error["details"]["pixels"], error["details"]["maxPixels"]) == (pixels, 50_000_000)


SMALL = Image.linear_gradient("L").resize((16, 12)).convert("RGB")
WHOLE = {
    "baseline JPEG": (encoded(SMALL, "JPEG", optimize=True), "image/jpeg"),
    "progressive JPEG": (encoded(SMALL, "JPEG", progressive=True), "image/jpeg"),
    "PNG": (encoded(photo((16, 12))), "image/png"),
    "WebP": (encoded(photo((40, 30)), "WEBP"), "image/webp"),
    "lossless WebP": (encoded(photo((16, 12)), "WEBP", lossless=True), "image/webp"),
    "WebP with transparency": (encoded(photo((40, 30)).convert("RGBA"), "WEBP", exif=b"Exif\0\0II*\0"), "image/webp"),
}


@pytest.mark.usefixtures("uncounted")
@pytest.mark.parametrize(("data", "content_type"), WHOLE.values(), ids=WHOLE)
def test_a_file_cut_at_every_tenth_byte_is_refused(guest, data, content_type):
    answers = {cut: sent(guest, data[:cut], content_type) for cut in [*range(0, len(data), 10), len(data) - 1]}
    for cut, answer in answers.items():
        assert answer.status_code in {400, 415}, (cut, answer.text)
        expected = "validation_error" if answer.status_code == 400 else "unsupported_media_type"
        assert answer.json()["error"]["type"] == expected
    assert answers[len(data) - 1].status_code == 400
    assert "cut off" in answers[len(data) - 1].text


@pytest.mark.usefixtures("uncounted")
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_large_upload_that_is_cut_is_refused_too(guest, share):
    data = encoded(photo((1200, 900)), "JPEG", quality=100, comment=b"a" * 60_000)
    refused = guest.create(guest.upload(data[: int(len(data) * share)], "image/jpeg"))
    assert (refused.status_code, refused.json()["error"]["type"]) == (400, "validation_error"), refused.text


@pytest.mark.usefixtures("uncounted")
def test_the_end_of_a_thumbnail_is_not_the_end_of_its_photo(guest):
    thumbnail = make_image("JPEG")
    data = encoded(photo(), "JPEG", extra=struct.pack(">BBH", 0xFF, 0xE5, len(thumbnail) + 2) + thumbnail)
    assert data.count(b"\xff\xd9") == 2
    start = data.index(b"\xff\xda")
    for cut in (data[:start], data[: start + 20], data[:-2]):
        refused = sent(guest, cut)
        assert (refused.status_code, refused.json()["error"]["type"]) == (400, "validation_error"), refused.text


@pytest.mark.parametrize(
    ("form", "padding"),
    [("JPEG", b"\0"), ("JPEG", b"\xff" * 100), ("JPEG", b"\0" * 1000), ("PNG", b"\0" * 1000), ("WEBP", b"\r\n")],
    ids=["a JPEG and a zero", "a JPEG and fill bytes", "a JPEG and zeros", "a PNG and zeros", "a WebP and a line end"],
)
def test_padding_behind_a_whole_image_is_no_reason_to_refuse_it(guest, form, padding):
    content_type = f"image/{form.lower()}"
    created = sent(guest, make_image(form) + padding, content_type)
    assert created.status_code == 202, created.text
    assert guest.finished(created.json()["data"]["id"])["status"] == "succeeded"


def test_an_image_that_turns_out_damaged_costs_nothing(guest):
    data = bytearray(encoded(photo()))
    middle = data.index(b"IDAT") + 200
    data[middle : middle + 50] = bytes(50)
    before = guest.usage()
    job = guest.finished(sent(guest, bytes(data), "image/png").json()["data"]["id"])
    assert (job["status"], job["error"]["type"]) == ("failed", "validation_error")
    assert "damaged" in job["error"]["message"]
    assert guest.usage() == before


def webp_with_a_small_canvas():
    """The canvas says 10 x 10, the frame in it 5000 x 4000."""
    frame = encoded(Image.new("RGB", (5_000, 4_000)), "WEBP")[12:]
    canvas = b"VP8X" + struct.pack("<I", 10) + b"\0" * 4 + b"\x09\0\0" * 2
    return b"RIFF" + struct.pack("<I", 4 + len(canvas) + len(frame)) + b"WEBP" + canvas + frame


@pytest.mark.parametrize(
    ("data", "content_type"),
    [(png_files.bomb(9_000, 9_000, declared=(10, 10)), "image/png"), (webp_with_a_small_canvas(), "image/webp")],
    ids=["PNG", "WebP"],
)
def test_a_header_that_belittles_its_image_is_no_way_around_the_limit(guest, data, content_type):
    """What the header says is all that is ever decoded, or the image is damaged."""
    created = sent(guest, data, content_type)
    assert created.status_code == 202, created.text
    job = guest.finished(created.json()["data"]["id"])
    if job["status"] == "succeeded":
        assert (job["result"]["width"], job["result"]["height"]) == (40, 40)
    else:
        assert (job["status"], job["error"]["type"]) == ("failed", "validation_error")
