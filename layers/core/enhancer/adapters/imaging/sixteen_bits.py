"""Conversion of a PNG with 16 bits to 8: the curve and the transparent colour are applied to all 16 bits.

Pillow keeps 16 bits of grey only; of colours it reads the upper bytes, or the lower ones if it is told that the byte
order is reversed.
"""

import io
import struct
import zlib
from collections.abc import Iterator, Sequence
from functools import reduce

from PIL import Image, ImageChops

_STRIP = 1_000_000  # pixels at a time: a sample takes four bytes while it is mapped
_AS_RGBA = b"\x08\x06"  # depth and colour type of an IHDR


def eight_bits(image: Image.Image, data: bytes, levels: Sequence[int], clear: Sequence[int] | None) -> Image.Image:
    """Convert a loaded 16-bit image to L, LA, RGB or RGBA; colours are changed in place to save memory.

    `levels` holds the 8-bit value of each sample, `clear` the samples of the transparent colour, if there is one.
    """
    grey = is_grey(data)
    result = Image.new("L", image.size) if grey else image
    alpha = image.getchannel("A") if image.mode == "RGBA" else Image.new("L", image.size, 255) if clear else None
    unlike = [[255 * (level != value) for level in range(65536)] for value in clear or ()]
    for box, samples in _strips(image, data, grey=grey):
        result.paste(Image.merge("L" if grey else "RGB", [sample.point(levels, "L") for sample in samples]), box)
        if alpha and clear:
            alpha.paste(_unlike(samples, unlike), box)
    result.info.pop("transparency", None)
    if alpha:
        result.putalpha(alpha)
    return result


def _strips(
    image: Image.Image, data: bytes, *, grey: bool
) -> Iterator[tuple[tuple[int, int, int, int], list[Image.Image]]]:
    """Yield boxes and the samples in them, an image in mode I for each channel but alpha."""
    lower = None if image.mode == "I;16" else _grey_as_rgba(data) if grey else _lower(data)
    rows = max(1, _STRIP // image.width)
    for top in range(0, image.height, rows):
        box = (0, top, image.width, min(image.height, top + rows))
        strip = image.crop(box)
        if lower is None:
            yield box, [strip.convert("I")]
        elif grey:
            upper_byte, lower_byte, *_ = lower.crop(box).split()
            yield box, [_joined(upper_byte, lower_byte)]
        else:
            pairs = zip(strip.split()[:3], lower.crop(box).split()[:3], strict=True)
            yield box, [_joined(*pair) for pair in pairs]


def _joined(upper: Image.Image, lower: Image.Image) -> Image.Image:
    little_endian = Image.merge("LA", (lower, upper)).tobytes()
    return Image.frombytes("I;16", upper.size, little_endian).convert("I")


def _lower(data: bytes) -> Image.Image:
    """Return the lower bytes of a colour image."""
    with Image.open(io.BytesIO(data)) as image:
        image.tile = [tile._replace(args=f"{image.mode};16L") for tile in image.tile]
        image.load()
        return image.copy()


def _grey_as_rgba(data: bytes) -> Image.Image:
    """Return 16-bit grey with alpha read as four 8-bit channels: red and green are the bytes of grey."""
    header = data[12:24] + _AS_RGBA + data[26:29]
    with Image.open(io.BytesIO(data[:12] + header + struct.pack(">I", zlib.crc32(header)) + data[33:])) as image:
        image.load()
        return image.convert("RGBA")


def _unlike(samples: Sequence[Image.Image], tables: Sequence[Sequence[int]]) -> Image.Image:
    """Return a mask with 255 where any sample differs from the transparent colour, by one table per channel."""
    differing = [sample.point(table, "L") for sample, table in zip(samples, tables, strict=True)]
    return reduce(ImageChops.lighter, differing)


def is_grey(data: bytes) -> bool:
    """Return whether a PNG's colour type is grey."""
    return data[25] in {0, 4}  # the colour type of IHDR
