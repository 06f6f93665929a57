"""The course that a run takes: the ordinary one, and what a fault can change of it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Course:
    """How a run goes once its turn has come. `extra_seconds` and `erased_after` are on the stand-in's clock.

    `starts`: leaves `starting`. `aborts`: ends as `aborted` at once, with a webhook if `tells_abort`. `error`: fails
    with this text, whatever the picture. `lacks_memory`: fails as the model does whose net gets no memory.
    `shown_status`: what is shown in the place of its final status. `extra_seconds`: how long it goes on when the model
    is done. `heeds_cancel`: a cancel ends it; else a cancel only ends the extra seconds. `erased_after`: erased so long
    after its end.
    """

    starts: bool = True
    aborts: bool = False
    tells_abort: bool = False
    error: str | None = None
    lacks_memory: bool = False
    shown_status: str | None = None
    extra_seconds: float = 0.0
    heeds_cancel: bool = True
    erased_after: float | None = None


ORDINARY = Course()
