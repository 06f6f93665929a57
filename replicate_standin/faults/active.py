"""The faults that are set, which of them acts when, and how often each has."""

import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from ..clock import Clock
from ..create_request import Order
from .base import Fault

K = TypeVar("K", bound=Fault)


@dataclass(eq=False)
class Armed:
    """A fault and when it is to act: for which job (None: all), how often (None: for ever), for which share.

    The share is drawn from a generator of its own: with the same seed the same opportunities are hit, counted in
    the order in which they come.
    """

    fault: Fault
    times: int | None
    job: str | None
    share: float
    seed: int
    fired: int = 0
    _draws: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._draws = random.Random(self.seed)  # noqa: S311 - to be repeatable

    def takes(self, order: Order, now: datetime) -> bool:
        """Whether it acts at this opportunity; a yes is counted."""
        if self.job not in (None, order.job) or (self.times is not None and self.fired >= self.times):
            return False
        if self._draws.random() >= self.share or not self.fault.applies(order, now):
            return False
        self.fired += 1
        return True

    def as_json(self) -> dict[str, Any]:
        """Return it as a document would set it, defaults included, and how often it fired."""
        when = {"times": self.times, "job": self.job, "share": self.share, "seed": self.seed}
        return {"fault": self.fault.name, **asdict(self.fault), **when, "fired": self.fired}


class Faults:
    """All that are set, in the order of their document: at each opportunity the first that takes it acts alone."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._armed: list[Armed] = []

    def match(self, kind: type[K], order: Order) -> K | None:
        """Return the fault of this kind that acts for this order now, if any."""
        for armed in self._armed:
            if isinstance(armed.fault, kind) and armed.takes(order, self._clock.now()):
                return armed.fault
        return None

    def of(self, kind: type[K]) -> list[K]:
        """Return all of this kind that are set."""
        return [armed.fault for armed in self._armed if isinstance(armed.fault, kind)]

    def replace(self, armed: Sequence[Armed]) -> None:
        """Set these in the place of those before, and let go of whatever those held back."""
        before, self._armed = self._armed, list(armed)
        for each in before:
            each.fault.cleared.set()

    def as_json(self) -> dict[str, Any]:
        """Return what is set and how often each fired."""
        return {"faults": [each.as_json() for each in self._armed]}
