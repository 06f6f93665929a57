"""Sizes of results, within the limits of the model and of the file format."""

import math
from collections.abc import Mapping
from typing import Any

from enhancer.domain.catalogue import EnhancementModel, InvalidParameter, Size
from enhancer.domain.messages import Message

# The longest side of an image in a format: WebP by its 14-bit fields (Google's container specification), JPEG by
# libjpeg's JPEG_MAX_DIMENSION; both read 2026-11-23. PNG holds more than any model gives.
MAX_SIDE = {"png": 2**31 - 1, "webp": 16_383, "jpeg": 65_500}

SCALE_TOLERANCE = 0.01  # scales are in hundredths; a result that is larger by less is not encoded again
MAX_OUTPUT_PIXELS = 33_547_264  # of a model's output, which completion holds in memory


def largest_scale(width: int, height: int, model: EnhancementModel) -> float:
    """Return the largest scale of an image, in hundredths; one above `max_pixels` is reduced first."""
    largest = _largest_result(width, height, model)
    return _floor(min(largest[0] / width, largest[1] / height))


def result_size(width: int, height: int, scale: float, model: EnhancementModel) -> Size:
    """Return the promised size of a result in pixels, from the original's.

    It is the original's times the scale, or the largest that the model gives if that is hardly more.
    """
    largest = _largest_result(width, height, model)
    if largest[0] / width < scale + SCALE_TOLERANCE and largest[1] / height < scale + SCALE_TOLERANCE:
        return largest
    return max(1, round(width * scale)), max(1, round(height * scale))


def _largest_result(width: int, height: int, model: EnhancementModel) -> Size:
    """Return the largest result that the model gives both upright and turned: the orientation is not known yet."""
    wide, high = _given((width, height), model), _given((height, width), model)[::-1]
    return min(wide[0], high[0]), min(wide[1], high[1])


def _given(size: Size, model: EnhancementModel) -> Size:
    """Return the largest result for an image that is stored upright; 0 x 0 if every output is too large."""
    taken = fit_within(*size, model.max_pixels)
    outputs = [model.output_size(taken, factor) for factor in model.factors]
    width, height = max((each for each in outputs if each[0] * each[1] <= MAX_OUTPUT_PIXELS), default=(0, 0))
    return min(width, int(taken[0] * model.largest_factor)), min(height, int(taken[1] * model.largest_factor))


def turned(size: Size, like: Size) -> Size:
    """Return a size with its sides in the order of another's: preparation may have turned the image."""
    return size[::-1] if (size[0] - size[1]) * (like[0] - like[1]) < 0 else size


def resolve_params(
    raw: Mapping[str, Any], width: int, height: int, model: EnhancementModel
) -> dict[str, bool | float | str]:
    """Return complete parameters for an image of this size in pixels.

    A scale that was not requested is the model's default, or the largest that its pixels allow. Raises
    InvalidParameter, with the largest value that fits, for a scale or a format that this image can't have.
    """
    params = model.parse(raw)
    largest = largest_scale(width, height, model)
    if largest <= 0:
        raise InvalidParameter("model", Message.IMAGE_UNSUITED_FOR_MODEL, width=width, height=height, model=model.name)
    scale = float(params["scale"])
    if scale > largest and "scale" in raw:
        raise InvalidParameter(
            "scale",
            Message.SCALE_TOO_LARGE,
            width=width,
            height=height,
            model=model.name,
            maximum=largest,
            actual=params["scale"],
        )
    if scale > largest:
        params["scale"] = scale = largest
    _check_side(width, height, scale, model, str(params["outputFormat"]))
    return params


def _check_side(width: int, height: int, scale: float, model: EnhancementModel, output_format: str) -> None:
    """Check the result's longer side. Raises InvalidParameter if the format can't hold it."""
    limit = MAX_SIDE[output_format]
    longest = max(result_size(width, height, scale, model))
    if longest <= limit:
        return
    fitting = [name for name, most in MAX_SIDE.items() if longest <= most]
    maximum = _floor(limit / max(width, height))
    if max(result_size(width, height, maximum, model)) > limit:  # the model's size, hardly more than that
        maximum = _floor(maximum - SCALE_TOLERANCE / 2)
    known = {"format": output_format, "actual": longest, "limit": limit, "fitting": fitting}
    if maximum < 1:
        raise InvalidParameter("outputFormat", Message.FORMAT_TOO_SMALL, **known)
    raise InvalidParameter("outputFormat", Message.FORMAT_OR_SCALE_TOO_LARGE, maximum=maximum, **known)


def fit_within(width: int, height: int, max_pixels: int) -> Size:
    """Return the size of an image reduced to at most `max_pixels`; its own size if it has no more.

    The longer side is computed from the rounded shorter one, so that rounding does not distort a panorama.
    """
    if width * height <= max_pixels:
        return width, height
    factor = math.sqrt(max_pixels / (width * height))
    shorter, longer = min(width, height), max(width, height)
    short = max(1, int(shorter * factor))
    long = max(1, min((2 * short * longer + shorter) // (2 * shorter), max_pixels // short))
    return (long, short) if width >= height else (short, long)


def _floor(number: float) -> float:
    return math.floor(number * 100) / 100
