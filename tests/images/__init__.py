"""Small images made on the spot."""

import io
from typing import Any

from PIL import Image, ImageChops, ImageDraw

_SIDES = {  # EXIF 2.32, tag 0x0112: where the stored row 0 and column 0 belong
    1: ("top", "left"),
    2: ("top", "right"),
    3: ("bottom", "right"),
    4: ("bottom", "left"),
    5: ("left", "top"),
    6: ("right", "top"),
    7: ("right", "bottom"),
    8: ("left", "bottom"),
}
_OPPOSITE = {"top": "bottom", "bottom": "top", "left": "right", "right": "left"}
CORNERS = {
    frozenset({"top", "left"}): (230, 30, 30),
    frozenset({"top", "right"}): (30, 200, 30),
    frozenset({"bottom", "left"}): (30, 30, 230),
    frozenset({"bottom", "right"}): (240, 220, 30),
}
"""Colours of a signpost's corners, seen upright."""
SIGNPOST = (64, 32)
"""A signpost's width and height, seen upright."""


def make_image(form: str = "PNG", size: tuple[int, int] = (40, 30), mode: str = "RGB", **options: Any) -> bytes:
    """A gradient in the given format."""
    return encoded(Image.linear_gradient("L").resize(size).convert(mode), form, **options)


def encoded(image: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    """An image as a file."""
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def opened(data: bytes) -> Image.Image:
    """A file as an image, decoded."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def photo(size: tuple[int, int] = (60, 44)) -> Image.Image:
    """Smooth, and different in every channel."""
    wide = Image.linear_gradient("L").rotate(90).resize(size)
    high = Image.linear_gradient("L").resize(size)
    return Image.merge("RGB", (wide, high, ImageChops.invert(Image.radial_gradient("L").resize(size))))


def signpost(form: str, orientation: int) -> bytes:
    """Four coloured corners around grey, stored turned, with the EXIF orientation that turns them upright."""
    row, column = _SIDES[orientation]
    size = SIGNPOST if orientation <= 4 else SIGNPOST[::-1]
    stored = Image.new("RGB", size, (128, 128, 128))
    half = (size[0] // 2, size[1] // 2)
    for y, side in ((0, row), (half[1], _OPPOSITE[row])):
        for x, other in ((0, column), (half[0], _OPPOSITE[column])):
            stored.paste(CORNERS[frozenset({side, other})], (x, y, x + half[0], y + half[1]))
    exif = Image.Exif()
    exif[0x0112] = orientation
    lossless = {"lossless": True} if form == "WEBP" else {}
    return encoded(stored, form, exif=exif, **lossless)


def disc(colour: tuple[int, int, int], hidden: tuple[int, int, int] = (0, 0, 0), side: int = 48) -> Image.Image:
    """A disc with a soft edge on full transparency, `hidden` being the colour of what can't be seen."""
    large = Image.new("L", (side * 4, side * 4))
    ImageDraw.Draw(large).ellipse((side // 2, side // 2, side * 7 // 2, side * 7 // 2), 255)
    alpha = large.resize((side, side), Image.Resampling.BOX)
    image = Image.new("RGB", alpha.size, hidden)
    image.paste(colour, mask=alpha.point(lambda value: 255 if value else 0))
    image.putalpha(alpha)
    return image
