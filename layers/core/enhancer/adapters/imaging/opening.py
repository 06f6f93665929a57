"""Opening of an uploaded image with Pillow: only the image itself, without metadata, reaches a decoder."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from PIL import Image

from enhancer.domain import image

_FORMATS = ("JPEG", "PNG", "WEBP")


class Opened(NamedTuple):
    """An image that is not decoded yet, and its orientation (1 to 8, as in EXIF).

    `plain` says that the file has nothing else: no metadata, no trailing bytes, no animation around one frame.
    """

    image: Image.Image
    orientation: int
    plain: bool


@contextmanager
def opened(original: bytes) -> Iterator[Opened]:
    """Open an original, and close it again. Raises what `image.alone` and Pillow raise."""
    alone = image.alone(original)
    with Image.open(io.BytesIO(alone.data), formats=_FORMATS) as pixels:
        yield Opened(pixels, alone.orientation, alone.still and alone.data == original)
