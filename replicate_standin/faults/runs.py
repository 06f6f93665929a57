"""Faults of a run: each changes the course of the prediction after it has left the queue."""

from dataclasses import dataclass
from typing import ClassVar

from ..published.real_esrgan import too_many_pixels
from .base import HOLD_MAX_SECONDS, Fault, held, parameter


@dataclass(frozen=True)
class RunPlan:
    """The course of a run after it has left the queue; the defaults are a run without a fault.

    `starts`: leaves `starting`. `aborts`: ends as `aborted` at once, with a webhook if `announces_abort`. `error`:
    fails with this text, whatever the image. `out_of_memory`: fails as the model does whose net gets no memory.
    `shown_status`: shown in place of its final status. `extra_seconds`: the time it stays `processing` after the model
    has finished. `stops_on_cancel`: a cancel ends it; otherwise a cancel ends the extra seconds only. `erased_after`:
    the time from its end to the erasure of its data. Both times are on the stand-in's clock.
    """

    starts: bool = True
    aborts: bool = False
    announces_abort: bool = False
    error: str | None = None
    out_of_memory: bool = False
    shown_status: str | None = None
    extra_seconds: float = 0.0
    stops_on_cancel: bool = True
    erased_after: float | None = None


class RunFault(Fault):
    """A fault that changes the course of a run."""

    def plan(self) -> RunPlan:
        """Return the course of the run."""
        raise NotImplementedError


@dataclass(eq=False)
class RunInterrupted(RunFault):
    """`failed` because the platform lost the run: github.com/replicate/cog-whisper issue 1, read 2026-11-22.

    `code` is `PA` there; other codes, or none, were not seen, but a client should not depend on that one.
    """

    name: ClassVar[str] = "run-interrupted"
    code: str = parameter("PA", pattern=r"[A-Z0-9]{0,8}")

    def plan(self) -> RunPlan:
        return RunPlan(error="Prediction interrupted; please retry" + (f" (code: {self.code})" if self.code else ""))


@dataclass(eq=False)
class RunDirectorError(RunFault):
    """`failed` with one of the provider's error codes, in the words of its director as public clients report them.

    The codes: replicate.com/docs/reference/error-codes, stored copy read 2026-11-25 (tests/oracles/fixtures/
    error_codes.json); E9828 is reported and not listed there.
    """

    name: ClassVar[str] = "run-director-error"
    code: str = parameter("E8765", pattern=r"E\d{4}")

    def plan(self) -> RunPlan:
        return RunPlan(error=f"Director: unexpected error handling prediction ({self.code})")


@dataclass(eq=False)
class RunOutOfMemory(RunFault):
    """`failed` as the model's published predictor does when its net gets no memory; each model has another error."""

    name: ClassVar[str] = "run-out-of-memory"

    def plan(self) -> RunPlan:
        return RunPlan(out_of_memory=True)


@dataclass(eq=False)
class RunUnknownStatus(RunFault):
    """Succeeds, and names a status that the documents do not have."""

    name: ClassVar[str] = "run-unknown-status"
    status: str = parameter("expired", pattern=r"[a-z_-]{1,32}")

    def plan(self) -> RunPlan:
        return RunPlan(shown_status=self.status)


@dataclass(eq=False)
class RunModelError(RunFault):
    """`failed` with an error of the model's own."""

    name: ClassVar[str] = "run-model-error"
    text: str = parameter("CUDA error: device-side assert triggered", pattern=r".{1,2000}")

    def plan(self) -> RunPlan:
        return RunPlan(error=self.text)


@dataclass(eq=False)
class RunPixelCap(RunFault):
    """`failed` in Real-ESRGAN's published words for an image of more pixels than fit; sizes in pixels."""

    name: ClassVar[str] = "run-pixel-cap"
    width: int = parameter(2000, minimum=1, maximum=100_000)
    height: int = parameter(2000, minimum=1, maximum=100_000)

    def plan(self) -> RunPlan:
        return RunPlan(error=too_many_pixels((self.height, self.width, 3)))


@dataclass(eq=False)
class RunAborted(RunFault):
    """`aborted` without having started. No webhook, unless `told`: the documents can be read both ways."""

    name: ClassVar[str] = "run-aborted"
    told: bool = parameter(default=False)

    def plan(self) -> RunPlan:
        return RunPlan(aborts=True, announces_abort=self.told)


@dataclass(eq=False)
class RunStuck(RunFault):
    """Stays `starting` until it is cancelled, its deadline comes or the fault is cleared; other runs continue."""

    name: ClassVar[str] = "run-stuck"

    def plan(self) -> RunPlan:
        return RunPlan(starts=False)


@dataclass(eq=False)
class RunSlow(RunFault):
    """Stays `processing` that many seconds longer than necessary; can be cancelled meanwhile; other runs continue."""

    name: ClassVar[str] = "run-slow"
    seconds: float = held(30.0)

    def plan(self) -> RunPlan:
        return RunPlan(extra_seconds=self.seconds)


@dataclass(eq=False)
class WebhookAfterCancel(RunFault):
    """Stays `processing` until its cancel is answered with 200, then succeeds and sends its webhook.

    Ends the same way after `seconds` if no cancel comes. Other runs continue.
    """

    name: ClassVar[str] = "webhook-after-cancel"
    seconds: float = held(60.0)

    def plan(self) -> RunPlan:
        return RunPlan(extra_seconds=self.seconds, stops_on_cancel=False)


@dataclass(eq=False)
class OutputErased(RunFault):
    """The data is erased that many seconds after the run ended, instead of an hour; its webhook still names the file.

    Shape: replicate.com/docs/topics/predictions/data-retention, stored copy read 2026-11-22.
    """

    name: ClassVar[str] = "output-erased"
    seconds: float = parameter(0.0, minimum=0, maximum=HOLD_MAX_SECONDS)

    def plan(self) -> RunPlan:
        return RunPlan(erased_after=self.seconds)
