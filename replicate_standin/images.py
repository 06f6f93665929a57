"""Decodes and encodes image files as each model does."""

import io
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from .engines import Pixels

# Formats that OpenCV's imread, which the three models use, always decodes.
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF")
# Formats that its imwrite encodes, by a file name's extension, with its defaults: JPEG at 95, WebP lossless.
WRITABLE: dict[str, dict[str, Any]] = {
    ".png": {"format": "PNG", "compress_level": 3},
    ".jpg": {"format": "JPEG", "quality": 95},
    ".jpeg": {"format": "JPEG", "quality": 95},
    ".webp": {"format": "WEBP", "lossless": True},
    ".bmp": {"format": "BMP"},
    ".tif": {"format": "TIFF"},
    ".tiff": {"format": "TIFF"},
}
_BLEED_STEPS = 12
_GRAY_MODES = ("1", "L", "I", "I;16", "I;16B", "I;16L", "F")


class UndecodableError(Exception):
    """The file is not an image that the models can read."""


@dataclass(frozen=True)
class DecodedImage:
    """The pixels to enlarge: H x W x 3, and H x W of transparency if there is any."""

    rgb: Pixels
    alpha: Pixels | None
    gray: bool


def open_image(content: bytes) -> Image.Image:
    """Read the header of an image, no pixels yet; raises UndecodableError."""
    try:
        return Image.open(io.BytesIO(content), formats=FORMATS)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as fault:
        raise UndecodableError from fault


def decode(image: Image.Image) -> None:
    """Decode the pixels of an opened image; raises UndecodableError."""
    try:
        image.load()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as fault:
        raise UndecodableError from fault


def shape(image: Image.Image, *, keeps_alpha: bool) -> tuple[int, ...]:
    """Return the shape OpenCV would report: rows, columns, and 3 or 4 channels unless gray."""
    size = (image.height, image.width)
    if not keeps_alpha:
        return (*size, 3)
    if image.has_transparency_data:
        return (*size, 4)
    return size if image.mode in _GRAY_MODES else (*size, 3)


def read_pixels(image: Image.Image, *, orients: bool, keeps_alpha: bool, keeps_gray: bool) -> DecodedImage:
    """Decode an image; raises UndecodableError.

    `orients` applies the EXIF orientation, as IMREAD_COLOR does; IMREAD_UNCHANGED ignores it but keeps alpha.
    """
    decode(image)
    if orients:
        image = ImageOps.exif_transpose(image)
    gray = keeps_gray and len(shape(image, keeps_alpha=True)) == 2
    if image.mode in ("I", "I;16", "I;16B", "I;16L"):
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if not (keeps_alpha and image.has_transparency_data):
        return DecodedImage(np.array(image.convert("RGB")), None, gray)
    pixels = np.array(image.convert("RGBA"))
    alpha = pixels[..., 3]
    return DecodedImage(_bleed(pixels[..., :3], alpha > 0), alpha, gray)


def encode(rgb: Pixels, decoded: DecodedImage, name: str) -> bytes:
    """Encode an enlarged image as its file name's extension says, transparency scaled to match, without metadata."""
    image = Image.fromarray(rgb)
    if decoded.gray:
        image = image.convert("L")
    if decoded.alpha is not None:
        image.putalpha(Image.fromarray(decoded.alpha).resize(image.size, Image.Resampling.BICUBIC))
    buffer = io.BytesIO()
    image.save(buffer, **WRITABLE[PurePosixPath(name).suffix.lower()])
    return buffer.getvalue()


def media_type(name: str) -> str:
    """Return the media type of a file that `encode` wrote under this name."""
    return Image.MIME[WRITABLE[PurePosixPath(name).suffix.lower()]["format"]]


def _bleed(rgb: Pixels, known: NDArray[np.bool_]) -> Pixels:
    """Grow the visible colours under fully clear pixels, so that the net draws no hidden colour into the edge."""
    if known.all() or not known.any():
        return rgb
    height, width = known.shape
    grown = rgb.astype(np.float32) * known[..., None]
    known = known.copy()
    for _ in range(_BLEED_STEPS):
        colours, weights = np.pad(grown, ((1, 1), (1, 1), (0, 0))), np.pad(known, 1).astype(np.float32)
        near = [(slice(y, y + height), slice(x, x + width)) for y in range(3) for x in range(3)]
        count = np.sum([weights[part] for part in near], axis=0)
        new = ~known & (count > 0)
        total = np.sum([colours[part] for part in near], axis=0)
        grown[new] = total[new] / count[new][:, None]
        known |= new
    return grown.round().astype(np.uint8)
