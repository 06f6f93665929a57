import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from enhancer.domain import image
from tests.pictures import picture


def inspect(data, head=image.HEAD_BYTES):
    return image.inspect(data[:head], data[-image.TAIL_BYTES :], len(data))


@pytest.mark.parametrize(
    ("form", "options", "content_type"),
    [
        ("JPEG", {}, "image/jpeg"),
        ("JPEG", {"progressive": True}, "image/jpeg"),
        ("JPEG", {"exif": b"Exif\0\0" + b"\0" * 60_000, "icc_profile": b"\0" * 100_000}, "image/jpeg"),
        ("PNG", {}, "image/png"),
        ("PNG", {"mode": "RGBA"}, "image/png"),
        ("PNG", {"mode": "1"}, "image/png"),
        ("WEBP", {}, "image/webp"),
        ("WEBP", {"lossless": True}, "image/webp"),
        ("WEBP", {"mode": "RGBA"}, "image/webp"),
    ],
)
@pytest.mark.parametrize("size", [(1, 1), (40, 30), (1, 2000), (300, 1)])
def test_type_and_size_are_those_that_pillow_reads(form, options, content_type, size):
    assert inspect(picture(form, size, **options)) == image.Picture(content_type, *size)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_file_cut_off_anywhere_is_never_taken_for_whole(form):
    data = picture(form, (90, 70))
    for length in range(len(data) - 1):
        with pytest.raises((image.Truncated, image.NotAPicture)):
            inspect(data[:length])


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_a_moving_picture_is_told_from_a_still_one(form):
    buffer = io.BytesIO()
    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "blue")]
    frames[0].save(buffer, form, save_all=True, append_images=frames[1:])
    with pytest.raises(image.Animated):
        inspect(buffer.getvalue())


def test_a_jpeg_with_metadata_longer_than_the_head_asks_for_more():
    data = picture("JPEG", icc_profile=b"\0" * 400_000)
    with pytest.raises(image.MoreNeeded):
        inspect(data)
    assert inspect(data, len(data)) == image.Picture("image/jpeg", 40, 30)


@given(st.binary(max_size=300), st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBPVP8X"]))
def test_no_bytes_raise_anything_but_a_refusal(tail, start):
    try:
        found = inspect(start + tail)
    except (image.NotAPicture, image.Animated, image.Truncated, image.MoreNeeded):
        return
    assert found.width > 0
    assert found.height > 0


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_what_a_phone_appends_does_not_cut_the_picture_off(form):
    data = picture(form) + b"ftypmp42" * 100
    with pytest.raises(image.MoreNeeded):
        image.inspect(data[:200], data[-64:], len(data))
    assert image.inspect(data, data[-64:], len(data)).width == 40


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_rows": 1}])
def test_an_end_marker_inside_a_thumbnail_is_not_the_pictures_end(options):
    thumbnail = picture("JPEG", (16, 16))
    data = picture("JPEG", (90, 70), exif=b"Exif\0\0" + thumbnail, **options)
    for length in range(data.index(thumbnail) + len(thumbnail), len(data) - 1, 7):
        cut = data[:length] + b"\0" * 100
        with pytest.raises((image.Truncated, image.NotAPicture)):
            image.inspect(cut, cut[-64:], len(cut))
    assert image.inspect(data + b"\0" * 100, b"\0" * 64, len(data) + 100).width == 90


@pytest.mark.parametrize(
    ("data", "actual"),
    [
        (b"GIF89a", "image/gif"),
        (b"\0\0\0\x18ftypheic\0\0", "image/heic"),
        (b"\0\0\0\x18ftypavif\0\0", "image/avif"),
        (b"PK\x03\x04", "application/zip"),
        (b"%PDF-1.7", "application/pdf"),
        (b"\xef\xbb\xbf \n<!DOCTYPE html><html>", "text/html"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "image/svg+xml"),
        (b"<nothing>", None),
        (b"plain text about <svg", None),
    ],
)
def test_what_is_not_a_picture_is_called_what_it_is(data, actual):
    with pytest.raises(image.NotAPicture) as refusal:
        inspect(data)
    assert refusal.value.actual == actual
