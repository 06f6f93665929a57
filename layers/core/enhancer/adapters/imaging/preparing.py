"""Preparation of an original for a model: upright, without metadata, within the model's pixels, in RGB."""

import io
from typing import Any

from PIL import Image

from enhancer.adapters.imaging.colours import in_rgb
from enhancer.adapters.imaging.gain_maps import has_gain_map
from enhancer.adapters.imaging.opening import opened
from enhancer.domain.image.exif import UPRIGHT
from enhancer.domain.sizing import fit_within
from enhancer.ports import PreparedImage

_TURNED = range(5, 9)  # the orientations in which width and height change places
_JPEG_QUALITY = 95


def prepare(original: bytes, max_pixels: int) -> PreparedImage:
    """See `ports.Imaging.prepare`.

    The models ignore the orientation tag and misread everything that is not RGB or RGBA with 8 bits. A changed image is
    written without loss, except a JPEG, whose copy at quality 95 is a quarter of a PNG's bytes.
    """
    with opened(original) as (image, orientation, plain):
        report: dict[str, Any] = {
            "oriented": orientation != UPRIGHT,
            "metadataRemoved": not plain,
            "converted": None,
            "reducedFrom": None,
            "transparencyFilled": False,
            "hdrRemoved": has_gain_map(image.format, original),
        }
        stored = image.size
        size = fit_within(*stored, max_pixels)
        image.draft(None, size)  # decodes a JPEG at a half, a quarter or an eighth if that is enough
        image.load()
        colours = in_rgb(image, original)
        report["converted"] = colours.converted
        report["hdrRemoved"] |= colours.hdr
        pixels = colours.image
        if size != stored:
            pixels = pixels.resize(size, Image.Resampling.LANCZOS, reducing_gap=3)
        pixels = upright(pixels, orientation)
        if size != stored:
            report["reducedFrom"] = list(upright_size(stored, orientation))
        if has_transparency(pixels, below=1):
            pixels = _filled(pixels)
            report["transparencyFilled"] = True
        if not any(report.values()):
            return PreparedImage(None, *pixels.size, report)
        clean = Image.new(pixels.mode, pixels.size)
        clean.paste(pixels)
        buffer = io.BytesIO()
        if image.format == "JPEG":
            clean.save(buffer, "JPEG", quality=_JPEG_QUALITY, subsampling=0, icc_profile=colours.profile)
        else:
            clean.save(buffer, "PNG", compress_level=3, icc_profile=colours.profile)
        return PreparedImage(buffer.getvalue(), *pixels.size, report)


def has_transparency(pixels: Image.Image, below: int = 255) -> bool:
    """Return whether any pixel is less opaque than `below` (255 is opaque, 0 is invisible)."""
    return pixels.mode == "RGBA" and pixels.getchannel("A").histogram()[:below] != [0] * below


def upright(pixels: Image.Image, orientation: int) -> Image.Image:
    """Turn an image by its EXIF orientation (Exif 3.0, 4.6.4)."""
    method = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }.get(orientation)
    return pixels if method is None else pixels.transpose(method)


def upright_size(stored: tuple[int, int], orientation: int) -> tuple[int, int]:
    """Return width and height of the upright image."""
    return (stored[1], stored[0]) if orientation in _TURNED else stored


def _filled(pixels: Image.Image) -> Image.Image:
    """Replace the colours of invisible pixels by those of the visible ones around them.

    Colours under full transparency may be private, and a model blends them into edges as a dark fringe.
    """
    levels = [_visible(pixels)]
    while has_transparency(levels[-1]) and max(levels[-1].size) > 1:
        levels.append(_visible(levels[-1].reduce(2)))
    spread = levels.pop().convert("RGB")
    for level in reversed(levels):
        larger = spread.resize(level.size, Image.Resampling.BILINEAR)
        spread = Image.composite(level.convert("RGB"), larger, level.getchannel("A"))
    spread.putalpha(pixels.getchannel("A"))
    return spread


def _visible(pixels: Image.Image) -> Image.Image:
    """Return a copy whose visible pixels are all opaque, so that averages don't lose the colours of faint ones."""
    opaque = pixels.copy()
    opaque.putalpha(pixels.getchannel("A").point(lambda alpha: 255 if alpha else 0))
    return opaque
