"""Work on pixels with Pillow: making an original fit for a model, and a model's output what was asked for."""

from typing import IO

from PIL import Image

from enhancer.adapters.imaging.finishing import finish
from enhancer.adapters.imaging.preparing import prepare
from enhancer.errors import UnreadablePicture
from enhancer.ports import Finished, Prepared, Wish

Image.MAX_IMAGE_PIXELS = 60_000_000  # intake refuses above 50 million; Pillow raises above twice this
_FAULTS = (OSError, SyntaxError, ValueError, Image.DecompressionBombError)


class PillowImaging:
    """The port `Imaging` with Pillow."""

    def prepare(self, original: bytes, max_pixels: int) -> Prepared:
        """See `ports.Imaging.prepare`."""
        try:
            return prepare(original, max_pixels)
        except _FAULTS as problem:
            raise UnreadablePicture(str(problem)[:200]) from None

    def finish(self, output: IO[bytes], original: bytes | None, wish: Wish) -> Finished:
        """See `ports.Imaging.finish`."""
        try:
            return finish(output, original, wish)
        except _FAULTS as problem:
            raise UnreadablePicture(str(problem)[:200]) from None
