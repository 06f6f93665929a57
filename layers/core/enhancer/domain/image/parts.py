"""What the parsers of all three formats share: a file without what is not its image, and a bound to their work."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from enhancer.domain.image.refusals import Damaged, TooIntricate
from enhancer.domain.image_info import ContentType, ImageInfo

_Part = TypeVar("_Part")

MAX_PARTS = 20_000
"""Segments or chunks of one file that are looked at: 10 MiB of PNG in pieces of 4 KiB, as some encoders write them, are
2,560; empty ones would be a million."""

MAX_PROFILE = 16_000_000  # bytes of a colour profile, inflated: what 255 segments of a JPEG hold (ICC.1:2022, B.4)


@dataclass(frozen=True, slots=True)
class Alone:
    """An image without anything else that was in its file: what is decoded.

    `orientation` is 1 to 8 as in EXIF, where browsers turn by it. `still` is False for an animation of one frame.
    """

    data: bytes
    orientation: int = 1
    still: bool = True


def bounded(parts: Iterable[_Part]) -> Iterator[_Part]:
    """The parts one by one. Raises TooIntricate at one too many."""
    for count, part in enumerate(parts):
        if count >= MAX_PARTS:
            raise TooIntricate(f"the file has more than {MAX_PARTS:,} parts")
        yield part


def sized(content_type: ContentType, width: int, height: int) -> ImageInfo:
    """The image of that size. Raises Damaged where it has no area."""
    if not width or not height:
        raise Damaged(f"the image has no area: {width} x {height} pixels")
    return ImageInfo(content_type, width, height)


def whole_profile(profile: bytes) -> bytes | None:
    """An ICC profile without what follows its own end (ICC.1:2022, 7.2.2: its first four bytes are its size).

    None for one that is shorter than it says, or than a header.
    """
    declared = int.from_bytes(profile[:4])
    return profile[:declared] if 128 <= declared <= len(profile) else None
