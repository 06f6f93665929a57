import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from enhancer.domain import image
from enhancer.domain.image import parts
from tests.images import disc, encoded, make_image
from tests.images.png_files import chunk

REFUSALS = (
    image.NotAnImage, image.Animated, image.Truncated, image.Damaged, image.TooIntricate, image.MoreNeeded,
)  # fmt: skip


def inspect(data, head=image.HEAD_BYTES):
    return image.inspect(data[:head], data[-image.TAIL_BYTES :], len(data))


def moving_image(form):
    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "blue")]
    return encoded(frames[0], form, save_all=True, append_images=frames[1:])


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
        ("WEBP", {"xmp": b"<x/>"}, "image/webp"),
    ],
)
@pytest.mark.parametrize("size", [(1, 1), (40, 30), (1, 2000), (300, 1), (16_383, 2), (2, 16_383)])
def test_type_and_size_are_those_that_pillow_reads(form, options, content_type, size):
    assert inspect(make_image(form, size, **options)) == image.ImageInfo(content_type, *size)


def test_a_webp_with_transparency_is_measured_by_its_canvas():
    data = encoded(disc((200, 30, 30), side=300), "WEBP")
    assert data[12:16] == b"VP8X"
    assert inspect(data) == image.ImageInfo("image/webp", 300, 300)


FRAMES = [0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF]


def jpeg(before=b"", frame=0xC0, size=(513, 258)):
    """The least that is a JPEG (ITU-T T.81, annex B): `before`, a frame header, an end."""
    header = (
        bytes([0xFF, frame]) + struct.pack(">HBHHB", 17, 8, size[1], size[0], 3) + bytes([1, 17, 0, 2, 17, 1, 3, 17, 1])
    )
    return b"\xff\xd8" + before + header + b"\xff\xd9"


@pytest.mark.parametrize("frame", FRAMES)
def test_every_kind_of_frame_that_pillow_reads_tells_the_size(frame):
    data = jpeg(frame=frame)
    assert Image.open(io.BytesIO(data)).size == (513, 258)
    assert inspect(data) == image.ImageInfo("image/jpeg", 513, 258)


@pytest.mark.parametrize(
    "before",
    [
        b"\xff\xe0\0\x04ab",
        b"\xff\xff\xff\xe0\0\x04ab",  # any marker may be preceded by fill bytes
        b"\xff\xff\xe0\0\x04ab",
        b"\xff\xc4\0\x13" + b"\0" * 17,  # a table, not a frame
        b"\xff\xc8\0\x08\x08\0\x07\0\x07\x01",
        b"\xff\xcc\0\x08\x08\0\x07\0\x07\x01",
        b"\xff\xe1\0\x0c" + b"\xff\xc0\0\x11\x08\0\x07\0\x07\x01",  # a thumbnail's frame inside a segment
    ],
)
def test_what_comes_before_a_frame_is_skipped_as_pillow_skips_it(before):
    data = jpeg(before)
    assert Image.open(io.BytesIO(data)).size == (513, 258)
    assert inspect(data) == image.ImageInfo("image/jpeg", 513, 258)


@pytest.mark.parametrize("size", [(65_535, 1), (1, 65_535)])
def test_a_jpegs_sides_are_numbers_of_16_bits(size):
    assert Image.open(io.BytesIO(jpeg(size=size))).size == size
    assert inspect(jpeg(size=size)) == image.ImageInfo("image/jpeg", *size)


@pytest.mark.parametrize("bare", [0x01, *range(0xD0, 0xD8)])
def test_a_marker_without_a_length_is_skipped(bare):
    """ITU-T T.81, table B.1: these stand alone; Pillow refuses them outside scans."""
    assert inspect(jpeg(bytes([0xFF, bare]))) == image.ImageInfo("image/jpeg", 513, 258)


def test_a_jpegs_size_is_read_from_the_first_nine_bytes_of_its_frame():
    data = jpeg() + b"\0" * 50 + b"\xff\xd9"
    assert image.inspect(data[:11], data[-64:], len(data)).width == 513
    with pytest.raises(image.MoreNeeded):
        image.inspect(data[:10], data[-64:], len(data))
    with pytest.raises(image.Truncated):
        image.inspect(data[:10], data[:10], 10)
    with pytest.raises(image.Truncated):
        inspect(b"\xff\xd8\xff\xe0\0\x04ab" + b"no marker")


def test_a_png_is_known_once_its_pixels_begin():
    data = make_image("PNG")
    assert image.inspect(data[:41], data[-64:], len(data)) == image.ImageInfo("image/png", 40, 30)
    with pytest.raises(image.MoreNeeded):
        image.inspect(data[:40], data[-64:], len(data))
    with pytest.raises(image.Truncated):
        image.inspect(data[:32], data[-64:], len(data))
    with pytest.raises(image.Truncated):
        inspect(data.replace(b"IHDR", b"iHDR"))


def test_a_webps_size_is_read_from_its_first_30_bytes():
    for data in (make_image("WEBP"), make_image("WEBP", lossless=True), make_image("WEBP", xmp=b"<x/>")):
        assert image.inspect(data[:30], b"", len(data)) == image.ImageInfo("image/webp", 40, 30)
        with pytest.raises(image.Truncated):
            image.inspect(data[:24], b"", len(data))
        with pytest.raises(image.Truncated):
            image.inspect(data, b"", len(data) - 1)
        assert image.inspect(data + b"\0", b"", len(data) + 1).width == 40


@pytest.mark.parametrize(
    "broken",
    [
        make_image("WEBP").replace(b"VP8 ", b"VP9 "),
        make_image("WEBP").replace(b"\x9d\x01\x2a", b"\x9d\x01\x2b"),
        make_image("WEBP", lossless=True)[:20] + b"\x2e" + make_image("WEBP", lossless=True)[21:],
    ],
)
def test_a_webp_whose_first_chunk_is_no_image_is_none(broken):
    with pytest.raises(image.NotAnImage) as refusal:
        inspect(broken)
    assert refusal.value.actual is None


def test_a_webp_that_declares_two_gigabytes_and_more_is_cut_off():
    data = make_image("WEBP")
    with pytest.raises(image.Truncated):
        inspect(data[:4] + b"\xf0\xff\xff\xff" + data[8:])


def test_only_its_own_bit_says_that_a_webp_is_animated():
    data = bytearray(make_image("WEBP", xmp=b"<x/>"))
    data[20] |= 0xFD  # reserved bits must be ignored, the others are metadata and transparency
    assert inspect(bytes(data)).width == 40
    data[20] = 0x02
    with pytest.raises(image.Damaged):
        inspect(bytes(data))


def test_a_jpeg_of_which_nothing_but_the_first_bytes_is_one_is_no_image():
    with pytest.raises(image.NotAnImage):
        inspect(b"\xff\xd8" + bytes(200))


def test_an_empty_segment_ends_where_the_next_begins():
    assert inspect(jpeg(b"\xff\xfe\0\x02")).width == 513


def test_an_end_marker_inside_the_first_segment_is_not_the_images_end():
    data = jpeg(b"\xff\xe1\0\x06\xff\xd9\xff\xd9")[:-2] + b"\0" * 64
    with pytest.raises(image.Truncated):
        inspect(data)


def test_the_scaling_hint_of_a_lossy_webp_is_not_part_of_its_size():
    """RFC 6386, section 9.1: 14 bits of width and 2 of scaling, and the same for the height."""
    data = bytearray(make_image("WEBP"))
    data[27] |= 0x40
    data[29] |= 0x80
    assert Image.open(io.BytesIO(data)).size == (40, 30)
    assert inspect(bytes(data)) == image.ImageInfo("image/webp", 40, 30)


@pytest.mark.parametrize("side", ["width", "height"])
def test_an_image_without_area_is_none(side):
    data = bytearray(jpeg())
    offset = data.index(struct.pack(">HH", 258, 513)) + (2 if side == "width" else 0)
    data[offset : offset + 2] = b"\0\0"
    with pytest.raises(image.Damaged):
        inspect(bytes(data))


def test_a_png_is_animated_only_by_what_comes_before_its_pixels():
    data = make_image("PNG")
    end = data.index(b"\0\0\0\0IEND")
    note = b"acTL\0animated"
    assert inspect(data[:end] + chunk(b"tEXt", note) + data[end:]).width == 40
    moving = moving_image("PNG")
    assert moving.index(b"acTL") < 60 < moving.index(b"IDAT")
    with pytest.raises(image.Animated):
        image.inspect(moving[:60], moving[-64:], len(moving))


@pytest.mark.parametrize(("frames", "still"), [(0, True), (1, True), (2, False)])
def test_a_png_moves_that_says_so_in_four_bytes(frames, still):
    data = make_image("PNG")
    data = data[:33] + chunk(b"acTL", struct.pack(">I", frames)) + data[33:]
    if still:
        assert inspect(data).width == 40
    else:
        with pytest.raises(image.Animated):
            inspect(data)


def test_a_side_of_a_png_is_never_negative():
    data = bytearray(make_image("PNG"))
    data[16:24] = struct.pack(">II", 0x8000_0005, 0x8000_0006)
    found = inspect(bytes(data))
    assert (found.width, found.height) == (0x8000_0005, 0x8000_0006)


def test_so_many_parts_are_looked_at_and_no_more():
    assert len(list(parts.bounded(range(20_000)))) == 20_000
    with pytest.raises(image.TooIntricate):
        list(parts.bounded(range(20_001)))


def test_the_end_of_a_png_is_the_last_chunk_wherever_the_tail_begins():
    data = make_image("PNG")
    assert image.inspect(data, b"", len(data)).width == 40
    with pytest.raises(image.Truncated):
        image.inspect(data[:-1], b"", len(data) - 1)
    inside = data.replace(b"IDAT", b"IDAT\0\0\0\0IEND\xaeB`\x82", 1)[: data.index(b"IDAT") + 20]
    with pytest.raises(image.Truncated):
        image.inspect(inside, b"", len(inside))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_file_cut_off_anywhere_is_never_taken_for_whole(form):
    data = make_image(form, (90, 70))
    for length in range(len(data) - 1):
        with pytest.raises((image.Truncated, image.NotAnImage)):
            inspect(data[:length])


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_a_moving_image_is_told_from_a_still_one(form):
    with pytest.raises(image.Animated):
        inspect(moving_image(form))


def test_a_jpeg_with_metadata_longer_than_the_head_asks_for_more():
    data = make_image("JPEG", icc_profile=b"\0" * 400_000)
    with pytest.raises(image.MoreNeeded):
        inspect(data)
    assert inspect(data, len(data)) == image.ImageInfo("image/jpeg", 40, 30)


@given(st.binary(max_size=300), st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBPVP8X"]))
def test_no_bytes_raise_anything_but_a_refusal(tail, start):
    try:
        found = inspect(start + tail)
    except REFUSALS:
        return
    assert found.width > 0
    assert found.height > 0


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_what_a_phone_appends_does_not_cut_the_image_off(form):
    data = make_image(form) + b"ftypmp42" * 100
    with pytest.raises(image.MoreNeeded):
        image.inspect(data[:200], data[-64:], len(data))
    assert image.inspect(data, data[-64:], len(data)).width == 40


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_rows": 1}])
def test_an_end_marker_inside_a_thumbnail_is_not_the_images_end(options):
    thumbnail = make_image("JPEG", (16, 16))
    data = make_image("JPEG", (90, 70), exif=b"Exif\0\0" + thumbnail, **options)
    for length in range(data.index(thumbnail) + len(thumbnail), len(data) - 1, 7):
        cut = data[:length] + b"\0" * 100
        with pytest.raises((image.Truncated, image.NotAnImage)):
            image.inspect(cut, cut[-64:], len(cut))
    assert image.inspect(data + b"\0" * 100, b"\0" * 64, len(data) + 100).width == 90


@pytest.mark.parametrize(
    ("data", "actual"),
    [
        (b"GIF89a", "image/gif"),
        (b"GIF87a", "image/gif"),
        (b" GIF89a", None),
        (b"\0\0\0\x18ftypheix\0\0", "image/heic"),
        (b"\0\0\0\x18ftypmif1\0\0", "image/heif"),
        (b"\0\0\0ftypheic\0\0", None),
        (b"II*\0\x08", "image/tiff"),
        (b"MM\0*\0\0", "image/tiff"),
        (b"BM6\0", "image/bmp"),
        (b"<!DOCTYPE HTML>", "text/html"),
        (b"<HTML><svg>", "image/svg+xml"),
        (b"<!--" + b" " * 1015 + b"<html", "text/html"),
        (b"<!--" + b" " * 1016 + b"<html", None),
        (b"\0\0\0\x18ftypheic\0\0", "image/heic"),
        (b"\0\0\0\x18ftypavif\0\0", "image/avif"),
        (b"PK\x03\x04", "application/zip"),
        (b"%PDF-1.7", "application/pdf"),
        (b"\xef\xbb\xbf \n<!DOCTYPE html><html>", "text/html"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "image/svg+xml"),
        (b"<nothing>", None),
        (b"X<html>", None),
        (b"plain text about <svg", None),
    ],
)
def test_what_is_not_an_image_is_called_what_it_is(data, actual):
    with pytest.raises(image.NotAnImage) as refusal:
        inspect(data)
    assert refusal.value.actual == actual


FOREIGN = {
    "image/gif": [b"GIF89a"],
    "image/x-canon-cr2": [b"II*\0\x10\0\0\0CR\2\0"],
    "image/tiff": [b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08", b"II+\0\x08\0\0\0", b"MM\0+\0\x08\0\0"],
    "image/jxr": [b"II\xbc\x01"],
    "image/bmp": [b"BM6\0"],
    "image/vnd.microsoft.icon": [b"\0\0\1\0\1\0"],
    "image/vnd.adobe.photoshop": [b"8BPS\0\1"],
    "image/jxl": [b"\xff\x0a\x10", b"\0\0\0\x0cJXL \r\n\x87\n"],
    "image/jp2": [b"\0\0\0\x0cjP  \r\n\x87\n"],
    "image/j2c": [b"\xff\x4f\xff\x51\0"],
    "image/x-fuji-raf": [b"FUJIFILMCCD-RAW 0201"],
    "video/x-mng": [b"\x8aMNG\r\n\x1a\n"],
    "video/webm": [b"\x1a\x45\xdf\xa3\x93"],
    "video/x-msvideo": [b"RIFF\x24\0\0\0AVI LIST"],
    "video/quicktime": [b"\0\0\0\x08wide", b"\0\0\4\xd2moov", b"\0\0\4\xd2mdat", b"\0\0\0\x14ftypqt  \0\0\0\0qt  "],
    "application/pdf": [b"%PDF-1.7"],
    "application/zip": [b"PK\x03\x04"],
    "image/x-canon-cr3": [b"\0\0\0\x18ftypcrx \0\0\0\1crx isom"],
    "image/heic": [b"\0\0\0\x18ftyp%s\0\0\0\0mif1heic" % brand for brand in (b"heic", b"heix", b"heim", b"heis")],
    "image/heic-sequence": [
        b"\0\0\0\x18ftyp%s\0\0\0\0msf1hevc" % brand for brand in (b"hevc", b"hevx", b"hevm", b"hevs")
    ],
    "image/avif": [b"\0\0\0\x18ftyp%s\0\0\0\0mif1miaf" % brand for brand in (b"avif", b"avis")],
    "video/3gpp": [b"\0\0\0\x18ftyp%s\0\0\0\0isom3gp4" % brand for brand in (b"3gp4", b"3gp5", b"3gp6")],
    "video/mp4": [
        b"\0\0\0\x18ftyp%s\0\0\2\0isomiso2" % brand
        for brand in (b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"dash")
    ],
}


@pytest.mark.parametrize(
    ("data", "actual"), [(data, actual) for actual, examples in FOREIGN.items() for data in examples]
)
def test_files_of_other_kinds_are_told_by_their_first_bytes(data, actual):
    with pytest.raises(image.NotAnImage) as refusal:
        inspect(data + bytes(40))
    assert refusal.value.actual == actual


def boxed(major, *compatible, length=None):
    """A file type box (ISO/IEC 14496-12, 4.3): its length, major brand, version and compatible brands."""
    body = b"ftyp" + major + bytes(4) + b"".join(compatible)
    return (len(body) + 4 if length is None else length).to_bytes(4) + body + b"avif" * 4


@pytest.mark.parametrize(
    ("data", "actual"),
    [
        (boxed(b"mif1", b"mif1", b"heic"), "image/heic"),
        (boxed(b"mif1", b"miaf", b"isom", b"avif"), "image/avif"),
        (boxed(b"msf1", b"iso8", b"hevc"), "image/heic-sequence"),
        (boxed(b"msf1", b"isom", b"mp41"), "image/heif-sequence"),
        (boxed(b"mif1", b"miaf"), "image/heif"),
        (boxed(b"mif1"), "image/heif"),
        (boxed(b"mif1", b"miaf", b"avif", length=20), "image/heif"),
        (boxed(b"mif1", b"\0avi", b"f\0\0\0"), "image/heif"),
        (boxed(b"mif1", *[b"miaf"] * 60), "image/heif"),
        (boxed(b"mif1", *[b"miaf"] * 59, b"avif"), "image/avif"),
        (boxed(b"mif1", *[b"miaf"] * 60, b"avif"), "image/heif"),
    ],
)
def test_an_image_of_any_codec_is_called_by_the_codec_that_its_box_names(data, actual):
    with pytest.raises(image.NotAnImage) as refusal:
        inspect(data)
    assert refusal.value.actual == actual
