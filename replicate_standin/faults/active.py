"""The active faults, their conditions, and the number of times that each has fired."""

import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from ..clock import Clock
from ..create_request import CreateRequest
from .base import Fault

K = TypeVar("K", bound=Fault)


@dataclass(eq=False)
class ActiveFault:
    """A fault and its conditions: the job (None: all), the number of times (None: always), the share of opportunities.

    The share is drawn from a random generator of its own: the same seed selects the same opportunities, counted in the
    order in which they come.
    """

    fault: Fault
    times: int | None
    job: str | None
    share: float
    seed: int
    fired: int = 0
    _draws: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._draws = random.Random(self.seed)  # noqa: S311 - repeatable

    def takes(self, request: CreateRequest, now: datetime) -> bool:
        """Return whether the fault fires at this opportunity, and count it."""
        if self.job not in (None, request.job) or (self.times is not None and self.fired >= self.times):
            return False
        if self._draws.random() >= self.share or not self.fault.applies(request, now):
            return False
        self.fired += 1
        return True

    def as_json(self) -> dict[str, Any]:
        """Return the fault as a document sets it, with defaults, and the number of times that it fired."""
        when = {"times": self.times, "job": self.job, "share": self.share, "seed": self.seed}
        return {"fault": self.fault.name, **asdict(self.fault), **when, "fired": self.fired}


class ActiveFaults:
    """The active faults in the order of their document: at each opportunity only the first that takes it fires."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._active: list[ActiveFault] = []

    def match(self, kind: type[K], request: CreateRequest) -> K | None:
        """Return the fault of this kind that fires for this request now, if any."""
        for active in self._active:
            if isinstance(active.fault, kind) and active.takes(request, self._clock.now()):
                return active.fault
        return None

    def of(self, kind: type[K]) -> list[K]:
        """Return all active faults of this kind."""
        return [active.fault for active in self._active if isinstance(active.fault, kind)]

    def replace(self, faults: Sequence[ActiveFault]) -> None:
        """Replace all faults, and release whatever the earlier ones held back."""
        before, self._active = self._active, list(faults)
        for each in before:
            each.fault.cleared.set()

    def as_json(self) -> dict[str, Any]:
        """Return the active faults and the number of times that each fired."""
        return {"faults": [each.as_json() for each in self._active]}
