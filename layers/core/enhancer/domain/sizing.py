"""How large a result can be: what the model can take and give, and what the file format can hold."""

import math
from collections.abc import Mapping
from typing import Any

from enhancer.domain.catalogue import MAX_MODEL_PIXELS, MAX_SCALE, EnhancementModel, InvalidParameter

# The widest and highest picture of a format: WebP by its 14-bit fields (Google's container specification), JPEG by
# libjpeg's JPEG_MAX_DIMENSION; both read 2026-11-23. PNG holds more than any model gives.
MAX_SIDE = {"png": 2**31 - 1, "webp": 16_383, "jpeg": 65_500}

LEFT_OVER = 0.01  # scales are told in hundredths; a result that is larger by less is not worth a new encoding
MAX_RESULT_PIXELS = MAX_SCALE**2 * MAX_MODEL_PIXELS  # what completion has to hold in memory


def largest_scale(width: int, height: int, max_pixels: int) -> float:
    """How many times its sides a picture can be enlarged, in hundredths: above `max_pixels` it is reduced first."""
    return _floor(MAX_SCALE * min(1, math.sqrt(max_pixels / (width * height))))


def settle(raw: Mapping[str, Any], width: int, height: int, model: EnhancementModel) -> dict[str, bool | float | str]:
    """Complete parameters for a picture of this size in pixels.

    A scale that nobody asked for is the model's usual one, or the largest that its pixels allow. Raises
    InvalidParameter, with the largest value that fits, for a scale or a format that this picture can't have.
    """
    params = model.parse(raw)
    largest = largest_scale(width, height, model.max_pixels)
    scale = float(params["scale"])
    if scale > largest and "scale" in raw:
        raise InvalidParameter(
            "scale",
            "A picture of {width} x {height} pixels can be enlarged {maximum} times with {model}, not {actual} times.",
            width=width,
            height=height,
            model=model.name,
            maximum=largest,
            actual=params["scale"],
        )
    if scale > largest:
        params["scale"] = scale = largest
    given = [MAX_SCALE * side for side in fit_within(width, height, model.max_pixels)]
    longest = max(given) if given[0] / width < scale + LEFT_OVER else round(max(width, height) * scale)
    _check_side(max(width, height), longest, str(params["outputFormat"]))
    return params


def _check_side(side: int, longest: int, output_format: str) -> None:
    """Raises InvalidParameter where the format can't hold the result's longer side, `side` times its scale."""
    limit = MAX_SIDE[output_format]
    if longest <= limit:
        return
    fitting = [name for name, most in MAX_SIDE.items() if longest <= most]
    maximum = _floor(limit / side)
    known = {"format": output_format, "actual": longest, "limit": limit, "fitting": fitting}
    if maximum < 1:
        message = "{format} holds {limit} pixels a side; the result would have {actual}. Choose {fitting}."
        raise InvalidParameter("outputFormat", message, **known)
    message = (
        "{format} holds {limit} pixels a side; the result would have {actual}. "
        "Choose {fitting}, or a scale of at most {maximum}."
    )
    raise InvalidParameter("outputFormat", message, maximum=maximum, **known)


def fit_within(width: int, height: int, max_pixels: int) -> tuple[int, int]:
    """The size to which a picture is reduced so that it has at most `max_pixels`; its own size if it has no more."""
    if width * height <= max_pixels:
        return width, height
    factor = math.sqrt(max_pixels / (width * height))
    short = max(1, int(min(width, height) * factor))
    long = max(1, min(int(max(width, height) * factor), max_pixels // short))
    return (long, short) if width >= height else (short, long)


def _floor(number: float) -> float:
    return math.floor(number * 100) / 100
