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
    with pytest.raises(image.HeaderTooLong):
        inspect(data)
    assert inspect(data, len(data)) == image.Picture("image/jpeg", 40, 30)


@given(st.binary(max_size=300), st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBPVP8X"]))
def test_no_bytes_raise_anything_but_a_refusal(tail, start):
    try:
        found = inspect(start + tail)
    except (image.NotAPicture, image.Animated, image.Truncated, image.HeaderTooLong):
        return
    assert found.width > 0
    assert found.height > 0
