"""Work on pixels with Pillow: making an original fit for a model, and reductions of a result."""

import io
from typing import IO, Any

from PIL import Image, ImageOps

from enhancer.errors import UnreadablePicture
from enhancer.ports import Prepared, Previews

PREVIEW_SIDE = 2048
THUMB_SIDE = 320
_QUALITY = 82
Image.MAX_IMAGE_PIXELS = 60_000_000  # intake refuses above 50 million; Pillow raises above twice this
_METADATA = ("exif", "xmp", "comment", "photoshop", "XML:com.adobe.xmp", "Raw profile type exif")


class PillowImaging:
    """The port `Imaging` with Pillow."""

    def prepare(self, original: bytes, max_pixels: int) -> Prepared:
        """See `ports.Imaging.prepare`.

        The models ignore the orientation tag and misread everything that is not RGB or RGBA; whatever has to change is
        written as PNG, with the colour profile and no other metadata.
        """
        try:
            with Image.open(io.BytesIO(original)) as image:
                image.load()
                return _prepare(image, max_pixels)
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as problem:
            raise UnreadablePicture(str(problem)[:200]) from None

    def previews(self, result: IO[bytes]) -> Previews:
        """See `ports.Imaging.previews`."""
        try:
            with Image.open(result) as image:
                image.draft("RGB", (PREVIEW_SIDE, PREVIEW_SIDE))
                preview = _reduced(image, PREVIEW_SIDE)
                return Previews(_webp(preview), _webp(_reduced(preview, THUMB_SIDE)))
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as problem:
            raise UnreadablePicture(str(problem)[:200]) from None


def _prepare(image: Image.Image, max_pixels: int) -> Prepared:
    oriented = image.getexif().get(0x0112, 1) != 1
    bears_metadata = any(name in image.info for name in _METADATA) or bool(image.getexif())
    upright = ImageOps.exif_transpose(image)
    report: dict[str, Any] = {
        "oriented": oriented,
        "metadataRemoved": bears_metadata,
        "converted": None,
        "reducedFrom": None,
    }
    profile = upright.info.get("icc_profile")
    if upright.mode not in {"RGB", "RGBA"}:
        report["converted"] = upright.mode
        profile = profile if upright.mode in {"P", "PA"} else None  # a grey or CMYK profile does not describe RGB
        upright = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    if upright.width * upright.height > max_pixels:
        report["reducedFrom"] = [upright.width, upright.height]
        factor = (max_pixels / (upright.width * upright.height)) ** 0.5
        size = (max(1, int(upright.width * factor)), max(1, int(upright.height * factor)))
        upright = upright.resize(size, Image.Resampling.LANCZOS, reducing_gap=3)
    if not any(report.values()):
        return Prepared(None, report)
    clean = Image.new(upright.mode, upright.size)
    clean.paste(upright)
    buffer = io.BytesIO()
    clean.save(buffer, "PNG", compress_level=3, icc_profile=profile)
    return Prepared(buffer.getvalue(), report)


def _reduced(image: Image.Image, side: int) -> Image.Image:
    copy = image.copy()
    copy.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2)
    return copy


def _webp(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=_QUALITY, method=2, icc_profile=image.info.get("icc_profile"))
    return buffer.getvalue()
