"""The properties of an image that its file's header states."""

from dataclasses import dataclass
from typing import Literal

ContentType = Literal["image/jpeg", "image/png", "image/webp"]


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """An image that may be enhanced: its type and its stored width and height in pixels."""

    content_type: ContentType
    width: int
    height: int

    @property
    def pixels(self) -> int:
        """Width times height."""
        return self.width * self.height
