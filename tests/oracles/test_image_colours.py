"""What the model gets and what comes back look as the original does in Chromium: transparency, colours, orientation.

The files are test images of libpng and Pillow (fixtures/libpng.zip, fixtures/pillow.zip), and small ones made here of
the chunks that say colours.
"""

import io
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from enhancer.adapters.imaging import PillowImaging
from enhancer.domain.image import alone
from enhancer.ports import OutputSpec
from tests.images import encoded, photo, profiles
from tests.images.png_files import chunk, sixteen_bit
from tests.oracles.drawing import difference, draws

FIXTURES = Path(__file__).parent / "fixtures"
SIZE = (48, 32)


def archived(name):
    with zipfile.ZipFile(FIXTURES / name) as archive:
        names = [each for each in archive.namelist() if each.endswith((".png", ".jpg"))]
        return {each.removeprefix("contrib/"): archive.read(each) for each in names}


def as_png(mode, *, deep):
    image = photo(SIZE).convert(mode.rstrip("A"))
    if mode.endswith("A"):
        image.putalpha(Image.linear_gradient("L").resize(SIZE))
    pixels = np.asarray(image)
    return sixteen_bit(pixels.reshape(*pixels.shape[:2], -1)) if deep else encoded(image)


BASES = {
    f"{mode} {16 if deep else 8}": as_png(mode, deep=deep) for mode in ("L", "LA", "RGB", "RGBA") for deep in (0, 1)
}
BASES["palette"] = encoded(photo(SIZE).quantize(64))


def gamma(number):
    return chunk(b"gAMA", struct.pack(">I", number))


def coded(primaries, transfer):
    return chunk(b"cICP", bytes((primaries, transfer, 0, 1)))


def profile(data):
    return chunk(b"iCCP", b"profile\0\0" + zlib.compress(data))


P3 = chunk(b"cHRM", struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000))
NO_COLOURS = chunk(b"cHRM", struct.pack(">8I", 31270, 32900, 68000, 32000, 68000, 32000, 68000, 32000))
SRGB = chunk(b"sRGB", b"\0")
SAID = {
    "gamma 1.0": gamma(100_000),
    "gamma 1/1.8": gamma(55_556),
    "gamma 1/2.2": gamma(45_455),
    "gamma 0.35": gamma(35_000),
    "gamma 0": gamma(0),
    "gamma and primaries": gamma(45_455) + P3,
    "primaries alone": P3,
    "gamma 1/1.8 and primaries": gamma(55_556) + P3,
    "sRGB before gamma": SRGB + gamma(100_000),
    "a profile before gamma": profile(profiles.display_p3()) + gamma(100_000),
    "no profile, so gamma": profile(b"nonsense") + gamma(100_000),
    "code points before all": coded(12, 13) + profile(profiles.adobe_rgb()) + SRGB + gamma(100_000),
    "unknown code points, so gamma": coded(2, 13) + gamma(100_000),
    "the first of two gammas": gamma(100_000) + gamma(45_455),
    "a linear profile": profile(profiles.linear_rgb()),
    "Adobe RGB": profile(profiles.adobe_rgb()),
    "a grey profile": profile(profiles.grey()),
    "a linear grey profile": profile(profiles.linear_grey()),
}  # fmt: skip
CODES = [(primaries, 13) for primaries in (1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 22)]
CODES += [(primaries, transfer) for primaries in (1, 9, 12) for transfer in (1, 4, 5, 6, 8, 14, 15, 16, 17, 18, 9, 2)]
PILLOWS = archived("pillow.zip")
# Its key has bits above its depth. The specification masks them, as libpng and Pillow do; Chromium 156 does not.
DISPUTED = PILLOWS.pop("Tests/images/1_trns.png")
FILES = {
    **archived("libpng.zip"),
    **PILLOWS,
    **{f"{base}: {said}": png[:33] + chunks + png[33:] for base, png in BASES.items() for said, chunks in SAID.items()},
    **{f"{base}: HDR {code}": png[:33] + coded(9, code) + png[33:] for base, png in BASES.items() for code in (16, 18)},
    **{f"code points {pair}": BASES["RGB 8"][:33] + coded(*pair) + BASES["RGB 8"][33:] for pair in CODES},
    "large profile in a JPEG": encoded(
        photo(SIZE), "JPEG", quality=95, icc_profile=profiles.padded(profiles.display_p3())
    ),
    "linear profile in a WebP": encoded(photo(SIZE), "WEBP", lossless=True, icc_profile=profiles.linear_rgb()),
    "RGB profile in a grey JPEG": encoded(photo(SIZE).convert("L"), "JPEG", icc_profile=profiles.adobe_rgb()),
}


def sent_and_delivered(original):
    """What the model gets, and the result of one that changes nothing and drops the profile, as theirs do."""
    imaging = PillowImaging()
    sent = imaging.prepare(original, 10**6).image or original
    with Image.open(io.BytesIO(sent)) as image:
        seen = image.convert("RGBA" if image.has_transparency_data else "RGB")
    bare = Image.frombytes(seen.mode, seen.size, seen.tobytes())
    finished = imaging.finish(io.BytesIO(encoded(bare)), original, OutputSpec(seen.size, "png", 90, b"mark"))
    with finished.file:
        return sent, finished.file.read()


@pytest.fixture(scope="module")
def drawn():
    """Originals, what was sent and what was delivered, as Chromium draws them, by name."""
    files = {name: (original, *sent_and_delivered(original)) for name, original in FILES.items()}
    images = draws([file for three in files.values() for file in three])
    return dict(zip(files, zip(*[iter(images)] * 3, strict=True), strict=True))


def allowed(name):
    """Mean and largest difference: eight bits round, and Chromium cuts 16 bits to 8 before it applies a curve."""
    if "HDR" in name or name.endswith(("16)", "17)", "18)")):
        return 2.5, 60  # dull primaries clip on the way to the screen where ours have clipped before
    if "16-linear" in name or "n0g16" in name or "16: gamma 1.0" in name or "linear" in name:
        return 0.7, 24
    return (1, 14) if name.endswith(("JPEG", ".jpg")) else (0.35, 16)


@pytest.mark.parametrize("name", FILES)
def test_it_looks_as_the_original_does_in_a_browser(drawn, name):
    original, *ours = drawn[name]
    mean, largest = allowed(name)
    for shown in ours:
        assert shown.shape == original.shape
        apart = difference(original, shown)
        assert apart[..., 3].max() == 0, "transparency"
        assert (apart.mean() <= mean, apart.max() <= largest) == (True, True), (apart.mean(), apart.max())


def test_bits_above_the_depth_count_for_nothing_in_what_is_transparent():
    sent, delivered = (Image.open(io.BytesIO(file)) for file in sent_and_delivered(DISPUTED))
    expected = Image.open(io.BytesIO(DISPUTED)).convert("RGBA").getchannel("A")
    assert expected.getextrema() == (0, 255)
    assert sent.getchannel("A").tobytes() == delivered.getchannel("A").tobytes() == expected.tobytes()


def test_some_of_these_files_are_transparent(drawn):
    assert sum(original[..., 3].min() < 255 for original, *_ in drawn.values()) > 60


@pytest.mark.parametrize("orientation", range(2, 9))
def test_an_orientation_example_is_turned_as_a_browser_turns_it(drawn, orientation):
    name = f"Tests/images/hopper_orientation_{orientation}.jpg"
    upright = Image.open(io.BytesIO(FILES[name])).size[:: -1 if orientation > 4 else 1]
    assert drawn[name][1].shape[1::-1] == upright


def numbered(jpeg, parts):
    """A JPEG with segments of a profile, each with its number and how many there are said to be."""
    segments = (
        b"\xff\xe2" + struct.pack(">H", len(part) + 16) + b"ICC_PROFILE\0" + bytes(numbers) + part
        for numbers, part in parts
    )
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


@pytest.mark.parametrize(
    ("numbers", "followed"),
    [
        ([(1, 2), (2, 2)], True),
        ([(1, 0), (2, 0)], False),
        ([(1, 1), (2, 1)], False),
        ([(0, 2), (1, 2)], False),
        ([(1, 2), (1, 2)], False),
        ([(1, 3), (2, 3)], False),
        ([(1, 2), (2, 3)], False),
    ],
)
def test_a_profile_is_followed_where_a_browser_follows_it(numbers, followed):
    jpeg, rgb = encoded(photo(SIZE), "JPEG", quality=95), profiles.display_p3()
    half = len(rgb) // 2
    original = numbered(jpeg, zip(numbers, (rgb[:half], rgb[half:]), strict=True))
    kept = alone(original).data
    assert (b"ICC_PROFILE" in kept) == followed
    plain, shown, ours = draws([jpeg, original, kept])
    assert np.array_equal(shown, ours)
    assert np.array_equal(plain, shown) != followed
