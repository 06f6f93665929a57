"""Rendering of a model's output as requested: size, transparency, profile and format, with its previews.

The image is decoded once, for the previews and the comparison; its file is encoded again only if size, transparency
or format have to change.
"""

import hashlib
import io
import tempfile
from collections.abc import Callable, Iterable
from typing import IO, Any, NamedTuple, TypeVar

from PIL import Image

from enhancer.adapters.imaging import faithfulness, png
from enhancer.adapters.imaging.colours import in_rgb
from enhancer.adapters.imaging.opening import opened
from enhancer.adapters.imaging.plainness import MARKED, is_grey, is_plain
from enhancer.adapters.imaging.preparing import has_transparency, upright
from enhancer.domain.sizing import fit_within, turned
from enhancer.errors import BlankImage
from enhancer.ports import OutputSpec, RenderedResult

PREVIEW_SIDE = 2048
THUMB_SIDE = 320
COMPARED_PIXELS = 1_000_000
_PREVIEW_QUALITY = 82
_PNG_LEVEL = 4  # of zlib; 6, the default, takes twice the time for 7 % fewer bytes (docs/images.md)
_IN_MEMORY = 16 * 1024 * 1024
_GREY = (128, 128, 128)
_WHITE = (255, 255, 255)
_Made = TypeVar("_Made")


class Reference(NamedTuple):
    """The properties of the original that its result must keep, and a reduced copy in RGB to compare with.

    `profile` and `alpha` are None if it has none; `grey` and `plain` are about its visible pixels.
    """

    profile: bytes | None
    alpha: Image.Image | None
    grey: bool
    plain: bool
    sample: Image.Image


def finish(output: IO[bytes], original: bytes | None, spec: OutputSpec) -> RenderedResult:
    """See `ports.Imaging.finish`."""
    reference = _if_possible(lambda: _reference(original)) if original else None
    with Image.open(output) as image:
        image.load()
        if reference and not reference.plain and is_plain(image):
            raise BlankImage("the model returned one colour for an image of several")
        result = _result(image, reference, spec)
        shown = _opaque(result, _WHITE) if spec.output_format == "jpeg" else result
        as_it_came = result is image and image.format == "PNG" and spec.output_format == "png"
        profile = reference.profile if reference else image.info.get("icc_profile")
        if as_it_came:
            output.seek(0)
            file, sha256, size = _spooled(png.marked(output, profile, spec.xmp))
        else:
            file, sha256, size = _encoded(shown, profile, spec)
        preview = _reduced(shown, PREVIEW_SIDE)
        thumb = _reduced(preview, THUMB_SIDE)
        larger = preview if shown is result else result
        return RenderedResult(
            file,
            sha256,
            size,
            f"image/{spec.output_format}",
            *result.size,
            preview=_if_possible(lambda: _webp(preview, profile)),
            thumb=_if_possible(lambda: _webp(thumb, profile)),
            report=_if_possible(lambda: _report(reference, larger, result, profile)) if reference else None,
        )


def _if_possible(make: Callable[[], _Made]) -> _Made | None:
    """Return what `make` returns, None for any exception: a paid result is kept without these parts."""
    try:
        return make()
    except Exception:  # noqa: BLE001 - libraries raise undocumented exceptions
        return None


def _reference(original: bytes) -> Reference:
    with opened(original) as (image, orientation, _):
        stored = image.size
        sample_size = fit_within(*stored, COMPARED_PIXELS)
        image.draft(None, sample_size)
        image.load()
        colours = in_rgb(image, original)
        pixels = colours.image
        alpha = upright(pixels.getchannel("A"), orientation) if has_transparency(pixels) else None
        sample = upright(_sample(pixels, sample_size), orientation)
        return Reference(colours.profile, alpha, is_grey(pixels), is_plain(pixels, MARKED), sample)


def _report(reference: Reference, preview: Image.Image, result: Image.Image, profile: bytes | None) -> dict[str, Any]:
    larger = preview if preview.width >= reference.sample.width else result
    sample = _sample(larger, reference.sample.size)
    return faithfulness.compare(reference.sample, sample.convert("RGB"), profile)


def _sample(pixels: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Return a reduced copy to compare with, transparency filled with grey."""
    reduced = pixels if pixels.size == size else pixels.resize(size, Image.Resampling.LANCZOS, reducing_gap=3)
    return _opaque(reduced, _GREY)


def _result(image: Image.Image, reference: Reference | None, spec: OutputSpec) -> Image.Image:
    """Return the output in the promised size and with the original's transparency; the same object if it fits.

    An output that is smaller than promised keeps its size: enlarging it would add no detail.
    """
    result = _in_its_colours(image, reference)
    size = turned(spec.size, result.size)
    if result.size != size and result.width >= size[0] and result.height >= size[1]:
        result = result.resize(size, Image.Resampling.LANCZOS)
    if reference and reference.alpha and result.mode in {"L", "RGB"}:
        result = result.copy() if result is image else result
        result.putalpha(reference.alpha.resize(result.size, Image.Resampling.BICUBIC))
    return result


def _in_its_colours(image: Image.Image, reference: Reference | None) -> Image.Image:
    """Return the output in RGB, or in grey if the original is: models tint grey that they get as RGB.

    An RGB profile needs three channels, which are then equal.
    """
    transparent = "A" if image.mode in {"LA", "RGBA"} else ""
    in_channels = image if image.mode in {"RGB", "RGBA"} else image.convert(f"RGB{transparent}")
    if not reference or not reference.grey or (reference.profile and is_grey(in_channels)):
        return in_channels
    grey = image if image.mode in {"L", "LA"} else image.convert(f"L{transparent}")
    return grey.convert(f"RGB{transparent}") if reference.profile else grey


def _encoded(result: Image.Image, profile: bytes | None, spec: OutputSpec) -> tuple[IO[bytes], str, int]:
    file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the caller closes it
    if spec.output_format == "png":
        result.save(file, "PNG", icc_profile=profile, compress_level=_PNG_LEVEL)
        file.seek(0)
        with file:
            return _spooled(png.marked(file, None, spec.xmp))
    if spec.output_format == "webp":
        result.save(file, "WEBP", quality=spec.quality, icc_profile=profile, xmp=spec.xmp)
    else:
        result.save(file, "JPEG", quality=spec.quality, icc_profile=profile, xmp=spec.xmp)
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").hexdigest()
    size = file.tell()
    file.seek(0)
    return file, digest, size


def _spooled(blocks: Iterable[bytes]) -> tuple[IO[bytes], str, int]:
    file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the caller closes it
    digest = hashlib.sha256()
    for block in blocks:
        digest.update(block)
        file.write(block)
    size = file.tell()
    file.seek(0)
    return file, digest.hexdigest(), size


def _opaque(pixels: Image.Image, ground: tuple[int, int, int]) -> Image.Image:
    if pixels.mode in {"L", "RGB"}:
        return pixels
    mode = pixels.mode.rstrip("A")
    laid = Image.new(mode, pixels.size, ground if mode == "RGB" else ground[0])
    laid.paste(pixels.convert(mode), mask=pixels.getchannel("A"))
    return laid


def _reduced(pixels: Image.Image, side: int) -> Image.Image:
    """Reduce an image to at most `side` pixels wide and high; never enlarge it."""
    factor = side / max(pixels.size)
    if factor >= 1:
        return pixels
    size = (max(1, round(pixels.width * factor)), max(1, round(pixels.height * factor)))
    return pixels.resize(size, Image.Resampling.LANCZOS, reducing_gap=2)


def _webp(pixels: Image.Image, profile: bytes | None) -> bytes:
    buffer = io.BytesIO()
    pixels.save(buffer, "WEBP", quality=_PREVIEW_QUALITY, method=2, icc_profile=profile)
    return buffer.getvalue()
