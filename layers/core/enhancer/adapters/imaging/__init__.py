"""Work on pixels with Pillow: making an original fit for a model, and a model's output what was asked for."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePath
from typing import IO

from PIL import Image, PngImagePlugin

from enhancer.adapters.imaging.finishing import finish
from enhancer.adapters.imaging.preparing import prepare
from enhancer.domain.image import TooIntricate
from enhancer.domain.image.parts import MAX_PROFILE
from enhancer.errors import TooMuchWork, UnreadableImage
from enhancer.ports import OutputSpec, PreparedImage, RenderedResult

Image.MAX_IMAGE_PIXELS = 60_000_000  # intake refuses above 50 million; Pillow raises above twice this
PngImagePlugin.MAX_TEXT_CHUNK = MAX_PROFILE  # Pillow's bound for what a PNG inflates besides pixels: 1 MiB by itself


class PillowImaging:
    """The port `Imaging` with Pillow."""

    def prepare(self, original: bytes, max_pixels: int) -> PreparedImage:
        """See `ports.Imaging.prepare`."""
        with _refusals():
            return prepare(original, max_pixels)

    def finish(self, output: IO[bytes], original: bytes | None, spec: OutputSpec) -> RenderedResult:
        """See `ports.Imaging.finish`."""
        with _refusals():
            return finish(output, original, spec)


@contextmanager
def _refusals() -> Iterator[None]:
    """Whatever a library raises at an image is that image's end: Pillow alone has raised OSError, SyntaxError,
    ValueError, AssertionError, struct.error, PyCMSError and more, and documents none of them."""
    try:
        yield
    except UnreadableImage:
        raise
    except (TooIntricate, MemoryError, Image.DecompressionBombError) as problem:
        raise TooMuchWork(_words(problem)) from None
    except Exception as problem:  # noqa: BLE001 - see above
        raise UnreadableImage(_words(problem)) from None


def _words(problem: Exception) -> str:
    """What was raised, and where: what it says may be read from the image, and this goes into the log."""
    place = traceback.extract_tb(problem.__traceback__)[-1]
    return f"{type(problem).__name__} in {PurePath(place.filename).name}, line {place.lineno}"
