import hashlib
import io
import math
import operator
import struct
import zlib

import pytest
from PIL import Image, ImageChops, ImageCms, ImageFilter

from enhancer.adapters.imaging import PillowImaging, faithfulness, finishing
from enhancer.domain.provenance import SOURCE_TYPE, xmp_packet
from enhancer.errors import BlankImage, UnreadableImage
from enhancer.ports import OutputSpec
from tests.images import hdr, make_image, png_files, profiles

CAP = 10_000
XMP = xmp_packet("maker/model", "1a2b")
UNTOUCHED = {
    "oriented": False, "metadataRemoved": False, "converted": None, "reducedFrom": None, "transparencyFilled": False,
    "hdrRemoved": False,
}  # fmt: skip


def prepared(data):
    done = PillowImaging().prepare(data, CAP)
    image = Image.open(io.BytesIO(done.image)) if done.image else None
    if image:
        assert image.size == (done.width, done.height)
    return image, done.report


def finish(output, original=None, scale=4, output_format="png", quality=90, size=None):
    """The finished result, its image opened and its file closed."""
    if size is None:
        with Image.open(io.BytesIO(original or output)) as image:
            size = tuple(max(1, round(side * (scale if original else 1))) for side in image.size)
    done = PillowImaging().finish(io.BytesIO(output), original, OutputSpec(size, output_format, quality, XMP))
    with done.file:
        data = done.file.read()
    assert (done.sha256, done.size) == (hashlib.sha256(data).hexdigest(), len(data))
    image = Image.open(io.BytesIO(data))
    assert (image.size, f"image/{image.format.lower()}") == ((done.width, done.height), done.content_type)
    return done, image


def encoded(image, form="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def photo(size=(64, 48)):
    """A smooth image with some structure in every channel."""
    wide = Image.linear_gradient("L").rotate(90).resize(size)
    round_ = Image.radial_gradient("L").resize(size)
    return Image.merge("RGB", (wide, round_, ImageChops.invert(round_)))


SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_plain_image_passes_untouched(form):
    image, report = prepared(make_image(form))
    assert image is None
    assert report == UNTOUCHED


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_colour_profile_is_no_reason_to_change_an_image(form):
    image, report = prepared(make_image(form, icc_profile=SRGB))
    assert image is None
    assert report == UNTOUCHED


@pytest.mark.parametrize("orientation", range(2, 9))
def test_an_image_is_turned_upright_and_loses_its_metadata(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x8825] = {1: "N", 2: (52.0, 31.0, 0.0)}
    image, report = prepared(make_image("JPEG", exif=exif, icc_profile=SRGB))
    assert image.format == "JPEG"
    assert image.size == ((30, 40) if orientation > 4 else (40, 30))
    assert report == UNTOUCHED | {"oriented": True, "metadataRemoved": True}
    assert not image.getexif()
    assert "exif" not in image.info
    assert image.info["icc_profile"] == SRGB


@pytest.mark.parametrize(
    "data",
    [
        make_image("JPEG", comment=b"my cat"),
        make_image("JPEG", xmp=b"<x:xmpmeta/>"),
        make_image("WEBP", xmp=b"<x:xmpmeta/>"),
        make_image("JPEG") + b"a film of the moment",
        make_image("PNG") + b"more",
        make_image("WEBP") + b"more",
        encoded(photo(), "MPO", save_all=True, append_images=[photo()]),
    ],
    ids=["comment", "xmp", "webp xmp", "film", "after png", "after webp", "several images"],
)
def test_whatever_else_is_in_the_file_stays_here(data):
    image, report = prepared(data)
    assert report == UNTOUCHED | {"metadataRemoved": True}
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "dpi"}
    assert image.format in {"JPEG", "PNG"}


def test_a_large_image_is_reduced_to_the_models_pixels():
    exif = Image.Exif()
    exif[0x0112] = 6
    image, report = prepared(make_image("JPEG", (403, 300), exif=exif))
    assert image.width * image.height <= CAP
    assert image.height / image.width == pytest.approx(403 / 300, rel=0.02)
    assert report["reducedFrom"] == [300, 403]


@pytest.mark.parametrize(("mode", "becomes"), [("L", "RGB"), ("LA", "RGBA"), ("P", "RGB"), ("1", "RGB")])
def test_what_models_misread_becomes_rgb(mode, becomes):
    image, report = prepared(make_image("PNG", mode=mode))
    assert image.mode == becomes
    assert report["converted"] == mode


def test_sixteen_bits_become_eight():
    grey = Image.new("I;16", (3, 1))
    for x, value in enumerate((0, 128 * 257, 65535)):
        grey.putpixel((x, 0), value)
    image, report = prepared(encoded(grey))
    assert [image.getpixel((x, 0)) for x in range(3)] == [(0, 0, 0), (128, 128, 128), (255, 255, 255)]
    assert report["converted"] == "16-bit"


def test_one_colour_of_a_png_that_stands_for_nothing_becomes_transparency():
    image, report = prepared(encoded(Image.new("RGB", (4, 4), "red"), transparency=(255, 0, 0)))
    assert image.getchannel("A").getextrema() == (0, 0)
    assert report["converted"] == "RGB"


def test_a_cmyk_image_becomes_rgb():
    image, report = prepared(make_image("JPEG", mode="CMYK"))
    assert (image.mode, report["converted"]) == ("RGB", "CMYK")


def test_a_profile_that_does_not_describe_the_pixels_is_not_kept():
    image, _ = prepared(make_image("JPEG", mode="CMYK", icc_profile=SRGB))
    assert "icc_profile" not in image.info
    image, _ = prepared(make_image("JPEG", icc_profile=b"no profile at all", comment=b"x"))
    assert "icc_profile" not in image.info


def test_what_hides_under_transparency_becomes_its_neighbours_colour():
    disc = Image.new("RGBA", (61, 41), (0, 0, 0, 0))
    disc.paste((250, 180, 20, 255), (20, 10, 40, 30))
    image, report = prepared(encoded(disc))
    assert report == UNTOUCHED | {"transparencyFilled": True}
    extrema = image.convert("RGB").getextrema()
    assert all(high - low <= 2 for low, high in extrema)
    assert image.getpixel((30, 20)) == (250, 180, 20, 255)
    assert image.getchannel("A").tobytes() == disc.getchannel("A").tobytes()


def test_half_transparent_pixels_are_left_as_they_are():
    image, report = prepared(encoded(Image.new("RGBA", (4, 4), (9, 8, 7, 1))))
    assert image is None
    assert report == UNTOUCHED


def test_a_png_keeps_its_pixels_bytes_and_gets_profile_and_mark():
    output = make_image("PNG", (160, 120))
    _, image = finish(output, make_image("PNG", icc_profile=SRGB))
    assert image.info["icc_profile"] == SRGB
    assert image.info["XML:com.adobe.xmp"].encode() == XMP
    chunk = output[output.index(b"IDAT") - 4 :]
    assert image.fp is not None
    image.fp.seek(0)
    assert image.fp.read().endswith(chunk)


def test_the_providers_own_metadata_and_profile_are_replaced():
    exif = Image.Exif()
    exif[0x0112] = 6
    output = make_image("PNG", (160, 120), exif=exif, icc_profile=b"another")
    _, image = finish(output, make_image("PNG", icc_profile=SRGB))
    image.load()
    assert not image.getexif()
    assert image.info["icc_profile"] == SRGB


@pytest.mark.parametrize("output_format", ["png", "webp", "jpeg"])
def test_every_format_has_the_mark_and_the_profile(output_format):
    _, image = finish(encoded(photo((256, 192))), encoded(photo(), icc_profile=SRGB), output_format=output_format)
    xmp = image.info.get("xmp") or image.info["XML:com.adobe.xmp"].encode()
    assert xmp == XMP
    assert SOURCE_TYPE.encode() in xmp
    assert image.info["icc_profile"] == SRGB


def test_quality_decides_about_the_size():
    output = encoded(photo((256, 192)))
    for output_format in ("webp", "jpeg"):
        sizes = [finish(output, output_format=output_format, quality=quality)[0].size for quality in (10, 50, 95)]
        assert sizes == sorted(sizes)


@pytest.mark.parametrize(("scale", "size"), [(1, (40, 30)), (1.5, (60, 45)), (2, (80, 60)), (4, (160, 120))])
def test_what_the_model_gave_too_large_is_reduced(scale, size):
    assert finish(make_image("PNG", (160, 120)), make_image("JPEG"), scale)[1].size == size


def test_the_promised_size_is_what_a_result_is_reduced_to():
    original = make_image("JPEG", (400, 300))
    assert finish(make_image("PNG", (669, 502)), original, size=(669, 502))[1].size == (669, 502)
    assert finish(make_image("PNG", (672, 504)), original, 1.67)[1].size == (668, 501)


def test_a_result_has_the_promised_size_to_the_pixel():
    output = make_image("PNG", (681, 509))
    assert finish(output, make_image("JPEG", (400, 300)), size=(680, 509))[1].size == (680, 509)
    assert finish(output, make_image("JPEG", (300, 400)), size=(500, 670))[1].size == (670, 500), "turned upright"
    assert finish(output, None, size=(680, 509))[1].size == (680, 509), "also where the original is gone"


def test_a_model_that_gives_less_is_not_blown_up():
    assert finish(make_image("PNG", (80, 60)), make_image("JPEG"), 4)[1].size == (80, 60)


def test_transparency_that_the_model_dropped_comes_back():
    original = photo().convert("RGBA")
    original.putalpha(Image.radial_gradient("L").resize((64, 48)))
    _, image = finish(encoded(photo((256, 192))), encoded(original))
    assert image.mode == "RGBA"
    expected = original.getchannel("A").resize((256, 192), Image.Resampling.BICUBIC)
    assert image.getchannel("A").tobytes() == expected.tobytes()
    done, image = finish(encoded(photo((256, 192))), encoded(original), output_format="jpeg")
    assert Image.open(io.BytesIO(done.preview)).mode == "RGB"
    assert done.report["colourShift"] < 1, "what was transparent is compared as transparent"
    opaque = original.getchannel("A").resize((256, 192)).point(lambda alpha: 255 if alpha < 2 else 0)
    assert min(image.convert("L").crop(opaque.getbbox()).getextrema()) > 100


def test_a_result_without_its_original_is_saved_without_a_report():
    done, image = finish(make_image("PNG", (160, 120)), None)
    assert done.report is None
    assert image.size == (160, 120)


def test_previews_are_webp_within_their_sides():
    done, _ = finish(make_image("PNG", (4000, 1000)), None)
    sizes = [Image.open(io.BytesIO(data)).size for data in (done.preview, done.thumb)]
    assert sizes == [(2048, 512), (320, 80)]
    assert done.thumb[8:12] == b"WEBP"


def test_a_small_result_is_not_blown_up():
    done, _ = finish(make_image("PNG", (100, 50), mode="RGBA"), None)
    assert Image.open(io.BytesIO(done.preview)).size == (100, 50)


@pytest.mark.parametrize("data", [make_image("PNG", (90, 90))[:-100], b"\x89PNG\r\n\x1a\n", b""])
def test_broken_pixels_are_told(data):
    with pytest.raises(UnreadableImage):
        PillowImaging().prepare(data, CAP)
    with pytest.raises(UnreadableImage):
        finish(data, size=(4, 3))


def test_the_same_image_is_faithful():
    assert faithfulness.compare(photo(), photo(), None) == {
        "colourShift": 0, "structuralSimilarity": 1, "sharpnessGain": 1,
    }  # fmt: skip


@pytest.mark.parametrize("tint", [(138, 128, 118), (118, 128, 138)])
def test_a_tint_shifts_the_colour_by_as_much_as_lab_says(tint):
    grey, tinted = Image.new("RGB", (99, 77), (128, 128, 128)), Image.new("RGB", (99, 77), tint)
    report = faithfulness.compare(grey, tinted, None)
    assert report["colourShift"] == pytest.approx(lab_distance((128, 128, 128), tint), abs=0.8)  # 8 bits round
    assert report["sharpnessGain"] is None


def lab_distance(*colours):
    """CIE 1976 by the textbook, for white at D65."""
    points = []
    for colour in colours:
        linear = [((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
        matrix = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
        white = (0.95047, 1, 1.08883)
        x, y, z = ((sum(map(operator.mul, row, linear)) / w) ** (1 / 3) for row, w in zip(matrix, white, strict=True))
        points.append((116 * y - 16, 500 * (x - y), 200 * (y - z)))
    return math.dist(*points)


def test_blur_lowers_sharpness_and_similarity_and_an_edge_raises_it():
    noise = Image.effect_noise((200, 160), 60).convert("RGB")
    blurred = noise.filter(ImageFilter.GaussianBlur(2))
    report = faithfulness.compare(noise, blurred, None)
    assert report["sharpnessGain"] < 0.2
    assert 0 < report["structuralSimilarity"] < 0.9
    assert faithfulness.compare(blurred, noise, None)["sharpnessGain"] > 5


def test_an_inverted_structure_is_unlike():
    noise = Image.effect_noise((80, 80), 60).convert("RGB")
    assert faithfulness.compare(noise, ImageChops.invert(noise), None)["structuralSimilarity"] < 0


@pytest.mark.parametrize("size", [(1, 1), (2, 9), (9, 2), (1, 500)])
def test_tiny_images_have_a_report_too(size):
    report = faithfulness.compare(photo(size), photo(size), None)
    assert report["structuralSimilarity"] == 1


def odd_profiles():
    """Profiles that lead nowhere, or do not open: what cameras, editors and disks have left in files."""
    curveless = SRGB.replace(b"rTRC", b"xTRC")
    tagless = struct.pack(">I", 132) + SRGB[4:128] + bytes(4)
    classes = {kind: SRGB[:12] + kind + SRGB[16:] for kind in (b"link", b"abst", b"nmcl", b"zzzz")}
    spaces = {space: SRGB[:16] + space + SRGB[20:] for space in (b"Lab ", b"XYZ ", b"HSV ", b"6CLR", b"zzzz")}
    cut = {f"cut at {end}": SRGB[:end] for end in range(1, len(SRGB), 211)}
    return {"no curve": curveless, "no tags": tagless, "text": b"no profile", **classes, **spaces, **cut}


@pytest.mark.parametrize("output_format", ["png", "webp", "jpeg"])
def test_an_odd_profile_never_costs_a_result_nor_its_report(output_format):
    output = encoded(photo((128, 96)))
    for name, profile in odd_profiles().items():
        for original in (photo(), photo().convert("L"), photo().convert("CMYK"), photo().convert("RGBA")):
            form = "JPEG" if original.mode == "CMYK" else "PNG"
            data = encoded(original, form, icc_profile=profile)
            prepared(data)
            done, _ = finish(output, data, 2, output_format)
            assert done.report is not None, name


def test_whatever_fails_beside_the_result_is_left_out(monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError

    for what in ("_reference", "_report", "_webp"):
        monkeypatch.setattr(finishing, what, broken)
    done, image = finish(encoded(photo((128, 96))), encoded(photo()), 2)
    assert image.size == (128, 96)
    assert (done.preview, done.thumb, done.report) == (None, None, None)


KEYS = [(depth, 0, key) for depth in (1, 2, 4, 8, 16) for key in (0, 1)] + [(depth, 2, 1) for depth in (8, 16)]


@pytest.mark.parametrize("profile", [None, SRGB, profiles.grey()], ids=["no profile", "sRGB", "grey"])
@pytest.mark.parametrize(("depth", "colour", "key"), KEYS)
def test_one_value_of_any_depth_becomes_transparency(depth, colour, key, profile):
    """The first of eight columns has it, the others do not; a bit above the depth is set and counts for nothing."""
    samples = 3 if colour else 1
    columns = [key] * samples + ([1 - key] * 7 if depth == 1 else [3, 2, 2, 3, 2, 3, 2] * samples)
    packed = int("".join(f"{value:0{depth}b}" for value in columns), 2).to_bytes(len(columns) * depth // 8)
    above = 0 if depth == 16 else 1 << depth
    data = png_files.raw(depth, colour, [packed] * 8, 8)
    data = png_files.with_chunk(data, b"tRNS", struct.pack(">H", key | above) * samples)
    if profile:
        data = png_files.with_chunk(data, b"iCCP", b"profile\0\0" + zlib.compress(profile))
    image, report = prepared(data)
    assert image.mode == "RGBA"
    assert report["converted"] == ("16-bit" if depth == 16 else {0: "1" if depth == 1 else "L", 2: "RGB"}[colour])
    assert list(image.getchannel("A").tobytes()) == [0, *[255] * 7] * 8


@pytest.mark.parametrize("colour", [0, 2])
def test_neighbours_of_a_transparent_value_of_sixteen_bits_are_not_transparent(colour):
    samples = 3 if colour else 1
    values = (0x1234, 0x1235, 0x1334, 0x3412, 0x1200, 0x0034, 0x1233, 0x1234)
    row = b"".join(struct.pack(">H", value) * samples for value in values)
    data = png_files.raw(16, colour, [row] * 8, 8)
    image, _ = prepared(png_files.with_chunk(data, b"tRNS", struct.pack(">H", 0x1234) * samples))
    assert list(image.getchannel("A").tobytes()) == [0, *[255] * 6, 0] * 8


@pytest.mark.parametrize("colour", [0, 2, 4, 6])
@pytest.mark.parametrize("said", ["gamma", "profile", "code points"])
def test_the_darks_of_linear_light_keep_all_their_sixteen_bits(colour, said):
    """From 0 to 1/64 of the light sRGB has 36 levels; the upper bytes alone would leave five."""
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[colour]
    values = range(0, 1024, 8)
    row = b"".join(
        struct.pack(">H", value) * (channels - (colour > 3)) + b"\xff\xff" * (colour > 3) for value in values
    )
    data = png_files.raw(16, colour, [row] * 4, len(values))
    linear = profiles.linear_rgb() if colour in {2, 6} else profiles.linear_grey()
    chunk = {
        "gamma": (b"gAMA", struct.pack(">I", 100_000)),
        "profile": (b"iCCP", b"profile\0\0" + zlib.compress(linear)),
        "code points": (b"cICP", bytes((1, 8, 0, 1))),
    }[said]
    image, report = prepared(png_files.with_chunk(data, *chunk))
    assert report["converted"] == "16-bit"
    seen = image.convert("RGB").getchannel("G").tobytes()[: len(values)]
    lights = [value / 65535 for value in values]
    expected = [255 * (12.92 * v if v <= 0.0031308 else 1.055 * v ** (1 / 2.4) - 0.055) for v in lights]
    assert max(abs(a - b) for a, b in zip(seen, expected, strict=True)) <= 0.51
    assert len(set(seen)) > 30


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("form", ["JPEG", "WEBP"])
def test_a_profile_that_no_png_can_hold_becomes_srgb(form, mode):
    original = photo().convert("RGB" if form == "JPEG" else mode)
    data = encoded(original, form, icc_profile=profiles.padded(profiles.display_p3()), lossless=True)
    image, report = prepared(data)
    assert report["converted"] == "large profile"
    assert "icc_profile" not in image.info
    _, result = finish(encoded(photo((128, 96))), data, 2)
    result.load()
    assert "icc_profile" not in result.info


def tinted(image):
    """What a model makes of grey: nearly grey."""
    red, green, blue = image.convert("RGB").resize((128, 96)).split()
    return Image.merge("RGB", (red.point(lambda v: min(255, v + 3)), green, blue.point(lambda v: max(0, v - 3))))


def chroma(image):
    """How far the three channels are apart at most; WebP's own colours round by one."""
    red, green, blue = image.convert("RGB").split()
    return max(ImageChops.difference(green, other).getextrema()[1] for other in (red, blue))


def grey_originals():
    grey, clear = photo().convert("L"), Image.radial_gradient("L").resize((64, 48))
    files = {mode: encoded(grey.convert(mode)) for mode in ("1", "L", "LA", "P", "RGB", "RGBA")}
    files["LA, half transparent"] = encoded(Image.merge("LA", (grey, clear)))
    files["16-bit"] = encoded(grey.convert("I;16").point(lambda value: value * 257))
    files["grey JPEG"] = encoded(grey, "JPEG")
    files["grey JPEG of three channels"] = encoded(grey.convert("RGB"), "JPEG")
    files["grey WebP"] = encoded(grey, "WEBP", lossless=True)
    files["grey profile"] = encoded(grey, icc_profile=profiles.grey())
    return files


@pytest.mark.parametrize("output_format", ["png", "webp", "jpeg"])
@pytest.mark.parametrize("name", grey_originals())
def test_a_grey_original_has_a_grey_result(name, output_format):
    original = grey_originals()[name]
    done, image = finish(encoded(tinted(photo().convert("L"))), original, 2, output_format)
    assert chroma(image) <= (1 if output_format == "webp" else 0)
    if output_format != "webp":
        transparent = "half" in name and output_format == "png"
        assert image.mode == ("LA" if transparent else "L")
    assert done.report["structuralSimilarity"] is not None
    for small in (done.preview, done.thumb):
        assert chroma(Image.open(io.BytesIO(small))) <= 1


def test_grey_with_a_profile_of_colours_is_grey_in_three_channels():
    original = encoded(photo().convert("L").convert("RGB"), icc_profile=SRGB)
    _, image = finish(encoded(tinted(photo().convert("L"))), original, 2)
    assert (image.mode, image.info["icc_profile"]) == ("RGB", SRGB)
    assert chroma(image) == 0


def test_one_coloured_pixel_is_enough_to_stay_in_colour():
    original = photo((256, 192)).convert("L").convert("RGB")
    original.putpixel((3, 3), (200, 10, 10))
    assert finish(encoded(tinted(photo())), encoded(original), 0.5)[1].mode == "RGB"


def test_colours_that_cannot_be_seen_make_no_colour_image():
    original = photo().convert("L").convert("RGBA")
    original.putpixel((3, 3), (200, 10, 10, 0))
    assert finish(encoded(tinted(photo())), encoded(original), 2)[1].mode == "LA"


PLAIN_RESULTS = {
    "black": Image.new("RGB", (128, 96)),
    "one colour": Image.new("RGB", (128, 96), (127, 200, 3)),
    "one colour as a JPEG leaves it": Image.linear_gradient("L").point(lambda v: 99 + v // 128).convert("RGB"),
    "black under transparency": Image.merge(
        "RGBA", [*Image.new("RGB", (128, 96)).split(), photo((128, 96)).getchannel("R")]
    ),
    "wholly transparent": Image.merge("RGBA", [*photo((128, 96)).split(), Image.new("L", (128, 96))]),
    "grey": Image.new("L", (128, 96), 90),
    "a palette": Image.new("P", (128, 96)),
}


@pytest.mark.parametrize("name", PLAIN_RESULTS)
def test_one_colour_for_an_image_of_several_is_no_result(name):
    for original in (photo(), photo().convert("L"), photo().convert("P")):
        with pytest.raises(BlankImage):
            finish(encoded(PLAIN_RESULTS[name]), encoded(original), 2)


HALF_CLEAR = Image.merge("RGBA", [*Image.new("RGB", (64, 48)).split(), Image.radial_gradient("L").resize((64, 48))])
HIDDEN = Image.new("RGBA", (64, 48), (255, 255, 255, 0))
HIDDEN.paste((0, 0, 0, 255), (10, 10, 30, 30))


@pytest.mark.parametrize(
    "original",
    [Image.new("RGB", (64, 48)), Image.effect_noise((64, 48), 2), HALF_CLEAR, HIDDEN, Image.new("RGBA", (64, 48))],
    ids=["black", "nearly one colour", "one colour, half transparent", "one colour that can be seen", "transparent"],
)
def test_one_colour_for_an_image_of_one_colour_is_a_result(original):
    assert finish(encoded(Image.new("RGB", (128, 96))), encoded(original), 2)[0].size


def test_without_its_original_no_result_is_said_to_is_blank():
    assert finish(encoded(Image.new("RGB", (128, 96))), None)[0].size


def hdr_images():
    png = encoded(photo())
    return {
        **hdr.with_gain_maps(),
        "gain map in a PNG": png_files.with_chunk(png, b"gmAP", b"metadata"),
        "PQ": png_files.with_chunk(png, b"cICP", bytes((9, 16, 0, 1))),
        "HLG": png_files.with_chunk(png, b"cICP", bytes((9, 18, 0, 1))),
    }


@pytest.mark.parametrize("name", hdr_images())
def test_hdr_is_said_to_be_dropped(name):
    image, report = prepared(hdr_images()[name])
    assert report["hdrRemoved"]
    assert image is not None


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_other_second_images_are_no_hdr(form):
    data = encoded(photo(), form) + encoded(photo().convert("L"), "JPEG", comment=b"gmAP gdAT")
    assert not prepared(data)[1]["hdrRemoved"]


def test_a_png_is_compressed_for_speed():
    """RFC 1950, 2.2: FLEVEL, the upper two bits of the second byte, is 1 for a fast algorithm, 2 for zlib's default."""
    done = PillowImaging().finish(io.BytesIO(encoded(photo((128, 96)))), None, OutputSpec((64, 48), "png", 90, XMP))
    with done.file:
        data = done.file.read()
    assert data[data.index(b"IDAT") + 5] >> 6 == 1
