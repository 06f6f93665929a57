"""What can be seen of an image: whether it is grey, and whether it is one colour."""

from PIL import Image, ImageChops

MARKED = 24  # levels between the darkest and the brightest of a channel: such an image certainly shows something
_NOISE = 2  # what a JPEG makes of one colour


def is_grey(bitmap: Image.Image) -> bool:
    """Whether red, green and blue are equal in each pixel of an RGB or RGBA image that can be seen at all."""
    green = bitmap.getchannel("G")
    mask = bitmap.getchannel("A") if bitmap.mode == "RGBA" else None
    unlike = (ImageChops.difference(green, bitmap.getchannel(other)) for other in ("R", "B"))
    return not any(any(each.histogram(mask)[1:]) for each in unlike)


def is_plain(bitmap: Image.Image, levels: int = _NOISE) -> bool:
    """Whether no channel differs by more than so many levels among the pixels that can be seen; there may be none."""
    coloured = bitmap.convert("RGBA" if bitmap.has_transparency_data else "RGB") if bitmap.mode == "P" else bitmap
    bands = coloured.getbands()
    mask = coloured.getchannel("A") if "A" in bands else None
    return all(_spread(coloured.getchannel(band).histogram(mask)) <= levels for band in bands if band != "A")


def _spread(histogram: list[int]) -> int:
    used = [level for level, pixels in enumerate(histogram) if pixels]
    return used[-1] - used[0] if used else 0
