"""Why a file can't be enhanced, or not be judged yet."""

DAMAGED = "The picture is damaged and can't be read; save or send it again."
TOO_MUCH_WORK = (
    "The picture is built so that reading it takes more time or memory than one picture gets; "
    "save it anew as an ordinary JPEG, PNG or WebP and send that."
)


class NotAPicture(ValueError):
    """The bytes are not a JPEG, PNG or WebP; `actual` is what else they are, where that is known."""

    def __init__(self, problem: str, actual: str | None = None) -> None:
        super().__init__(problem)
        self.actual = actual


class Animated(ValueError):
    """The picture moves; the models take stills."""


class Truncated(ValueError):
    """The file ends before the picture does."""


class Damaged(ValueError):
    """The file is of a type we take, but what it says of its picture can't be true."""


class TooIntricate(ValueError):
    """The file has more scans or parts than a picture needs: reading it would take too long."""


class MoreNeeded(ValueError):
    """The bytes at hand don't tell; the whole file does."""
