"""What a picture says of itself in its first and last bytes: type, size in pixels, whole or cut off, still or animated.

Written by hand because intake must not carry Pillow (docs/decisions/0003): it reads the few header fields that decide
whether a job may be created. The byte layouts are those of ITU-T T.81 (JPEG), the PNG specification (third edition) and
Google's WebP container specification, read 2026-11-22.
"""

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

ContentType = Literal["image/jpeg", "image/png", "image/webp"]
HEAD_BYTES = 256 * 1024  # EXIF, XMP and a colour profile come before the size in a JPEG: 64 KiB a segment
TAIL_BYTES = 64

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_END = b"IEND\xaeB`\x82"
_JPEG_END = b"\xff\xd9"
_JPEG_MARKER = re.compile(rb"\xff[^\x00\x01\xff\xd0-\xd8]")  # in scans, a 0 or a restart follows other FF bytes
_FOREIGN = (
    (0, b"GIF8", "image/gif"),
    (4, b"ftypheic", "image/heic"),
    (4, b"ftypheix", "image/heic"),
    (4, b"ftypmif1", "image/heif"),
    (4, b"ftypavif", "image/avif"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (0, b"BM", "image/bmp"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\x03\x04", "application/zip"),
)
_MARKUP = ((b"<svg", "image/svg+xml"), (b"<!doctype html", "text/html"), (b"<html", "text/html"))
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
    """The bytes are not a JPEG, PNG or WebP; `actual` is what else they are, where that is known."""

    def __init__(self, problem: str, actual: str | None = None) -> None:
        super().__init__(problem)
        self.actual = actual


class Animated(ValueError):
    """The picture moves; the models take stills."""


class Truncated(ValueError):
    """The file ends before the picture does."""


class MoreNeeded(ValueError):
    """The bytes at hand don't tell; the whole file does."""


def inspect(head: bytes, tail: bytes, size: int) -> Picture:
    """Read a picture's type and dimensions.

    `head` holds the first and `tail` the last bytes of a file of `size` bytes; either may be the whole file. Raises
    NotAPicture, Animated, Truncated, or MoreNeeded while `head` is not the whole file.
    """
    if head.startswith(_PNG):
        return _png(head, tail, size)
    if head.startswith(b"\xff\xd8\xff"):
        return _jpeg(head, tail, size)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return _webp(head, size)
    raise NotAPicture("the content is not a JPEG, PNG or WebP picture", _foreign(head))


def _foreign(head: bytes) -> str | None:
    for offset, mark, media_type in _FOREIGN:
        if head.startswith(mark, offset):
            return media_type
    text = head[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not text.startswith(b"<"):
        return None
    return next((media_type for mark, media_type in _MARKUP if mark in text), None)


def _png(head: bytes, tail: bytes, size: int) -> Picture:
    if len(head) < 33 or head[12:16] != b"IHDR":
        raise Truncated("the PNG ends inside its header")
    width, height = struct.unpack_from(">II", head, 16)
    end = head.find(b"IDAT")
    if b"acTL" in (head if end < 0 else head[:end]):
        raise Animated("the PNG is animated")
    if _PNG_END not in tail and not _whole(head, size, _ends_png):
        raise Truncated("the PNG ends before its IEND chunk")
    return _sized("image/png", width, height)


def _whole(head: bytes, size: int, ends: Callable[[bytes], bool]) -> bool:
    """Whether a file whose last bytes are not the picture's end has that end earlier: phones append films and notes."""
    if len(head) < size:
        raise MoreNeeded("the end of the picture is not among the last bytes")
    return ends(head)


def _ends_png(data: bytes) -> bool:
    position = len(_PNG)
    while position + 12 <= len(data):
        if data[position + 4 : position + 12] == _PNG_END:
            return True
        position += 12 + int.from_bytes(data[position : position + 4])
    return False


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
            if _JPEG_END not in tail and not _whole(head, size, _ends_jpeg):
                raise Truncated("the JPEG ends before its end marker")
            return _sized("image/jpeg", width, height)
        position += 2 + struct.unpack_from(">H", head, position + 2)[0]
    if len(head) < size:
        raise MoreNeeded("the JPEG's size comes after its metadata")
    raise Truncated("the JPEG ends inside its header")


def _ends_jpeg(data: bytes) -> bool:
    """Whether an end marker follows the segments and scans, not one inside a segment, where thumbnails are."""
    marker = _JPEG_MARKER.search(data, 2)
    while marker and marker[0] != _JPEG_END:
        end = marker.end()
        marker = _JPEG_MARKER.search(data, end + int.from_bytes(data[end : end + 2]))
    return marker is not None


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
