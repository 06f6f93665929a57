"""Reasons why a file is rejected, or can't be inspected yet."""


class NotAnImage(ValueError):
    """The bytes are not a JPEG, PNG or WebP; `actual` is their media type if it is known."""

    def __init__(self, problem: str, actual: str | None = None) -> None:
        super().__init__(problem)
        self.actual = actual


class Animated(ValueError):
    """The image is animated; the models take still images."""


class Truncated(ValueError):
    """The file ends before the image does."""


class Damaged(ValueError):
    """The file is of a supported type, but its header can't be right."""


class TooIntricate(ValueError):
    """The file has more scans or parts than an image needs: reading it would take too long."""


class MoreNeeded(ValueError):
    """The given bytes are not enough; the whole file is."""
