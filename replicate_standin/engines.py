"""The port to engines, which enlarge images, and an engine for tests. The real one is in `realesrgan.py`."""

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
Progress = Callable[[int, int], None]
Cancelled = Callable[[], bool]


class EngineError(Exception):
    """The engine cannot start; the message says what is missing and how to get it."""


class CancelledRunError(Exception):
    """The run was cancelled between two tiles."""


class Engine(Protocol):
    """An engine that enlarges images; called from one worker thread at a time."""

    def label(self, pixels: int) -> str:
        """Return the name of the method that the engine uses for an image of that many pixels."""

    def enlarge(self, rgb: Pixels, size: tuple[int, int], progress: Progress, cancelled: Cancelled) -> Pixels:
        """Return an H x W x 3 image in another size (width, height).

        Calls `progress(done, total)` after each tile; raises CancelledRunError soon after `cancelled()` is true.
        """


class InstantEngine:
    """Resamples without a model, and says so: for tests."""

    def label(self, pixels: int) -> str:  # noqa: ARG002 - the port's shape
        """Return its name."""
        return "instant engine: Lanczos resampling, NOT a model"

    def enlarge(self, rgb: Pixels, size: tuple[int, int], progress: Progress, cancelled: Cancelled) -> Pixels:
        """Resample the whole image as one tile."""
        if cancelled():
            raise CancelledRunError
        enlarged = np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.LANCZOS))
        progress(1, 1)
        return enlarged
