"""An engine for tests: plain Lanczos resampling, no model, done at once."""

import numpy as np
from PIL import Image

from .engines import Cancelled, CancelledRunError, Pixels, Progress


class InstantEngine:
    """Enlarges without enhancing, and says so."""

    def label(self, pixels: int) -> str:  # noqa: ARG002 - the port's shape
        """Name it."""
        return "instant engine: Lanczos resampling, NOT a model"

    def enlarge(self, rgb: Pixels, size: tuple[int, int], progress: Progress, cancelled: Cancelled) -> Pixels:
        """Resample the whole picture as one tile."""
        if cancelled():
            raise CancelledRunError
        enlarged = np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.LANCZOS))
        progress(1, 1)
        return enlarged
