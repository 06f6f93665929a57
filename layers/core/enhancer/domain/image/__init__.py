"""Inspection of image files without decoding: type, size in pixels, truncation, animation, and the image's own bytes.

Written by hand because intake must not carry Pillow (docs/decisions/0003), and because Pillow reads more than the
image: it rejects valid files and lets private data through (docs/decisions/0025).
"""

from enhancer.domain.image import foreign, jpeg, png, webp
from enhancer.domain.image.parts import Alone
from enhancer.domain.image.refusals import (
    Animated,
    Damaged,
    MoreNeeded,
    NotAnImage,
    TooIntricate,
    Truncated,
)
from enhancer.domain.image_info import ContentType, ImageInfo

__all__ = [
    "HEAD_BYTES",
    "TAIL_BYTES",
    "Alone",
    "Animated",
    "ContentType",
    "Damaged",
    "ImageInfo",
    "MoreNeeded",
    "NotAnImage",
    "TooIntricate",
    "Truncated",
    "alone",
    "inspect",
]

HEAD_BYTES = 256 * 1024  # EXIF, XMP and a colour profile precede the size in a JPEG: 64 KiB per segment
TAIL_BYTES = 64


def inspect(head: bytes, tail: bytes, size: int) -> ImageInfo:
    """Read an image's type and dimensions.

    `head` holds the first and `tail` the last bytes of a file of `size` bytes; either may be the whole file. Raises
    NotAnImage, Animated, Truncated, Damaged, TooIntricate, or MoreNeeded while `head` is not the whole file.
    """
    match _content_type(head):
        case "image/png":
            return png.inspect(head, tail, size)
        case "image/jpeg":
            return jpeg.inspect(head, tail, size)
        case _:
            return webp.inspect(head, size)


def alone(data: bytes) -> Alone:
    """Extract a whole file's image: pixels, what is needed to decode them, and their colour information.

    Everything else is left out because it is not on the list of needed parts: texts, EXIF (but for the orientation),
    thumbnails, unknown parts, further images, trailing bytes. The pixels themselves are not read. Raises NotAnImage,
    Truncated, or TooIntricate for more scans or parts than are decoded.
    """
    match _content_type(data):
        case "image/png":
            return png.alone(data)
        case "image/jpeg":
            return jpeg.alone(data)
        case _:
            return webp.alone(data)


def _content_type(head: bytes) -> ContentType:
    if head.startswith(png.START):
        return "image/png"
    if head.startswith(jpeg.START):
        return "image/jpeg"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    raise NotAnImage("the content is not a JPEG, PNG or WebP image", foreign.media_type(head))
