"""What is taken out of a file as its image: everything that is not it stays behind, whatever it calls itself."""

import io
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from enhancer.adapters.imaging import PillowImaging
from enhancer.domain import image
from enhancer.domain.image import exif, jpeg, parts
from enhancer.errors import TooMuchWork, UnreadableImage
from tests.images import encoded, make_image, photo
from tests.images.png_files import chunk

SECRET = b"Jane Doe, 4 Hidden Lane"
CAP = 100_000
PHOTO = photo((64, 48))
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
JPEG, PNG = encoded(PHOTO, "JPEG", quality=90), encoded(PHOTO, "PNG")
WEBP = encoded(PHOTO, "WEBP", lossless=True)
JFIF_END = 4 + int.from_bytes(JPEG[4:6])
TURNED = struct.pack("<4sIHHHIHHI", b"II*\0", 8, 1, 0x0112, 3, 1, 6, 0, 0)


def segment(marker, body):
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def behind(data, more, form="JPEG"):
    """`more` where metadata are: behind JFIF, IHDR or the first bytes of a WebP."""
    place = {"JPEG": JFIF_END, "PNG": 33}[form]
    return data[:place] + more + data[place:]


def webp(*chunks):
    body = b"".join(kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2) for kind, data in chunks)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def vp8x(flags, width=64, height=48):
    return b"VP8X", bytes([flags, 0, 0, 0]) + struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]


STILL = (b"VP8L", WEBP[20 : 20 + int.from_bytes(WEBP[16:20], "little")])

RAW_PROFILE = b"Raw profile type exif\0\0" + zlib.compress(b"\nexif\n  26\n" + TURNED.hex().encode() + b'\n$"')
LONG_PROFILE = struct.pack(">I", 1_200_000) + SRGB[4:] + bytes(1_200_000)
ANCILLARY = ((b"gAMA", bytes(4)), (b"tEXt", b"a\0b"), (b"bKGD", bytes(6)), (b"iCCP", b"a\0\0b"), (b"mkBT", b""))

CARRIERS = {
    "APP13 that begins like Adobe's": behind(JPEG, segment(0xED, b"Adobe_Photoshop2.5:8BIM" + SECRET)),
    "APP13 of Adobe_CM": behind(JPEG, segment(0xED, b"Adobe_CM\0" + SECRET)),
    "a comment that begins like Adobe's": behind(JPEG, segment(0xFE, b"Adobe " + SECRET)),
    "a comment that begins like a profile": behind(JPEG, segment(0xFE, b"ICC_PROFILE\0\1\1" + SECRET)),
    "JFIF with more than it has": JPEG[:2] + segment(0xE0, JPEG[6:20] + SECRET) + JPEG[JFIF_END:],
    "JFIF with a thumbnail": JPEG[:2] + segment(0xE0, JPEG[6:18] + b"\1\7" + SECRET) + JPEG[JFIF_END:],
    "JFXX": behind(JPEG, segment(0xE0, b"JFXX\0\x10" + SECRET)),
    "APP14 with more than Adobe's twelve bytes": behind(JPEG, segment(0xEE, b"Adobe\0d\0\0\0\0\1" + SECRET)),
    "an application's segment": behind(JPEG, segment(0xEB, b"JP" + SECRET)),
    "XMP in two segments": behind(JPEG, segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + SECRET)),
    "MPF": behind(JPEG, segment(0xE2, b"MPF\0" + SECRET)),
    "a reserved segment": behind(JPEG, segment(0xF5, SECRET)),
    "bytes between segments": behind(JPEG, SECRET),
    "bytes behind a profile's end": behind(JPEG, segment(0xE2, b"ICC_PROFILE\0\1\1" + SRGB + SECRET)),
    "a profile that is none": behind(JPEG, segment(0xE2, b"ICC_PROFILE\0\1\1" + SECRET * 10)),
    "EXIF between scans": JPEG[:-2] + segment(0xE1, b"Exif\0\0" + SECRET) + JPEG[-2:],
    "a second image behind the first": JPEG + behind(JPEG, segment(0xFE, SECRET)),
    "a rest that ends like a JPEG": JPEG + SECRET + JPEG[-20:],
    "a PNG's rest with a second end": PNG + SECRET + PNG[-60:],
    "two PNGs": PNG + behind(PNG, chunk(b"tEXt", b"a\0" + SECRET), "PNG"),
    "a PNG's end with content": PNG[:-12] + chunk(b"IEND", SECRET) + chunk(b"IEND", b""),
    "a text": behind(PNG, chunk(b"tEXt", b"Author\0" + SECRET), "PNG"),
    "a text behind the pixels": PNG[:-12] + chunk(b"iTXt", b"Author\0\0\0\0\0" + SECRET) + PNG[-12:],
    "a private chunk": behind(PNG, chunk(b"prVt", SECRET), "PNG"),
    "an unknown public chunk": behind(PNG, chunk(b"caBX", SECRET), "PNG"),
    "an unknown critical chunk": behind(PNG, chunk(b"ABCD", SECRET), "PNG"),
    "a palette that only suggests": behind(PNG, chunk(b"PLTE", SECRET + b"."), "PNG"),
    "a gamma that is too long": behind(PNG, chunk(b"gAMA", b"\0\0\xb1\x8f" + SECRET), "PNG"),
    "a pixel size that is too long": behind(PNG, chunk(b"pHYs", bytes(9) + SECRET), "PNG"),
    "a PNG's EXIF": behind(PNG, chunk(b"eXIf", b"II*\0" + SECRET), "PNG"),
    "EXIF behind the pixels": PNG[:-12] + chunk(b"eXIf", TURNED + SECRET) + PNG[-12:],
    "a profile's name": behind(PNG, chunk(b"iCCP", SECRET + b"\0\0" + zlib.compress(SRGB)), "PNG"),
    "bytes behind a packed profile": behind(PNG, chunk(b"iCCP", b"a\0\0" + zlib.compress(SRGB) + SECRET), "PNG"),
    "bytes behind a profile in a PNG": behind(PNG, chunk(b"iCCP", b"a\0\0" + zlib.compress(SRGB + SECRET, 0)), "PNG"),
    "frames of an animation": behind(PNG, chunk(b"acTL", struct.pack(">II", 1, 0)), "PNG")[:-12]
    + chunk(b"fdAT", SECRET) + PNG[-12:],
    "an unknown chunk of a WebP": webp(STILL, (b"prVt", SECRET)),
    "XMP of a WebP": webp(vp8x(0x04), STILL, (b"XMP ", SECRET)),
    "EXIF of a WebP that its header keeps silent about": webp(vp8x(0), STILL, (b"EXIF", TURNED + SECRET)),
    "two images in a WebP": webp(vp8x(0), STILL, (b"VP8L", STILL[1] + SECRET)),
    "a longer header of a WebP": webp((b"VP8X", vp8x(0)[1] + SECRET), STILL),
    "bytes behind a WebP": WEBP + SECRET,
    "bytes behind a profile in a WebP": webp(vp8x(0x20), (b"ICCP", SRGB + SECRET), STILL),
    "frames in a WebP that is still": webp(vp8x(0), STILL, (b"ANMF", SECRET)),
}  # fmt: skip


@pytest.mark.parametrize("name", CARRIERS)
def test_what_is_not_the_image_stays_behind(name):
    data = CARRIERS[name]
    assert SECRET in data or SECRET in zlib.decompress(data[data.index(b"a\0\0") + 3 :])
    alone = image.alone(data).data
    assert SECRET not in alone
    done = PillowImaging().prepare(data, CAP)
    assert done.report["metadataRemoved"]
    assert SECRET not in done.image
    shown = Image.open(io.BytesIO(done.image)).convert("RGB")
    assert shown.size == (64, 48)


PLAIN = {
    "JPEG": JPEG,
    "JPEG with a profile": encoded(PHOTO, "JPEG", icc_profile=SRGB),
    "CMYK, which Adobe's segment explains": encoded(PHOTO.convert("CMYK"), "JPEG"),
    "PNG": PNG,
    "PNG with a palette": encoded(PHOTO.quantize(16)),
    "PNG that says its colours": behind(PNG, chunk(b"gAMA", struct.pack(">I", 45455)) + chunk(b"sRGB", b"\0"), "PNG"),
    "PNG with a profile": encoded(PHOTO, icc_profile=SRGB),
    "WebP": WEBP,
    "lossy WebP": encoded(PHOTO, "WEBP"),
}


@pytest.mark.parametrize("data", PLAIN.values(), ids=PLAIN)
def test_a_file_that_is_nothing_but_its_image_is_the_same_byte_for_byte(data):
    assert image.alone(data).data == data
    done = PillowImaging().prepare(data, CAP)
    assert not done.report["metadataRemoved"]
    assert (done.image is None) == (not done.report["converted"])


@pytest.mark.parametrize("length", [8, 9])
def test_what_is_kept_of_a_webp_is_kept_to_the_byte(length):
    kept = (b"VP8L", STILL[1] + bytes(length - len(STILL[1]) % 2))
    assert image.alone(webp(kept, (b"EXIF", SECRET))).data == webp(kept)


def test_a_webp_that_begins_with_an_unknown_chunk_keeps_nothing_of_it():
    assert image.alone(webp((b"prVt", SECRET), STILL)).data == webp(STILL)


def test_a_webps_length_that_is_beyond_its_end_ends_it():
    assert image.alone(webp(STILL) + b"XMP \xf0\xff\xff\xff").data == webp(STILL)
    data = bytearray(webp(STILL, (b"XMP ", b"ab")))
    data[-6:-2] = b"\xf0\xff\xff\xff"
    assert image.alone(bytes(data)).data == webp(STILL)


def test_a_webps_header_says_what_the_file_holds_now():
    assert image.alone(webp(vp8x(0x2C), STILL, (b"EXIF", TURNED))).data == webp(vp8x(0), STILL)
    profiled = webp(vp8x(0x3C), (b"ICCP", SRGB), STILL)
    assert image.alone(profiled).data == webp(vp8x(0x30), (b"ICCP", SRGB), STILL)


def test_only_the_first_chunk_tells_whether_a_webp_moves():
    found = image.alone(webp(STILL, vp8x(0x02)))
    assert (found.still, found.data) == (True, webp(STILL))
    moving = image.alone(webp(vp8x(0x02), (b"ANIM", bytes(6)), (b"ANMF", bytes(24))))
    assert moving.still is False
    assert image.alone(webp(vp8x(0), STILL)).still is True


@pytest.mark.parametrize("name", [b"name", b"ICC Profile"])
@pytest.mark.parametrize(
    "packed",
    [zlib.compress(SRGB + SECRET), zlib.compress(SRGB) + SECRET, zlib.compress(SRGB + bytes(parts.MAX_PROFILE), 0)],
    ids=["behind the profile", "behind the stream", "more than is inflated"],
)
def test_a_profile_that_is_cut_off_where_it_ends_is_read_by_others(name, packed):
    data = image.alone(behind(PNG, chunk(b"iCCP", name + b"\0\0" + packed), "PNG")).data
    with Image.open(io.BytesIO(data)) as opened:
        assert opened.info["icc_profile"] == SRGB
    assert b"iCCPICC Profile\0\0" in data
    assert SECRET not in data
    assert len(data) < len(PNG) + len(SRGB) + 100
    assert image.alone(data).data == data


def test_the_last_chunk_of_a_png_ends_it_whatever_its_length_says():
    """Found by make torture: browsers and libvips show such an image."""
    data = PNG[:-12] + b"\0\0\x08\0" + PNG[-8:]
    assert image.inspect(data, data[-64:], len(data)).width == 64
    assert image.alone(data).data == PNG


@pytest.mark.parametrize("length", [b"\0\0\0\1", b"\0\0\1\0", b"\x7f\0\0\0"])
def test_chunks_that_lead_nowhere_behind_the_pixels_are_left_out(length):
    """Found by make torture: browsers and libvips show such an image, and its pixels are complete."""
    data = PNG[:-12] + length + b"tEXt" + SECRET + PNG[-12:]
    assert image.inspect(data, data[-64:], len(data)).width == 64
    assert image.alone(data).data == PNG


def test_pixels_that_are_cut_off_are_refused_though_the_end_is_there():
    start = PNG.index(b"IDAT") - 4
    data = PNG[: start + 40] + PNG[-12:]
    with pytest.raises(UnreadableImage):
        PillowImaging().prepare(data, 10_000_000)


def test_a_png_without_pixels_is_cut_off():
    start = PNG.index(b"IDAT") - 4
    with pytest.raises(image.Truncated):
        image.alone(PNG[:start] + PNG[-12:])


def test_a_profile_of_an_unknown_compression_method_is_left_out():
    """Found by make torture: the standard (11.3.2.3) knows method 0 alone; libpng and browsers ignore the chunk."""
    data = behind(PNG, chunk(b"iCCP", b"name\0\x7f" + zlib.compress(SRGB)), "PNG")
    assert image.alone(data).data == PNG


@pytest.mark.parametrize(("size", "kept"), [(127, False), (128, True), (129, True)])
def test_a_profile_has_a_header(size, kept):
    """ICC.1:2022, 7.2: 128 bytes."""
    profile = struct.pack(">I", size) + bytes(size - 4)
    data = image.alone(behind(PNG, chunk(b"iCCP", b"a\0\0" + zlib.compress(profile)), "PNG")).data
    assert (b"iCCP" in data) == kept
    data = image.alone(behind(JPEG, segment(0xE2, b"ICC_PROFILE\0\1\1" + profile))).data
    assert (b"ICC_PROFILE" in data) == kept


@pytest.mark.parametrize("more", [0, 1])
def test_a_profile_is_inflated_so_far_and_no_further(more):
    profile = struct.pack(">I", parts.MAX_PROFILE + more) + bytes(parts.MAX_PROFILE + more - 4)
    data = image.alone(behind(PNG, chunk(b"iCCP", b"a\0\0" + zlib.compress(profile)), "PNG")).data
    assert (b"iCCP" in data) == (more == 0)


PARTS = (SRGB[:300], SRGB[300:])
WRONG_NUMBERS = {
    "a count of none": [(1, 0), (2, 0)],
    "a count of one": [(1, 1), (2, 1)],
    "numbers from none on": [(0, 2), (1, 2)],
    "one number twice": [(1, 2), (1, 2)],
    "one that is missing": [(1, 3), (2, 3)],
    "counts that differ": [(1, 2), (2, 3)],
}


def profiled(numbers, parts=PARTS):
    segments = (segment(0xE2, b"ICC_PROFILE\0" + bytes(pair) + part) for pair, part in zip(numbers, parts, strict=True))
    return behind(JPEG, b"".join(segments))


def test_a_profile_goes_where_its_first_part_was():
    first, second = (segment(0xE2, b"ICC_PROFILE\0" + bytes([n, 2]) + part) for n, part in enumerate(PARTS, 1))
    between = segment(0xDD, b"\0\0")  # a restart interval of none
    assert image.alone(behind(JPEG, first + between + second)).data == behind(JPEG, first + second + between)


@pytest.mark.parametrize("marker", [0xE0, 0xE1, 0xE2, 0xE3, 0xED, 0xEE, 0xFE])
@pytest.mark.parametrize("begins", [b"JFIF\0", b"JFXX\0", b"Adobe\0", b"ICC_PROFILE\0\1\1", b"Exif\0\0", b"other"])
def test_a_segment_is_known_by_its_marker_and_by_how_it_begins(marker, begins):
    """Each alone says nothing: APP0 may hold a thumbnail (JFXX), and anything may begin like a profile."""
    own = {0xE0: b"JFIF\0", 0xEE: b"Adobe\0", 0xE2: b"ICC_PROFILE\0\1\1"}.get(marker)
    body = begins + struct.pack(">I", 200) + bytes(196)
    data = image.alone(behind(JPEG, segment(marker, body))).data
    assert (data == JPEG) == (begins != own)


@pytest.mark.parametrize("numbers", WRONG_NUMBERS.values(), ids=WRONG_NUMBERS)
def test_a_profile_whose_parts_are_numbered_wrongly_is_none_as_in_browsers(numbers):
    assert image.alone(profiled(numbers)).data == JPEG
    assert image.alone(profiled([(1, 2), (2, 2)])).data == profiled([(1, 2), (2, 2)])
    with Image.open(io.BytesIO(image.alone(profiled([(2, 2), (1, 2)], PARTS[::-1])).data)) as opened:
        assert opened.info["icc_profile"] == SRGB


@pytest.mark.parametrize("size", [len(SRGB), 65_519, 65_520, 200_000])
def test_a_profile_in_parts_is_cut_off_where_it_ends_and_numbered_anew(size):
    profile = struct.pack(">I", size) + (SRGB + bytes(range(256)) * 800)[4:size]
    parts = [(profile + SECRET)[start : start + 40_000] for start in range(0, size + len(SECRET), 40_000)]
    data = image.alone(profiled([(n, len(parts)) for n in range(1, len(parts) + 1)], parts)).data
    assert SECRET not in data
    with Image.open(io.BytesIO(data)) as opened:
        assert opened.info["icc_profile"] == profile
        assert opened.convert("RGB").tobytes() == Image.open(io.BytesIO(JPEG)).convert("RGB").tobytes()
    assert image.alone(data).data == data, "the numbers are right, else it would be none now"
    assert data.count(b"ICC_PROFILE\0") == -(-size // 65_519)


def test_an_orientation_behind_another_field_is_found():
    entries = struct.pack("<HHIHxx", 0x0100, 3, 1, 64) + struct.pack("<HHIHxx", 0x0112, 3, 1, 6)
    assert exif.orientation(b"II*\0" + struct.pack("<IH", 8, 2) + entries) == 6
    assert exif.orientation(b"II*\0" + struct.pack("<IH", 8, 1) + entries) == 1


def exif_jpeg(block):
    return behind(JPEG, segment(0xE1, b"Exif\0\0" + block))


def tiff(kind=3, count=1, value=6, order="<"):
    packed = struct.pack(f"{order}H2x" if kind == 3 else f"{order}I", value)
    return struct.pack(f"{order}2sHIHHHI", b"II" if order == "<" else b"MM", 42, 8, 1, 0x0112, kind, count) + packed


@pytest.mark.parametrize(
    ("block", "orientation"),
    [
        *((tiff(value=value), value) for value in range(1, 9)),
        (tiff(order=">"), 6),
        (tiff(value=0), 1),
        (tiff(value=9), 1),
        (tiff(kind=4), 1),
        (tiff(kind=2), 1),
        (tiff(count=2), 1),
        (tiff(count=0), 1),
        (b"", 1),
        (b"garbage", 1),
        (b"II+\0\x08\0\0\0", 1),
        (b"II*\0\xff\xff\xff\xff", 1),
        (b"II*\0\x08\0\0\0\xff\xff", 1),
    ],
)
def test_an_image_is_turned_by_one_number_of_16_bits_from_2_to_8(block, orientation):
    assert exif.orientation(block) == orientation
    for data in (exif_jpeg(block), behind(PNG, chunk(b"eXIf", block), "PNG")):
        assert image.alone(data).orientation == orientation
        done = PillowImaging().prepare(data, CAP)
        assert done.report["oriented"] == (orientation != 1)
        assert (done.width, done.height) == ((48, 64) if orientation > 4 else (64, 48))


@given(st.binary(max_size=60), st.sampled_from([b"", b"II*\0", b"MM\0*", TURNED[:10]]))
def test_no_exif_raises(block, start):
    assert 1 <= exif.orientation(start + block) <= 8


@pytest.mark.parametrize(
    "data",
    [
        PNG[:-12] + chunk(b"eXIf", TURNED) + PNG[-12:],
        JPEG[:-2] + segment(0xE1, b"Exif\0\0" + TURNED) + JPEG[-2:],
        JPEG + exif_jpeg(TURNED),
        behind(JPEG, segment(0xE1, b"Exif\0\0" + tiff(value=1)) + segment(0xE1, b"Exif\0\0" + TURNED)),
        behind(JPEG, segment(0xE1, b'http://ns.adobe.com/xap/1.0/\0<x tiff:Orientation="6"/>')),
        behind(PNG, chunk(b"iTXt", b'XML:com.adobe.xmp\0\0\0\0\0<x tiff:Orientation="6"/>'), "PNG"),
        behind(PNG, chunk(b"tEXt", b"Raw profile type exif\0\nexif\n      26\n" + TURNED.hex().encode()), "PNG"),
        behind(PNG, chunk(b"eXIf", TURNED)[:-4] + bytes(4), "PNG"),
        webp(vp8x(0x08), STILL, (b"EXIF", TURNED)),
    ],
    ids=[
        "late eXIf",
        "late APP1",
        "second image",
        "second EXIF",
        "XMP",
        "XMP in a PNG",
        "raw profile",
        "crc",
        "WebP",
    ],
)
def test_nothing_turns_an_image_that_turns_it_in_no_browser(data):
    done = PillowImaging().prepare(data, CAP)
    assert (done.report["oriented"], done.width, done.height) == (False, 64, 48)


def apng(frames):
    moving = chunk(b"acTL", struct.pack(">II", frames, 0))
    return behind(PNG, moving + chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, 64, 48, 0, 0, 1, 10, 0, 0)), "PNG")


def frame(x=0, size=(64, 48)):
    data = make_image("WEBP", size, lossless=True)[12:]
    header = b"".join(struct.pack("<I", each)[:3] for each in (x // 2, 0, size[0] - 1, size[1] - 1, 100))
    return b"ANMF", header + b"\0" + data


GOOD = {
    "an EXIF block that is no TIFF": behind(PNG, chunk(b"eXIf", b"garbage"), "PNG"),
    "EXIF of BigTIFF": behind(PNG, chunk(b"eXIf", b"MM\0+\0\x08\0\0"), "PNG"),
    "a WebP's EXIF that is no TIFF": webp(vp8x(0x08), STILL, (b"EXIF", b"garbage")),
    "a long packed text": behind(PNG, chunk(b"zTXt", b"workflow\0\0" + zlib.compress(b"a" * 20_000_000)), "PNG"),
    "a long international text": behind(PNG, chunk(b"iTXt", b"a\0\1\0\0\0" + zlib.compress(b"a" * 5_000_000)), "PNG"),
    "a text that can't be inflated": behind(PNG, chunk(b"zTXt", b"a\0\0nonsense"), "PNG"),
    "a long profile": behind(PNG, chunk(b"iCCP", b"a\0\0" + zlib.compress(LONG_PROFILE)), "PNG"),
    "a profile that can't be inflated": behind(PNG, chunk(b"iCCP", b"a\0\0nonsense"), "PNG"),
    "a profile without end": behind(PNG, chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(20_000_000))), "PNG"),
    "a raw profile with bytes behind it": behind(PNG, chunk(b"zTXt", RAW_PROFILE), "PNG"),
    **{
        f"a wrong check value in {kind.decode()}": behind(PNG, chunk(kind, body)[:-4] + bytes(4), "PNG")
        for kind, body in ANCILLARY
    },
    "stray bytes at the beginning": JPEG[:2] + b"\x13\x37" + JPEG[2:],
    "stray bytes between segments": behind(JPEG, b"\0\0\x01stray"),
    "stray bytes before the scan": JPEG[: JPEG.index(b"\xff\xda")] + b"\0" + JPEG[JPEG.index(b"\xff\xda") :],
    "a segment one byte longer than it says": behind(JPEG, b"\xff\xee\0\x0dAdobe\0d@\0\0\0\1\1"),
    "a segment one byte shorter than it says": behind(JPEG, b"\xff\xfe\0\x05ab" + segment(0xFE, b"swallowed")),
    "a restart marker between segments": behind(JPEG, b"\xff\xd0"),
    "an animation of one frame": apng(1),
    "an animation without a frame": apng(0),
    "the letters acTL in a text": behind(PNG, chunk(b"tEXt", b"acTL\0IDAT acTL"), "PNG"),
    "a WebP animation of one frame": webp(vp8x(0x02), (b"ANIM", bytes(6)), frame()),
    "a small frame on a canvas": webp(vp8x(0x12), (b"ANIM", bytes(6)), frame(10, (20, 20))),
    "images of a phone": encoded(PHOTO, "MPO", save_all=True, append_images=[PHOTO]),
    "a WebP with its EXIF before its pixels": webp(vp8x(0x08), (b"EXIF", TURNED), STILL),
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_an_image_that_browsers_show_is_taken(name):
    data = GOOD[name]
    found = image.inspect(data[: image.HEAD_BYTES], data[-image.TAIL_BYTES :], len(data))
    assert (found.width, found.height) == (64, 48)
    done = PillowImaging().prepare(data, CAP)
    assert (done.width, done.height) == (64, 48)
    assert done.report["oriented"] is False


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("side", [1, 2, 3])
@pytest.mark.parametrize("lossless", [True, False])
def test_the_smallest_webps_are_taken(mode, side, lossless):
    data = encoded(Image.new(mode, (side, side), "red"), "WEBP", lossless=lossless)
    assert image.inspect(data, data[-64:], len(data)).width == side
    assert PillowImaging().prepare(data, CAP).width == side


@pytest.mark.parametrize("data", [apng(2), webp(vp8x(2), (b"ANIM", bytes(6)), frame(), frame())])
def test_two_frames_are_an_animation(data):
    with pytest.raises(image.Animated):
        image.inspect(data, data[-64:], len(data))


def test_a_second_frame_behind_the_first_bytes_is_looked_for():
    data = webp(vp8x(2), (b"ANIM", bytes(6)), frame(), (b"ANMF", bytes(40)))
    with pytest.raises(image.MoreNeeded):
        image.inspect(data[:100], data[-64:], len(data))


def scans(count, **options):
    data = encoded(Image.new("L", (320, 320), 128), "JPEG", progressive=True, **options)
    last = data[data.rindex(b"\xff\xda") : -2]
    return data[:-2] + last * (count - data.count(b"\xff\xda")) + data[-2:]


def test_scans_are_counted_before_anything_is_decoded():
    assert PillowImaging().prepare(scans(jpeg.MAX_SCANS), CAP).width == 316
    with pytest.raises(TooMuchWork):
        PillowImaging().prepare(scans(jpeg.MAX_SCANS + 1), CAP)


@pytest.mark.parametrize(
    "data",
    [
        behind(JPEG, segment(0xC4, b"") * 1_000_000),
        behind(JPEG, b"\xff\xd0" * 1_000_000),
        behind(PNG, chunk(b"tEXt", b"") * 800_000, "PNG"),
        PNG[:-12] + chunk(b"IDAT", b"") * 800_000 + PNG[-12:],
        webp(vp8x(0), *[(b"prVt", b"")] * 1_000_000),
    ],
    ids=["tables", "restarts", "texts", "empty pixels", "chunks"],
)
def test_a_million_parts_are_refused_in_a_moment(data):
    with pytest.raises(image.TooIntricate):
        image.alone(data)
    with pytest.raises(TooMuchWork):
        PillowImaging().prepare(data, CAP)


@pytest.mark.parametrize(
    "raised",
    [
        AssertionError(),
        struct.error(),
        OverflowError(),
        RecursionError(),
        zlib.error(),
        ImageCms.PyCMSError(),
        KeyError(),
    ],
)
def test_whatever_a_library_raises_is_an_unreadable_image(monkeypatch, raised):
    def raises(*_):
        raise raised

    monkeypatch.setattr(Image.Image, "load", raises)
    with pytest.raises(UnreadableImage) as refusal:
        PillowImaging().prepare(JPEG, CAP)
    assert type(raised).__name__ in str(refusal.value)
    assert "line" in str(refusal.value)


def test_memory_that_is_not_there_is_no_damage(monkeypatch):
    def raises(*_):
        raise MemoryError

    monkeypatch.setattr(Image.Image, "load", raises)
    with pytest.raises(TooMuchWork):
        PillowImaging().prepare(JPEG, CAP)


@pytest.mark.parametrize("data", [JPEG, PNG, WEBP], ids=["JPEG", "PNG", "WebP"])
@given(changes=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=8), cut=st.integers(0, 60))
def test_no_bytes_raise_anything_but_a_refusal(data, changes, cut):
    mutant = bytearray(data)
    for place, value in changes:
        mutant[place % len(mutant)] = value
    try:
        image.alone(bytes(mutant[: len(mutant) - cut]))
    except (image.NotAnImage, image.Truncated, image.TooIntricate):
        return


def test_parts_up_to_the_bound_are_looked_at():
    assert len(list(parts.bounded(range(parts.MAX_PARTS)))) == parts.MAX_PARTS
