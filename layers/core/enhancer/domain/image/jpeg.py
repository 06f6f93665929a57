"""JPEG: its size, its end, and its image without anything else (ITU-T T.81, annex B, read 2026-11-22).

Bytes that belong to no segment are skipped, as in libjpeg, so that files that browsers show are accepted.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from enhancer.domain.image import exif
from enhancer.domain.image.parts import Alone, bounded, sized, whole_profile
from enhancer.domain.image.refusals import MoreNeeded, NotAnImage, TooIntricate, Truncated
from enhancer.domain.image_info import ImageInfo

START = b"\xff\xd8"
END = b"\xff\xd9"
MAX_SCANS = 100
"""Encoders write 10 in a progressive JPEG, three in a sequential one. Every scan is work on all pixels, however short
it is; libjpeg-turbo's own program has the option `-maxscans` ("Maximum number of scans to allow in input file")."""

_MARKER = re.compile(rb"\xff([^\x00\xff])")
_AFTER_SCAN = re.compile(rb"\xff[^\x00\x01\xff\xd0-\xd8]")  # in scans, a 0 or a restart follows other FF bytes
_BARE = frozenset({0x01, *range(0xD0, 0xDA)})  # markers without a length
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # the three are tables and extensions
_SOS, _EOI, _APP0, _APP1, _APP2, _APP14 = 0xDA, 0xD9, 0xE0, 0xE1, 0xE2, 0xEE
_IMAGE = _FRAMES | {0xC4, 0xCC, 0xDB, 0xDC, 0xDD, _SOS, _EOI}  # with tables: Huffman, arithmetic, quantisation, …
_JFIF = b"JFIF\0"
_JFIF_BYTES = 14  # with the sides of a thumbnail, the last two
_ADOBE = b"Adobe"
_ADOBE_BYTES = 12
_ICC = b"ICC_PROFILE\0"
_ICC_HEADER = len(_ICC) + 2  # with the segment's number and their count
_ICC_BYTES = 65_533 - _ICC_HEADER


class Segment(NamedTuple):
    """A marker with its body; of a scan, `end` is where its coded data ends."""

    marker: int
    body: bytes
    start: int
    end: int


def inspect(head: bytes, tail: bytes, size: int) -> ImageInfo:
    """See `image.inspect`."""
    known = False
    for segment in bounded(_segments(head)):
        known = True
        if segment.marker in _FRAMES and len(segment.body) >= 5:
            height, width = int.from_bytes(segment.body[1:3]), int.from_bytes(segment.body[3:5])
            if END not in tail and not _whole(head, size):
                raise Truncated("the JPEG ends before its end marker")
            return sized("image/jpeg", width, height)
    if len(head) < size:
        raise MoreNeeded("the JPEG's size comes after its metadata")
    if not known:
        raise NotAnImage("the first bytes are a JPEG's, and no marker follows")
    raise Truncated("the JPEG ends inside its header")


def alone(data: bytes) -> Alone:
    """See `image.alone`."""
    kept: list[bytes] = [START]
    profile: list[bytes] = []
    place_of_profile = 1
    turn: int | None = None
    scans = 0
    for segment in bounded(_segments(data)):
        marker, body = segment.marker, segment.body
        if marker == _SOS:
            scans += 1
            if scans > MAX_SCANS:
                raise TooIntricate(f"the JPEG has more than {MAX_SCANS} scans")
        if marker in _IMAGE:
            kept.append(data[segment.start : segment.end])
        elif marker == _APP0 and body.startswith(_JFIF) and len(body) >= _JFIF_BYTES:
            kept.append(_segment(_APP0, body[: _JFIF_BYTES - 2] + b"\0\0"))
        elif marker == _APP14 and body.startswith(_ADOBE) and len(body) >= _ADOBE_BYTES:
            kept.append(_segment(_APP14, body[:_ADOBE_BYTES]))
        elif marker == _APP1 and turn is None and not scans and body.startswith(b"Exif\0"):
            turn = exif.orientation(body[6:])
        elif marker == _APP2 and not scans and body.startswith(_ICC):
            place_of_profile = place_of_profile if profile else len(kept)
            profile.append(body)
    if kept[-1] != END:
        raise Truncated("the JPEG ends before its end marker")
    kept[place_of_profile:place_of_profile] = _profile(profile)
    return Alone(b"".join(kept), turn or exif.UPRIGHT)


def _segments(data: bytes) -> Iterator[Segment]:
    """Yield the segments from the first to the end marker, or to the end of the bytes."""
    position = len(START)
    while match := _MARKER.search(data, position):
        marker, start, position = match[1][0], match.start(), match.end()
        if marker in _BARE:
            yield Segment(marker, b"", start, position)
            if marker == _EOI:
                return
            continue
        end = position + max(2, int.from_bytes(data[position : position + 2]))
        body = data[position + 2 : end]
        if marker == _SOS:
            after = _AFTER_SCAN.search(data, end)
            end = after.start() if after else len(data)
        yield Segment(marker, body, start, end)
        position = end


def _whole(head: bytes, size: int) -> bool:
    """Return whether a file has the image's end before its last bytes: phones append videos and notes."""
    if len(head) < size:
        raise MoreNeeded("the end of the image is not among the last bytes")
    return any(segment.marker == _EOI for segment in bounded(_segments(head)))


def _segment(marker: int, body: bytes) -> bytes:
    return b"\xff" + bytes([marker]) + (len(body) + 2).to_bytes(2) + body


def _profile(bodies: list[bytes]) -> list[bytes]:
    """Return the segments of a colour profile, cut off where the profile ends.

    Empty if they are not numbered from 1 to their count: browsers ignore such a profile (tests/oracles).
    """
    numbered = [_ICC + bytes([n, len(bodies)]) for n in range(1, len(bodies) + 1)]
    profile = whole_profile(b"".join(body[_ICC_HEADER:] for body in sorted(bodies)))
    if profile is None or sorted(body[:_ICC_HEADER] for body in bodies) != numbered:
        return []
    if sum(len(body) - _ICC_HEADER for body in bodies) == len(profile):
        return [_segment(_APP2, body) for body in bodies]
    pieces = [profile[start : start + _ICC_BYTES] for start in range(0, len(profile), _ICC_BYTES)]
    return [_segment(_APP2, _ICC + bytes([n, len(pieces)]) + piece) for n, piece in enumerate(pieces, 1)]
