"""Why a file can't be enhanced, or not be judged yet."""


class NotAnImage(ValueError):
    """The bytes are not a JPEG, PNG or WebP; `actual` is what else they are, where that is known."""

    def __init__(self, problem: str, actual: str | None = None) -> None:
        super().__init__(problem)
        self.actual = actual


class Animated(ValueError):
    """The image moves; the models take stills."""


class Truncated(ValueError):
    """The file ends before the image does."""


class Damaged(ValueError):
    """The file is of a type we take, but what it says of its image can't be true."""


class TooIntricate(ValueError):
    """The file has more scans or parts than an image needs: reading it would take too long."""


class MoreNeeded(ValueError):
    """The bytes at hand don't tell; the whole file does."""
