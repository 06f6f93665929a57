"""PNG: its size, its end, and its image without anything else (PNG specification, third edition, read 2026-11-22)."""

import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from enhancer.domain.image import exif
from enhancer.domain.image.parts import MAX_PROFILE, Alone, bounded, sized, whole_profile
from enhancer.domain.image.refusals import Animated, MoreNeeded, Truncated
from enhancer.domain.image_info import ImageInfo

START = b"\x89PNG\r\n\x1a\n"
_END = b"IEND\xaeB`\x82"
_PALETTE = 3  # the colour type
_PROFILE_NAME = b"ICC Profile"  # as Pillow writes it

# Chunks of numbers that describe the samples, with their valid lengths.
_NUMBERS = {
    b"cHRM": {32},
    b"cICP": {4},
    b"gAMA": {4},
    b"pHYs": {9},
    b"sBIT": {1, 2, 3, 4},
    b"sRGB": {1},
    b"tRNS": set(range(1, 257)),
}


class Chunk(NamedTuple):
    """A chunk; `raw` is all of it, with length and check value, or only its start if the bytes end there."""

    kind: bytes
    body: bytes
    raw: bytes

    @property
    def sound(self) -> bool:
        """Whether the check value is right."""
        return zlib.crc32(self.raw[4:-4]) == int.from_bytes(self.raw[-4:])


def inspect(head: bytes, tail: bytes, size: int) -> ImageInfo:
    """See `image.inspect`."""
    if len(head) < 33 or head[12:16] != b"IHDR":
        raise Truncated("the PNG ends inside its header")
    width, height = struct.unpack_from(">II", head, 16)
    for chunk in bounded(_chunks(head)):
        if chunk.kind == b"acTL" and len(chunk.body) >= 4 and int.from_bytes(chunk.body[:4]) > 1:
            raise Animated("the PNG is animated")
        if chunk.kind == b"IDAT":
            break
    else:
        if len(head) < size:
            raise MoreNeeded("the PNG's pixels come after its texts")
    if _END not in tail and not _whole(head, size):
        raise Truncated("the PNG ends before its IEND chunk")
    return sized("image/png", width, height)


def alone(data: bytes) -> Alone:
    """See `image.alone`."""
    kept: dict[bytes, bytes] = {}  # chunks before the pixels, each kind once
    pixels: list[bytes] = []
    turn = exif.UPRIGHT
    colour_type = data[25:26]
    for chunk in bounded(_chunks(data)):
        if chunk.kind == b"IEND":
            break
        if chunk.kind == b"IDAT":
            pixels.append(_sealed(b"IDAT", chunk.body))
        elif pixels or chunk.kind in kept:
            continue
        elif chunk.kind == b"eXIf" and chunk.sound:
            turn = exif.orientation(chunk.body)
        elif raw := _needed(chunk, colour_type):
            kept[chunk.kind] = raw
    if not pixels:
        raise Truncated("the PNG ends before its pixels")
    # If the chunks after the pixels lead to no IEND, the decoder decides whether the pixels are complete.
    return Alone(b"".join((START, *kept.values(), *pixels, struct.pack(">I", 0), _END)), turn)


def _needed(chunk: Chunk, colour_type: bytes) -> bytes | None:
    """Return the bytes to keep of a chunk before the pixels, None if decoding does not need it."""
    if chunk.kind == b"IHDR" or (chunk.kind == b"PLTE" and colour_type == bytes([_PALETTE])):
        return chunk.raw
    if not chunk.sound:  # browsers, and libpng by default, ignore such a chunk
        return None
    if len(chunk.body) in _NUMBERS.get(chunk.kind, ()):
        return chunk.raw
    return _profile(chunk) if chunk.kind == b"iCCP" else None


def _chunks(data: bytes) -> Iterator[Chunk]:
    """Yield the chunks, up to the end of the bytes."""
    position = len(START)
    while position + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        end = position + 12 + length
        if end > len(data) and kind not in {b"IDAT", b"IEND"}:
            return
        yield Chunk(kind, data[position + 8 : end - 4], data[position:end])
        position = end


def _whole(head: bytes, size: int) -> bool:
    """Return whether a file has the image's end before its last bytes: phones append videos and notes."""
    if len(head) < size:
        raise MoreNeeded("the end of the image is not among the last bytes")
    return any(chunk.raw[4:] == _END for chunk in bounded(_chunks(head)))


def _sealed(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _profile(chunk: Chunk) -> bytes | None:
    """Return the chunk of a colour profile, cut off where the profile ends; None if it can't be read.

    Its name is free text that the file's author chose; nothing depends on it.
    """
    name, _, packed = chunk.body.partition(b"\0")
    if packed[:1] != b"\0":  # the only compression method (11.3.2.3)
        return None
    inflater = zlib.decompressobj()
    try:
        profile = inflater.decompress(packed[1:], MAX_PROFILE)
    except zlib.error:
        return None
    cut = whole_profile(profile)
    if cut is None:
        return None
    if name == _PROFILE_NAME and cut == profile and inflater.eof and not inflater.unused_data:
        return chunk.raw
    return _sealed(b"iCCP", _PROFILE_NAME + b"\0\0" + zlib.compress(cut))
