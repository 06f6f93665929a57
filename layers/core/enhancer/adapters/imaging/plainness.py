"""What can be seen of a picture: whether it is grey, and whether it is one colour."""

from PIL import Image, ImageChops

MARKED = 24  # levels between the darkest and the brightest of a channel: such a picture certainly shows something
_NOISE = 2  # what a JPEG makes of one colour


def is_grey(picture: Image.Image) -> bool:
    """Whether red, green and blue are equal in each pixel of an RGB or RGBA picture that can be seen at all."""
    green = picture.getchannel("G")
    mask = picture.getchannel("A") if picture.mode == "RGBA" else None
    unlike = (ImageChops.difference(green, picture.getchannel(other)) for other in ("R", "B"))
    return not any(any(each.histogram(mask)[1:]) for each in unlike)


def is_plain(picture: Image.Image, levels: int = _NOISE) -> bool:
    """Whether no channel differs by more than so many levels among the pixels that can be seen; there may be none."""
    coloured = picture.convert("RGBA" if picture.has_transparency_data else "RGB") if picture.mode == "P" else picture
    bands = coloured.getbands()
    mask = coloured.getchannel("A") if "A" in bands else None
    return all(_spread(coloured.getchannel(band).histogram(mask)) <= levels for band in bands if band != "A")


def _spread(histogram: list[int]) -> int:
    used = [level for level, pixels in enumerate(histogram) if pixels]
    return used[-1] - used[0] if used else 0
