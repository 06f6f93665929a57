"""The base class of faults and the declaration of their parameters. The subclasses define the behaviour."""

import asyncio
from dataclasses import MISSING, dataclass, field, fields
from datetime import datetime
from typing import Any, ClassVar

from ..clock import Clock, first_of
from ..create_request import CreateRequest

HOLD_MAX_SECONDS = 24 * 3600


@dataclass(frozen=True)
class Parameter:
    """One parameter of a fault in a document; a bound of None means no bound."""

    name: str
    default: Any
    minimum: float | None
    maximum: float | None
    pattern: str | None


def parameter(
    default: Any, *, minimum: float | None = None, maximum: float | None = None, pattern: str | None = None
) -> Any:
    """Declare a parameter: its type is that of the default, where a float also takes whole numbers."""
    return field(default=default, metadata={"minimum": minimum, "maximum": maximum, "pattern": pattern})


def held(default: float) -> Any:
    """Declare the time for which something is held back, in seconds of the stand-in's clock."""
    return parameter(default, minimum=0, maximum=HOLD_MAX_SECONDS)


@dataclass(eq=False)
class Fault:
    """One active fault. Subclasses are dataclasses whose fields come from `parameter` or `held`."""

    name: ClassVar[str]
    # The number of times it fires if the document has none; None: always.
    times: ClassVar[int | None] = 1

    def __post_init__(self) -> None:
        self.cleared = asyncio.Event()

    @classmethod
    def parameters(cls) -> dict[str, Parameter]:
        """Return the parameters by name."""
        return {
            each.name: Parameter(each.name, each.default, **each.metadata)
            for each in fields(cls)
            if each.default is not MISSING
        }

    def applies(self, request: CreateRequest, now: datetime) -> bool:  # noqa: ARG002 - for subclasses
        """Return whether the fault has an effect at this opportunity. Called last: if true, it fires."""
        return True

    async def hold(self, clock: Clock, seconds: float, until: asyncio.Event | None = None) -> None:
        """Wait until that many seconds have passed, `until` is set, or the fault is cleared."""
        ends = [clock.sleep(seconds), self.cleared.wait()]
        await first_of(*ends, *([until.wait()] if until else []))
