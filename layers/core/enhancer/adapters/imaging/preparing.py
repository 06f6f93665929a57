"""An original made fit for a model: upright, nothing of its owner in it, within the model's pixels, in RGB."""

import io
from typing import Any

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from enhancer.adapters.imaging.colours import in_rgb
from enhancer.adapters.imaging.gain_maps import has_gain_map
from enhancer.domain.sizing import fit_within
from enhancer.ports import Prepared

ORIENTATION = 0x0112  # the EXIF tag
_TURNED = range(5, 9)  # the orientations in which width and height change places
_INNOCENT_SEGMENTS = (b"JFIF\0", b"Adobe", b"ICC_PROFILE\0")  # how they begin; others may say anything
_PICTURE_CHUNKS = {
    "PNG": frozenset(b"IHDR PLTE tRNS IDAT IEND iCCP sRGB gAMA cHRM cICP mDCV cLLI sBIT bKGD hIST pHYs".split()),
    "WEBP": frozenset((b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ICCP")),
}
_ENDS = {"JPEG": b"\xff\xd9", "MPO": b"\xff\xd9", "PNG": b"IEND\xaeB`\x82"}
_JPEG_QUALITY = 95


def prepare(original: bytes, max_pixels: int) -> Prepared:
    """See `ports.Imaging.prepare`.

    The models ignore the orientation tag and misread everything that is not RGB or RGBA with 8 bits. What has to change
    is written without loss, but for a JPEG, whose copy at quality 95 is a quarter of a PNG's bytes.
    """
    with Image.open(io.BytesIO(original)) as image:
        report: dict[str, Any] = {
            "oriented": image.getexif().get(ORIENTATION, 1) != 1,
            "metadataRemoved": False,
            "converted": None,
            "reducedFrom": None,
            "transparencyFilled": False,
            "hdrRemoved": has_gain_map(image.format, original),
        }
        stored = image.size
        size = fit_within(*stored, max_pixels)
        image.draft(None, size)  # a JPEG is decoded at a half, a quarter or an eighth where that is still enough
        image.load()
        report["metadataRemoved"] = bears_metadata(image, original)
        colours = in_rgb(image, original)
        report["converted"] = colours.converted
        report["hdrRemoved"] |= colours.hdr
        picture = colours.image
        if size != stored:
            picture = picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=3)
        picture = upright(picture, image)
        if size != stored:
            report["reducedFrom"] = list(upright_size(image, stored))
        if has_transparency(picture, below=1):
            picture = _filled(picture)
            report["transparencyFilled"] = True
        if not any(report.values()):
            return Prepared(None, *picture.size, report)
        clean = Image.new(picture.mode, picture.size)
        clean.paste(picture)
        buffer = io.BytesIO()
        if image.format in {"JPEG", "MPO"}:
            clean.save(buffer, "JPEG", quality=_JPEG_QUALITY, subsampling=0, icc_profile=colours.profile)
        else:
            clean.save(buffer, "PNG", compress_level=3, icc_profile=colours.profile)
        return Prepared(buffer.getvalue(), *picture.size, report)


def has_transparency(picture: Image.Image, below: int = 255) -> bool:
    """Whether any pixel is less opaque than `below` (255 is opaque, 0 can't be seen)."""
    return picture.mode == "RGBA" and picture.getchannel("A").histogram()[:below] != [0] * below


def upright(picture: Image.Image, source: Image.Image) -> Image.Image:
    """The picture turned as its source's orientation tag says."""
    method = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }.get(source.getexif().get(ORIENTATION, 1))
    return picture if method is None else picture.transpose(method)


def upright_size(source: Image.Image, stored: tuple[int, int]) -> tuple[int, int]:
    """Width and height as they are once the picture is upright."""
    turned = source.getexif().get(ORIENTATION, 1) in _TURNED
    return (stored[1], stored[0]) if turned else stored


def bears_metadata(image: Image.Image, data: bytes) -> bool:
    """Whether a file holds anything besides its picture and that one's colour profile: segments, chunks, a rest."""
    if image.format in _PICTURE_CHUNKS:
        foreign = not _chunks(image.format, data) <= _PICTURE_CHUNKS[image.format]
    else:
        assert isinstance(image, JpegImageFile)  # noqa: S101 - MPO is one too
        foreign = any(not body.startswith(_INNOCENT_SEGMENTS) for _, body in image.applist)
    return foreign or _goes_on(image, data)


def _chunks(form: str, data: bytes) -> set[bytes]:
    """The kinds of chunks in a PNG or WebP."""
    kinds: set[bytes] = set()
    if form == "PNG":
        position = 8
        while position + 12 <= len(data) and b"IEND" not in kinds:
            kinds.add(data[position + 4 : position + 8])
            position += 12 + int.from_bytes(data[position : position + 4])
    elif form == "WEBP":
        position, end = 12, int.from_bytes(data[4:8], "little") + 8
        while position + 8 <= end:
            kinds.add(data[position : position + 4])
            length = int.from_bytes(data[position + 4 : position + 8], "little")
            position += 8 + length + length % 2
    return kinds


def _goes_on(image: Image.Image, data: bytes) -> bool:
    """Whether bytes follow the picture's end: phones append films and notes."""
    if image.format == "WEBP":
        return len(data) > int.from_bytes(data[4:8], "little") + 8
    return not data.endswith(_ENDS[str(image.format)])


def _filled(picture: Image.Image) -> Image.Image:
    """The colours of visible pixels, spread under those that can't be seen.

    What hides under transparency is nobody's business, and a model drags it into the edges: the dark fringe.
    """
    levels = [_visible(picture)]
    while has_transparency(levels[-1]) and max(levels[-1].size) > 1:
        levels.append(_visible(levels[-1].reduce(2)))
    spread = levels.pop().convert("RGB")
    for level in reversed(levels):
        larger = spread.resize(level.size, Image.Resampling.BILINEAR)
        spread = Image.composite(level.convert("RGB"), larger, level.getchannel("A"))
    spread.putalpha(picture.getchannel("A"))
    return spread


def _visible(picture: Image.Image) -> Image.Image:
    """With every pixel that can be seen at all opaque, so that none's colour is rounded away by its weight."""
    opaque = picture.copy()
    opaque.putalpha(picture.getchannel("A").point(lambda alpha: 255 if alpha else 0))
    return opaque
