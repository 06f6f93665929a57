"""What a picture says of itself in its first and last bytes: type, size in pixels, whole or cut off, still or animated.

Written by hand because intake must not carry Pillow (docs/decisions/0003): it reads the few header fields that decide
whether a job may be created. The byte layouts are those of ITU-T T.81 (JPEG), the PNG specification (third edition) and
Google's WebP container specification, read 2026-11-22.
"""

import struct
from dataclasses import dataclass
from typing import Literal

ContentType = Literal["image/jpeg", "image/png", "image/webp"]
HEAD_BYTES = 256 * 1024  # EXIF, XMP and a colour profile come before the size in a JPEG: 64 KiB a segment
TAIL_BYTES = 64

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {
    0xC4,
    0xC8,
    0xCC,
}  # start of frame; the three are tables and extensions
_JPEG_BARE = frozenset({0x01, *range(0xD0, 0xD8)})  # markers without a length


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that may be enhanced: its type and its stored width and height in pixels."""

    content_type: ContentType
    width: int
    height: int

    @property
    def pixels(self) -> int:
        """Width times height."""
        return self.width * self.height


class NotAPicture(ValueError):
    """The bytes are not a JPEG, PNG or WebP."""


class Animated(ValueError):
    """The picture moves; the models take stills."""


class Truncated(ValueError):
    """The file ends before the picture does."""


class HeaderTooLong(ValueError):
    """The size in pixels comes later than the bytes at hand."""


def inspect(head: bytes, tail: bytes, size: int) -> Picture:
    """Read a picture's type and dimensions.

    `head` holds the first and `tail` the last bytes of a file of `size` bytes; either may be the whole file. Raises
    NotAPicture, Animated, Truncated, or HeaderTooLong when a longer head could tell.
    """
    if head.startswith(_PNG):
        return _png(head, tail)
    if head.startswith(b"\xff\xd8\xff"):
        return _jpeg(head, tail, size)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return _webp(head, size)
    raise NotAPicture("the content is not a JPEG, PNG or WebP picture")


def _png(head: bytes, tail: bytes) -> Picture:
    if len(head) < 33 or head[12:16] != b"IHDR":
        raise Truncated("the PNG ends inside its header")
    width, height = struct.unpack_from(">II", head, 16)
    end = head.find(b"IDAT")
    if b"acTL" in (head if end < 0 else head[:end]):
        raise Animated("the PNG is animated")
    if b"IEND\xaeB`\x82" not in tail:
        raise Truncated("the PNG ends before its IEND chunk")
    return _sized("image/png", width, height)


def _jpeg(head: bytes, tail: bytes, size: int) -> Picture:
    position = 2
    while position + 9 <= len(head):
        if head[position] != 0xFF:
            raise NotAPicture("the JPEG has no marker where one must be")
        marker = head[position + 1]
        if marker == 0xFF or marker in _JPEG_BARE:
            position += 1 if marker == 0xFF else 2
            continue
        if marker in _JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", head, position + 5)
            if b"\xff\xd9" not in tail:
                raise Truncated("the JPEG ends before its end marker")
            return _sized("image/jpeg", width, height)
        position += 2 + struct.unpack_from(">H", head, position + 2)[0]
    if len(head) < size:
        raise HeaderTooLong("the JPEG's size comes after its metadata")
    raise Truncated("the JPEG ends inside its header")


def _webp(head: bytes, size: int) -> Picture:
    if len(head) < 30:
        raise Truncated("the WebP ends inside its header")
    declared = struct.unpack_from("<I", head, 4)[0] + 8
    if size < declared:
        raise Truncated(f"the WebP says it has {declared} bytes, the file has {size}")
    form = head[12:16]
    if form == b"VP8X":
        if head[20] & 0x02:
            raise Animated("the WebP is animated")
        return _sized("image/webp", 1 + _uint24(head, 24), 1 + _uint24(head, 27))
    if form == b"VP8L" and head[20] == 0x2F:
        bits = struct.unpack_from("<I", head, 21)[0]
        return _sized("image/webp", 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
    if form == b"VP8 " and head[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", head, 26)
        return _sized("image/webp", width & 0x3FFF, height & 0x3FFF)
    raise NotAPicture("the WebP's first chunk holds no picture")


def _uint24(data: bytes, offset: int) -> int:
    return int.from_bytes(data[offset : offset + 3], "little")


def _sized(content_type: ContentType, width: int, height: int) -> Picture:
    if not width or not height:
        raise NotAPicture(f"the picture has no area: {width} x {height} pixels")
    return Picture(content_type, width, height)
