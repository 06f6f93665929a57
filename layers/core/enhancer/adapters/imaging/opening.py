"""A person's image opened by Pillow: nothing of its file but the image reaches a decoder."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from PIL import Image

from enhancer.domain import image

_FORMATS = ("JPEG", "PNG", "WEBP")


class Opened(NamedTuple):
    """An image, not decoded yet, its orientation (1 to 8, as in EXIF), and whether its file holds nothing besides
    it: no metadata, no rest, no animation around one frame."""

    image: Image.Image
    orientation: int
    plain: bool


@contextmanager
def opened(original: bytes) -> Iterator[Opened]:
    """Open an original, and close it again. Raises what `image.alone` and Pillow raise."""
    alone = image.alone(original)
    with Image.open(io.BytesIO(alone.data), formats=_FORMATS) as pixels:
        yield Opened(pixels, alone.orientation, alone.still and alone.data == original)
