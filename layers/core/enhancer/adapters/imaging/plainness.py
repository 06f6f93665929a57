"""Checks of an image's visible pixels: whether they are grey, and whether they are one colour."""

from PIL import Image, ImageChops

MARKED = 24  # levels between the darkest and the brightest of a channel: above, the image certainly shows something
_NOISE = 2  # the levels by which a JPEG of one colour may differ


def is_grey(bitmap: Image.Image) -> bool:
    """Return whether red, green and blue are equal in each visible pixel of an RGB or RGBA image."""
    green = bitmap.getchannel("G")
    mask = bitmap.getchannel("A") if bitmap.mode == "RGBA" else None
    unlike = (ImageChops.difference(green, bitmap.getchannel(other)) for other in ("R", "B"))
    return not any(any(each.histogram(mask)[1:]) for each in unlike)


def is_plain(bitmap: Image.Image, levels: int = _NOISE) -> bool:
    """Return whether no channel differs by more than so many levels among the visible pixels; there may be none."""
    coloured = bitmap.convert("RGBA" if bitmap.has_transparency_data else "RGB") if bitmap.mode == "P" else bitmap
    bands = coloured.getbands()
    mask = coloured.getchannel("A") if "A" in bands else None
    return all(_spread(coloured.getchannel(band).histogram(mask)) <= levels for band in bands if band != "A")


def _spread(histogram: list[int]) -> int:
    used = [level for level, pixels in enumerate(histogram) if pixels]
    return used[-1] - used[0] if used else 0
