"""Measures of a result's faithfulness to its original.

Written on Pillow: the libraries that have these measures (scikit-image, with NumPy and SciPy) are larger than a
function's layers can hold (docs/decisions/0010).
"""

import io
import math
from collections.abc import Callable, Iterable
from typing import Any

from PIL import Image, ImageCms, ImageMath

GRID = 64  # areas per side in which colours are compared
WINDOW = 8  # pixels per side in which structures are compared
PLAIN = 0.01  # an image whose Laplacian varies less has no edge to sharpen
# The two constants of SSIM for 8 bits: (0.01 * 255)² and (0.03 * 255)² (Wang, Bovik, Sheikh, Simoncelli, 2004).
_C1, _C2 = 6.5025, 58.5225


def compare(original: Image.Image, result: Image.Image, profile: bytes | None) -> dict[str, Any]:
    """Return three numbers for two RGB images of one size, both with `profile` (None is sRGB).

    `colourShift` is a mean CIE 1976 ΔE, `structuralSimilarity` a mean SSIM, `sharpnessGain` the ratio of the
    Laplacians' variances, None if the original has no edge at all. docs/images.md explains each.
    """
    before, after = (pixels.convert("L").convert("F") for pixels in (original, result))
    sharpness = _laplacian_variance(before)
    return {
        "colourShift": round(_colour_shift(original, result, profile), 2),
        "structuralSimilarity": round(_similarity(before, after), 4),
        "sharpnessGain": round(_laplacian_variance(after) / sharpness, 2) if sharpness > PLAIN else None,
    }


def _colour_shift(original: Image.Image, result: Image.Image, profile: bytes | None) -> float:
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile)) if profile else ImageCms.createProfile("sRGB")
    to_lab = ImageCms.buildTransform(source, ImageCms.createProfile("LAB"), "RGB", "LAB")
    size = (min(GRID, original.width), min(GRID, original.height))

    def areas(pixels: Image.Image) -> tuple[Iterable[int], Iterable[int], Iterable[int]]:
        """Return L*, a* and b* in 8 bits: 255 steps are 100 of L*, one step is 1 of a* and b*, which are signed."""
        reduced = pixels.resize(size, Image.Resampling.BOX)
        samples = memoryview((ImageCms.applyTransform(reduced, to_lab) or reduced).tobytes())
        return samples[0::3], samples.cast("b")[1::3], samples.cast("b")[2::3]

    channels = zip(areas(original), areas(result), strict=True)
    light, green_red, blue_yellow = (
        [before - after for before, after in zip(*channel, strict=True)] for channel in channels
    )
    distances = (math.hypot(dl / 2.55, da, db) for dl, da, db in zip(light, green_red, blue_yellow, strict=True))
    return sum(distances) / (size[0] * size[1])


def _similarity(x: Image.Image, y: Image.Image) -> float:
    def mean(pixels: Image.Image) -> Image.Image:
        return pixels.reduce(WINDOW)

    moments = {
        "mx": mean(x),
        "my": mean(y),
        "xx": mean(_math(lambda v: v["x"] * v["x"], x=x)),
        "yy": mean(_math(lambda v: v["y"] * v["y"], y=y)),
        "xy": mean(_math(lambda v: v["x"] * v["y"], x=x, y=y)),
    }
    ssim = _math(
        lambda v: (
            (2 * v["mx"] * v["my"] + _C1)
            * (2 * (v["xy"] - v["mx"] * v["my"]) + _C2)
            / (v["mx"] * v["mx"] + v["my"] * v["my"] + _C1)
            / (v["xx"] - v["mx"] * v["mx"] + v["yy"] - v["my"] * v["my"] + _C2)
        ),
        **moments,
    )
    return _mean(ssim)


def _laplacian_variance(pixels: Image.Image) -> float:
    if min(pixels.size) < 3:
        return 0.0
    width, height = pixels.size

    def shifted(x: int, y: int) -> Image.Image:
        return pixels.crop((1 + x, 1 + y, width - 1 + x, height - 1 + y))

    laplacian = _math(
        lambda v: v["n"] + v["s"] + v["w"] + v["e"] - 4 * v["c"],
        c=shifted(0, 0), n=shifted(0, -1), s=shifted(0, 1), w=shifted(-1, 0), e=shifted(1, 0),
    )  # fmt: skip
    return _mean(_math(lambda v: v["l"] * v["l"], l=laplacian)) - _mean(laplacian) ** 2


def _math(expression: Callable[[dict[str, Any]], Any], **images: Image.Image) -> Image.Image:
    result: Image.Image = ImageMath.lambda_eval(expression, **images)
    return result


def _mean(pixels: Image.Image) -> float:
    """Return the mean of an image in mode F."""
    value = pixels.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    assert isinstance(value, float)  # noqa: S101 - mode F
    return value
