"""What an image's file says without decoding: type, size in pixels, whole or cut off, still or animated, and which of
its bytes are the image.

Written by hand because intake must not carry Pillow (docs/decisions/0003), and because what Pillow reads besides the
image refuses good ones and lets through what is private (docs/decisions/0025).
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

HEAD_BYTES = 256 * 1024  # EXIF, XMP and a colour profile come before the size in a JPEG: 64 KiB a segment
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
    """Take a whole file's image out of it: pixels, what is needed to decode them, and what says their colours.

    Everything else stays behind, by what it is and not by how it begins: texts, EXIF (but for the orientation),
    thumbnails, unknown parts, further images, whatever follows the end. The pixels themselves are not looked at.
    Raises NotAnImage, Truncated, or TooIntricate for more scans or parts than are decoded.
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
