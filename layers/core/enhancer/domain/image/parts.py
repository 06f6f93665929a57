"""Shared parts of the three formats' parsers: the extracted image, and a limit to their work."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from enhancer.domain.image.refusals import Damaged, TooIntricate
from enhancer.domain.image_info import ContentType, ImageInfo

_Part = TypeVar("_Part")

MAX_PARTS = 20_000
"""Segments or chunks of one file that are read: 10 MiB of PNG in chunks of 4 KiB, as some encoders write them, are
2,560; empty ones would be a million."""

MAX_PROFILE = 16_000_000  # bytes of a colour profile, inflated: 255 segments of a JPEG hold as many (ICC.1:2022, B.4)


@dataclass(frozen=True, slots=True)
class Alone:
    """A file reduced to its image, for decoding.

    `orientation` is 1 to 8 as in EXIF, in formats in which browsers turn by it. `still` is False for an animation of
    one frame.
    """

    data: bytes
    orientation: int = 1
    still: bool = True


def bounded(parts: Iterable[_Part]) -> Iterator[_Part]:
    """Yield the parts. Raises TooIntricate after MAX_PARTS."""
    for count, part in enumerate(parts):
        if count >= MAX_PARTS:
            raise TooIntricate(f"the file has more than {MAX_PARTS:,} parts")
        yield part


def sized(content_type: ContentType, width: int, height: int) -> ImageInfo:
    """Return the image's properties. Raises Damaged if it has no area."""
    if not width or not height:
        raise Damaged(f"the image has no area: {width} x {height} pixels")
    return ImageInfo(content_type, width, height)


def whole_profile(profile: bytes) -> bytes | None:
    """Return an ICC profile without trailing bytes (ICC.1:2022, 7.2.2: its first four bytes are its size).

    None if it is shorter than it declares, or than a header.
    """
    declared = int.from_bytes(profile[:4])
    return profile[:declared] if 128 <= declared <= len(profile) else None
