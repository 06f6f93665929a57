"""Every kind of image through the whole path: right way up, right size, right colours, right transparency."""

import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from tests.conftest import RAISED_LIMITS
from tests.images import CORNERS, SIGNPOST, disc, encoded, opened, photo, png_files, profiles, signpost
from tests.integration.api_client import Client

CODEFORMER = "sczhou/codeformer"
VERSION = "cc4956dd26fa5a7185d5660cc9100fab1b8070a1d1654a8bb5eb6d443b020bb2"
UNCHANGED = {
    "oriented": False,
    "metadataRemoved": False,
    "converted": None,
    "reducedFrom": None,
    "transparencyFilled": False,
    "hdrRemoved": False,
}
TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}


@pytest.fixture(scope="module")
def opaque_guest(start_stack):
    """Someone whose model drops transparency."""
    allowed = f"nightmareai/real-esrgan,{CODEFORMER}:{VERSION}"
    with Client(start_stack({**RAISED_LIMITS, "AllowedModels": allowed}, "instant").base_url) as client:
        yield client


def ordered(guest, data, form="PNG", **params):
    """The answer to a new job; many are ordered before the first is waited for."""
    return guest.create(guest.upload(data, TYPES[form]), **params)


def enhanced(guest, data, form="PNG", **params):
    """The finished job and its image."""
    return collected(guest, ordered(guest, data, form, **params))


def collected(guest, created):
    """The same for a job that was ordered before."""
    assert created.status_code == 202, created.text
    job = guest.finished(created.json()["data"]["id"])
    assert job["status"] == "succeeded", job["error"]
    result = opened(guest.image(job["imageUrl"]).content)
    assert result.size == (job["result"]["width"], job["result"]["height"])
    return job, result


def numbers(image, mode="RGB"):
    return np.asarray(image.convert(mode), float)


def reduced(image, size):
    """Back at the original's size, transparent pixels left out of their neighbours' colours."""
    if "A" not in image.getbands():
        return image.convert("RGB").resize(size, Image.Resampling.BOX)
    return image.convert("RGBA").convert("RGBa").resize(size, Image.Resampling.BOX).convert("RGBA")


def on(image, ground):
    """The image laid on a colour."""
    laid = Image.new("RGBA", image.size, ground)
    return Image.alpha_composite(laid, image.convert("RGBA")).convert("RGB")


def lab(image, profile=None):
    """L*, a* and b* of every pixel, by the profile that describes them."""
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile)) if profile else ImageCms.createProfile("sRGB")
    seen = np.asarray(ImageCms.profileToProfile(image, source, ImageCms.createProfile("LAB"), outputMode="LAB"))
    return np.dstack([seen[..., 0] / 2.55, *np.moveaxis(seen[..., 1:].view(np.int8), 2, 0).astype(float)])


def delta_e(expected, got):
    """Mean and worst CIE 1976 difference of two images in Lab."""
    distance = np.sqrt(((expected - got) ** 2).sum(axis=2))
    return distance.mean(), distance.max()


@pytest.fixture(scope="module")
def turned(guest):
    return {each: ordered(guest, signpost("JPEG", each), "JPEG", scale=2) for each in range(1, 9)}


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_comes_out_upright(guest, turned, orientation):
    job, result = collected(guest, turned[orientation])
    assert job["prepared"] == UNCHANGED | {"oriented": orientation != 1, "metadataRemoved": True}
    see_corners(result, 2)


@pytest.mark.parametrize("orientation", [3, 6])
def test_a_png_comes_out_upright_too(guest, orientation):
    job, result = enhanced(guest, signpost("PNG", orientation), "PNG", scale=1, outputFormat="webp")
    assert job["prepared"]["oriented"]
    see_corners(result, 1)


def test_a_webp_stays_as_browsers_show_it(guest):
    original = signpost("WEBP", 3)
    job, result = enhanced(guest, original, "WEBP", scale=1, outputFormat="png")
    assert not job["prepared"]["oriented"]
    with Image.open(io.BytesIO(original)) as stored:
        shown = stored.convert("RGB")
        for corner in ((3, 3), (shown.width - 4, 3), (3, shown.height - 4)):
            seen, expected = result.convert("RGB").getpixel(corner), shown.getpixel(corner)
            assert max(abs(a - b) for a, b in zip(seen, expected, strict=True)) < 12


def see_corners(result, scale):
    width, height = (side * scale for side in SIGNPOST)
    assert result.size == (width, height)
    assert "exif" not in result.info
    for sides, colour in CORNERS.items():
        corner = (width - 4 if "right" in sides else 3, height - 4 if "bottom" in sides else 3)
        seen = result.convert("RGB").getpixel(corner)
        assert max(abs(a - b) for a, b in zip(seen, colour, strict=True)) < 12, (sides, seen, colour)


@pytest.mark.parametrize("scale", [None, 1, 1.3, 3, 3.7])
def test_the_sides_are_the_scale_times_the_originals(guest, scale):
    params = {} if scale is None else {"scale": scale}
    job, result = enhanced(guest, encoded(photo((41, 31))), **params)
    factor = scale or 4
    assert job["params"]["scale"] == factor
    assert result.size == (round(41 * factor), round(31 * factor))


@pytest.mark.parametrize(("size", "scale"), [((1, 1), 1), ((1, 1), 4), ((3, 1), 4), ((1, 3000), 4), ((2000, 1), 1)])
def test_a_tiny_or_thin_image_is_enhanced_like_any_other(guest, size, scale):
    job, result = enhanced(guest, encoded(Image.new("RGB", size, (200, 120, 40))), scale=scale)
    assert result.size == (size[0] * scale, size[1] * scale)
    assert np.abs(numbers(result) - (200, 120, 40)).max() <= 1
    assert job["report"]["colourShift"] < 1
    for name, side in (("previewUrl", 2048), ("thumbUrl", 320)):
        small = opened(guest.image(job[name]).content)
        assert max(small.size) == min(side, max(result.size))
        assert min(small.size) >= 1


def test_an_image_of_one_by_twenty_thousand_keeps_every_row(guest):
    column = np.repeat(np.arange(0, 250, dtype=np.uint8), 80)[:, None]
    original = Image.fromarray(column).convert("RGB")
    job, result = enhanced(guest, encoded(original), scale=4)
    assert job["params"]["scale"] == 4
    assert result.size == (4, 80_000)
    assert np.abs(numbers(reduced(result, (1, 20_000))) - numbers(original)).mean() < 1
    assert max(opened(guest.image(job["previewUrl"]).content).size) == 2048


def test_a_photo_of_twelve_megapixels_is_reduced_before_it_leaves_and_enlarged_as_far_as_it_goes(guest):
    exif = Image.Exif()
    exif[0x0112] = 6
    original = photo((4000, 3000))
    data = encoded(original, "JPEG", quality=90, exif=exif)
    assert len(data) <= 10 * 1024 * 1024
    upload_id = guest.upload(data, "image/jpeg")
    refused = guest.create(upload_id, scale=2)
    error = refused.json()["error"]
    assert (refused.status_code, error["type"]) == (400, "validation_error")
    assert (error["details"]["field"], error["details"]["maximum"]) == ("scale", 1.67)
    assert "1.67" in error["message"]
    created = guest.create(upload_id)
    assert created.status_code == 202, created.text
    job = guest.finished(created.json()["data"]["id"])
    assert job["status"] == "succeeded", job["error"]
    assert job["params"]["scale"] == 1.67
    assert job["prepared"] == UNCHANGED | {"oriented": True, "metadataRemoved": True, "reducedFrom": [3000, 4000]}
    result = opened(guest.image(job["imageUrl"]).content)
    assert result.size == (job["result"]["width"], job["result"]["height"])
    assert result.size == (pytest.approx(3000 * 1.67, rel=0.01), pytest.approx(4000 * 1.67, rel=0.01))
    upright = original.rotate(-90, expand=True).resize((150, 200), Image.Resampling.BOX)
    mean, worst = delta_e(lab(upright), lab(reduced(result, (150, 200))))
    assert (mean < 1, worst < 4) == (True, True), (mean, worst)
    assert opened(guest.image(job["previewUrl"]).content).height == 2048
    assert job["report"]["colourShift"] < 2
    assert job["report"]["structuralSimilarity"] > 0.9


def test_a_scale_below_the_largest_is_delivered_exactly_though_the_image_was_reduced(guest):
    job, result = enhanced(guest, encoded(photo((2000, 1500)), "JPEG"), "JPEG", scale=1.5, outputFormat="jpeg")
    assert job["prepared"]["reducedFrom"] == [2000, 1500]
    assert result.size == (3000, 2250)


def test_a_progressive_photo_is_enhanced_like_any_other(guest):
    data = encoded(photo(), "JPEG", progressive=True, quality=95)
    assert opened(data).info["progressive"]
    job, result = enhanced(guest, data, "JPEG", scale=2)
    assert job["prepared"] == UNCHANGED
    assert delta_e(lab(photo()), lab(reduced(result, photo().size)))[0] < 2


def two_tone():
    return photo().convert("L").point(lambda value: 255 if value > 127 else 0).convert("1")


def with_palette(transparency=None):
    image = photo().quantize(16)
    return encoded(image, **({} if transparency is None else {"transparency": transparency}))


def fading(mode="RGBA"):
    """A photo that fades out from top to bottom, but never wholly."""
    image = photo().convert(mode.rstrip("A"))
    image.putalpha(Image.linear_gradient("L").resize(image.size).point(lambda value: 40 + value * 215 // 255))
    return image


def deep(mode):
    image = fading(mode) if mode.endswith("A") else photo().convert(mode)
    pixels = np.asarray(image)
    return png_files.sixteen_bit(pixels.reshape(*pixels.shape[:2], -1))


KINDS = {
    "grey JPEG": ("JPEG", encoded(photo().convert("L"), "JPEG", quality=95), "L", photo().convert("L")),
    "grey PNG": ("PNG", encoded(photo().convert("L")), "L", photo().convert("L")),
    "black and white PNG": ("PNG", encoded(two_tone()), "1", two_tone()),
    "palette PNG": ("PNG", with_palette(), "P", photo().quantize(16)),
    "grey PNG of 16 bits": ("PNG", deep("L"), "16-bit", photo().convert("L")),
    "RGB PNG of 16 bits": ("PNG", deep("RGB"), "16-bit", photo()),
    "grey PNG with transparency": ("PNG", encoded(fading("LA")), "LA", fading("LA")),
    "grey PNG of 16 bits with transparency": ("PNG", deep("LA"), "16-bit", fading("LA")),
    "RGBA PNG of 16 bits": ("PNG", deep("RGBA"), "16-bit", fading()),
    "palette PNG with half transparent colours": (
        "PNG", with_palette(bytes([90] * 8)), "P", opened(with_palette(bytes([90] * 8))),
    ),
    "RGBA PNG": ("PNG", encoded(fading()), None, fading()),
    "RGBA WebP": ("WEBP", encoded(fading(), "WEBP", lossless=True), None, fading()),
}  # fmt: skip


@pytest.fixture(scope="module")
def kinds(guest):
    return {name: ordered(guest, data, form, scale=3) for name, (form, data, _, _) in KINDS.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_pixel_keeps_its_colours_and_transparency(guest, kinds, kind):
    job, result = collected(guest, kinds[kind])
    _, _, converted, expected = KINDS[kind]
    assert job["prepared"] == UNCHANGED | {"converted": converted}
    assert ("A" in result.getbands()) == expected.has_transparency_data
    assert result.getbands()[0] == ("L" if kind.startswith(("grey", "black")) else "R")
    back = reduced(result, expected.size)
    mode = "RGBA" if expected.has_transparency_data else "RGB"
    difference = np.abs(numbers(back, mode) - numbers(expected, mode))
    assert difference.mean() < 2
    assert np.median(difference) <= 1


@pytest.mark.parametrize("channels", [1, 3])
def test_each_level_of_sixteen_bits_stays_that_level(guest, channels):
    levels = (0, 1, 64, 128, 200, 254, 255)
    columns = np.repeat(np.array(levels, np.uint8), 24)
    data = png_files.sixteen_bit(np.tile(columns[:, None], (6, 1, channels)))
    _, result = enhanced(guest, data, scale=1)
    middles = numbers(result)[:, 12::24]
    assert np.abs(middles - np.array(levels)[:, None]).max() <= 1


def test_a_colour_that_stands_for_nothing_stays_transparent(guest):
    image = Image.new("RGB", (40, 30), (255, 0, 0))
    image.paste((20, 160, 60), (10, 8, 30, 22))
    _, result = enhanced(guest, encoded(image, transparency=(255, 0, 0)), scale=2)
    alpha = np.asarray(result.getchannel("A"))
    assert (alpha[:10].max(), alpha[24:36, 30:50].min()) == (0, 255)
    assert np.abs(numbers(on(result, "white"))[24:36, 30:50] - (20, 160, 60)).max() <= 3


def test_a_palette_with_a_wholly_transparent_colour_keeps_it_and_shows_no_fringe(guest):
    image = Image.new("P", (40, 30), 0)
    image.putpalette([0, 0, 0, 250, 180, 20])
    image.paste(1, (10, 8, 30, 22))
    job, result = enhanced(guest, encoded(image, transparency=0), scale=4)
    assert job["prepared"] == UNCHANGED | {"converted": "P", "transparencyFilled": True}
    assert np.asarray(result.getchannel("A"))[0, 0] == 0
    no_darker(result, (250, 180, 20))


BRIGHT = (250, 180, 20)


def no_darker(result, colour, tolerance=4):
    """Every pixel laid on white is a mixture of the colour and white, wherever it is seen at all."""
    seen = numbers(on(result, "white"))
    assert (seen.min(axis=(0, 1)) >= np.array(colour) - tolerance).all(), seen.min(axis=(0, 1))


@pytest.mark.parametrize(("form", "output"), [("PNG", "png"), ("PNG", "webp"), ("PNG", "jpeg"), ("WEBP", "png")])
def test_a_bright_disc_on_hidden_black_gets_no_dark_fringe(guest, form, output):
    options = {"lossless": True, "exact": True} if form == "WEBP" else {}
    job, result = enhanced(guest, encoded(disc(BRIGHT), form, **options), form, outputFormat=output)
    assert job["prepared"] == UNCHANGED | {"transparencyFilled": True}
    no_darker(result, BRIGHT, 4 if output == "png" else 25)
    middle = numbers(on(result, "white"))[96, 96]
    assert np.abs(middle - BRIGHT).max() < 6
    corner = numbers(on(result, "white"))[2, 2]
    assert (corner > 250).all()


def test_a_disc_keeps_its_outline(guest):
    _, result = enhanced(guest, encoded(disc(BRIGHT)))
    alpha = reduced(result, (48, 48)).getchannel("A")
    assert np.abs(numbers(alpha, "L") - numbers(disc(BRIGHT).getchannel("A"), "L")).mean() < 2


def restored(guest, image, scale=2, **params):
    """The result of the model that drops transparency."""
    order = {"uploadId": guest.upload(encoded(image), "image/png"), "model": CODEFORMER}
    created = guest.call("POST", "/api/ai-image/jobs", json=order | {"params": {"scale": scale, **params}})
    assert created.status_code == 202, created.text
    job = guest.finished(created.json()["data"]["id"])
    assert job["status"] == "succeeded", job["error"]
    result = opened(guest.image(job["imageUrl"]).content)
    assert result.size == (image.width * scale, image.height * scale)
    return result


@pytest.mark.parametrize(("scale", "output"), [(1, "png"), (2, "webp"), (3, "png")])
def test_transparency_is_restored_where_the_model_drops_it(opaque_guest, scale, output):
    result = restored(opaque_guest, fading(), scale, outputFormat=output)
    back = reduced(result, fading().size)
    assert np.abs(numbers(back.getchannel("A"), "L") - numbers(fading().getchannel("A"), "L")).mean() < 2
    assert np.abs(numbers(on(back, "white")) - numbers(on(fading(), "white"))).mean() < (2 if output == "png" else 4)


def test_restored_transparency_has_no_dark_fringe_either(opaque_guest):
    no_darker(restored(opaque_guest, disc(BRIGHT), 4), BRIGHT)


def test_a_model_that_drops_transparency_adds_none(opaque_guest):
    assert restored(opaque_guest, photo()).mode == "RGB"


WIDE = {"Display P3": profiles.display_p3(), "Adobe RGB": profiles.adobe_rgb()}


@pytest.fixture(scope="module")
def wide(guest):
    def order(form, profile):
        options = {"lossless": True} if form == "WEBP" else {"quality": 95}
        return ordered(guest, encoded(photo(), form, icc_profile=profile, **options), form, scale=2)

    return {(space, form): order(form, profile) for space, profile in WIDE.items() for form in TYPES}


@pytest.mark.parametrize("space", WIDE)
@pytest.mark.parametrize("form", TYPES)
def test_a_wide_colour_space_survives(guest, wide, form, space):
    profile = WIDE[space]
    job, result = collected(guest, wide[space, form])
    assert job["prepared"] == UNCHANGED
    assert result.info["icc_profile"] == profile
    back = reduced(result, photo().size)
    assert np.abs(numbers(back) - numbers(photo())).mean() < 2
    assert delta_e(lab(photo(), profile), lab(back, profile))[0] < 2
    for name in ("previewUrl", "thumbUrl"):
        assert opened(guest.image(job[name]).content).info["icc_profile"] == profile
    assert job["report"]["colourShift"] < 2


@pytest.mark.parametrize("output", ["webp", "jpeg"])
def test_a_wide_colour_space_survives_in_every_format_of_an_image_that_is_turned(guest, output):
    profile = profiles.display_p3()
    exif = Image.Exif()
    exif[0x0112] = 3
    data = encoded(photo().rotate(180), "JPEG", icc_profile=profile, quality=95, exif=exif)
    job, result = enhanced(guest, data, "JPEG", scale=2, outputFormat=output)
    assert job["prepared"]["oriented"]
    assert result.info["icc_profile"] == profile
    assert delta_e(lab(photo(), profile), lab(reduced(result, photo().size), result.info["icc_profile"]))[0] < 2.5


def cmyk():
    """The photo in inks, none of them at full strength together."""
    return photo().convert("CMYK")


COLOURS = {
    "CMYK with a profile": ("CMYK", cmyk(), profiles.printer()),
    "CMYK without a profile": ("CMYK", cmyk(), None),
    "grey with a profile": ("L", photo().convert("L"), profiles.grey()),
}


@pytest.mark.parametrize(("converted", "image", "profile"), COLOURS.values(), ids=COLOURS)
@pytest.mark.parametrize("output", ["png", "webp"])
def test_what_is_not_rgb_becomes_srgb_and_looks_the_same(guest, converted, image, profile, output):
    data = encoded(image, "JPEG", quality=95, icc_profile=profile)
    job, result = enhanced(guest, data, "JPEG", scale=2, outputFormat=output)
    assert job["prepared"] == UNCHANGED | {"converted": converted}
    assert "icc_profile" not in result.info
    expected = lab(image, profile) if profile else lab(image.convert("RGB"))
    mean, _ = delta_e(expected, lab(reduced(result, image.size)))
    assert mean < 2, mean
    if profile:
        ignoring = delta_e(lab(image.convert("RGB")), expected)[0]
        assert ignoring > 5, "this case could not tell whether the profile was used"


def test_a_broken_profile_spoils_nothing(guest):
    data = encoded(photo(), "PNG", icc_profile=b"this is no profile")
    job, result = enhanced(guest, data, scale=2)
    assert job["status"] == "succeeded"
    assert "icc_profile" not in result.info
    assert np.abs(numbers(reduced(result, photo().size)) - numbers(photo())).mean() < 2


def speckled(base):
    noise = np.random.default_rng(7).normal(0, 4, (44, 60, 3))
    return Image.fromarray(np.clip(np.asarray(base, float) + noise, 0, 255).astype(np.uint8))


REPORTED = {
    "a photo": photo(),
    "a grey photo": photo().convert("L"),
    "nearly grey, as fog and paper are": speckled(Image.new("RGB", (60, 44), (180, 180, 180))),
    "with transparency": fading(),
}


@pytest.mark.parametrize("image", REPORTED.values(), ids=REPORTED)
def test_the_report_finds_nothing_to_say_about_plain_resampling(guest, image):
    report = enhanced(guest, encoded(image))[0]["report"]
    assert set(report) == {"colourShift", "structuralSimilarity", "sharpnessGain"}
    assert report["colourShift"] < 2
    assert report["structuralSimilarity"] > 0.9
    assert report["sharpnessGain"] is None or report["sharpnessGain"] > 0


def test_an_image_without_edges_has_no_sharpness_to_gain(guest):
    report = enhanced(guest, encoded(Image.new("RGB", (30, 20), (90, 120, 60))))[0]["report"]
    assert report == {"colourShift": 0, "structuralSimilarity": 1, "sharpnessGain": None}
