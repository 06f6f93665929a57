"""Image processing with Pillow: originals prepared for a model, and a model's output rendered as requested."""

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

Image.MAX_IMAGE_PIXELS = 60_000_000  # intake rejects above 50 million; Pillow raises above twice this
PngImagePlugin.MAX_TEXT_CHUNK = MAX_PROFILE  # of a PNG's inflated data besides pixels; Pillow's default is 1 MiB


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
    """Turn any exception of a library into UnreadableImage or TooMuchWork.

    Pillow alone has raised OSError, SyntaxError, ValueError, AssertionError, struct.error, PyCMSError and more, and
    documents none of them.
    """
    try:
        yield
    except UnreadableImage:
        raise
    except (TooIntricate, MemoryError, Image.DecompressionBombError) as problem:
        raise TooMuchWork(_type_and_place(problem)) from None
    except Exception as problem:  # noqa: BLE001 - see above
        raise UnreadableImage(_type_and_place(problem)) from None


def _type_and_place(problem: Exception) -> str:
    """Return an exception's type and place, for the log; its text may contain data of the image."""
    place = traceback.extract_tb(problem.__traceback__)[-1]
    return f"{type(problem).__name__} in {PurePath(place.filename).name}, line {place.lineno}"
