"""WebP: its size, and its image without anything else (Google's WebP container specification, read 2026-11-22)."""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from enhancer.domain.image.parts import Alone, bounded, sized, whole_profile
from enhancer.domain.image.refusals import Animated, Damaged, MoreNeeded, NotAnImage, Truncated
from enhancer.domain.image_info import ImageInfo

_HEADER = 12  # RIFF, the length, WEBP
_ANIMATED, _ICC, _METADATA = 0x02, 0x20, 0x0C  # flags of VP8X; the last are EXIF and XMP
_PIXELS = frozenset((b"ALPH", b"VP8 ", b"VP8L"))
_FRAME = frozenset((b"ANIM", b"ANMF"))
_SIZE_BYTES = {b"VP8X": 10, b"VP8L": 5, b"VP8 ": 10}  # of a chunk, with the image's size


class Chunk(NamedTuple):
    """A chunk, or as much of it as there is."""

    kind: bytes
    body: bytes


def inspect(head: bytes, size: int) -> ImageInfo:
    """See `image.inspect`."""
    if len(head) < _HEADER + 8:
        raise Truncated("the WebP ends inside its header")
    declared = _declared(head)
    if size < declared:
        raise Truncated(f"the WebP says it has {declared} bytes, the file has {size}")
    first = next(_chunks(head[:declared]), None)
    if first is None:
        raise Damaged("the WebP says that it has no chunk")
    if first.kind in _SIZE_BYTES and len(first.body) < _SIZE_BYTES[first.kind]:
        raise Truncated("the WebP ends inside its header")
    if first.kind == b"VP8X":
        if first.body[0] & _ANIMATED:
            _refuse_motion(head[:declared], declared)
        return sized("image/webp", 1 + _uint24(first.body, 4), 1 + _uint24(first.body, 7))
    if first.kind == b"VP8L" and first.body[0] == 0x2F:
        bits = struct.unpack_from("<I", first.body, 1)[0]
        return sized("image/webp", 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
    if first.kind == b"VP8 " and first.body[3:6] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", first.body, 6)
        return sized("image/webp", width & 0x3FFF, height & 0x3FFF)
    raise NotAnImage("the WebP's first chunk holds no image")


def alone(data: bytes) -> Alone:
    """See `image.alone`.

    An orientation in EXIF is ignored, as in browsers (Chromium 156, measured 2026-11-25): users see the image as it
    is stored.
    """
    chunks = list(bounded(_chunks(data[: _declared(data)])))
    moves = any(chunk.kind == b"VP8X" and chunk.body[0] & _ANIMATED for chunk in chunks[:1] if chunk.body)
    wanted = _FRAME if moves else _PIXELS
    kept: dict[bytes, bytes] = {}
    for kind, body in chunks:
        if kind == b"ICCP" and (profile := whole_profile(body)):
            kept.setdefault(kind, profile)
        elif kind in wanted or (kind == b"VP8X" and not kept):
            kept.setdefault(kind, body)
    if b"VP8X" in kept:
        kept[b"VP8X"] = _described(kept[b"VP8X"], profile=b"ICCP" in kept)
    return Alone(_file(kept), still=not moves)


def _declared(data: bytes) -> int:
    """Return the length in bytes that the file declares."""
    return int(struct.unpack_from("<I", data, 4)[0]) + 8


def _chunks(data: bytes) -> Iterator[Chunk]:
    position = _HEADER
    while position + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, position)
        yield Chunk(kind, data[position + 8 : position + 8 + length])
        position += 8 + length + length % 2


def _refuse_motion(head: bytes, size: int) -> None:
    """Raise Animated if there is a second frame, Damaged if there is none; return if there is one."""
    frames = sum(chunk.kind == b"ANMF" for chunk in bounded(_chunks(head)))
    if frames > 1:
        raise Animated("the WebP is animated")
    if len(head) < size:
        raise MoreNeeded("whether a second frame follows is not among the first bytes")
    if not frames:
        raise Damaged("the WebP says that it is animated and has no frame")


def _described(header: bytes, *, profile: bool) -> bytes:
    """Return the header without flags of parts that were left out, cut to its ten bytes."""
    flags = (header or b"\0")[0] & ~_METADATA & (0xFF if profile else ~_ICC & 0xFF)
    return bytes([flags]) + header[1 : _SIZE_BYTES[b"VP8X"]]


def _file(chunks: dict[bytes, bytes]) -> bytes:
    packed = (kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2) for kind, body in chunks.items())
    body = b"WEBP" + b"".join(packed)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _uint24(data: bytes, offset: int) -> int:
    return int.from_bytes(data[offset : offset + 3], "little")
