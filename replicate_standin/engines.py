"""What enlarges pixels: the port, and the choice between its two sides."""

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Progress = Callable[[int, int], None]
Cancelled = Callable[[], bool]


class EngineError(Exception):
    """The engine cannot start; the message says what is missing and how to get it."""


class CancelledRunError(Exception):
    """The run was cancelled between two tiles."""


class Engine(Protocol):
    """Something that enlarges a picture; called from one worker thread at a time."""

    def label(self, pixels: int) -> str:
        """Name plainly what would enlarge a picture of so many pixels."""

    def enlarge(self, rgb: Pixels, size: tuple[int, int], progress: Progress, cancelled: Cancelled) -> Pixels:
        """Return an H x W x 3 picture in another size (width, height).

        Calls `progress(done, total)` after each tile; raises CancelledRunError soon after `cancelled()` is true.
        """


def make_engine(name: str) -> Engine:
    """Return the engine that `LOCAL_ENGINE` names; raises EngineError if it cannot run here."""
    if name == "instant":
        from .instant import InstantEngine

        return InstantEngine()
    from .realesrgan import RealEsrganEngine

    return RealEsrganEngine()
