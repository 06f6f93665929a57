"""Time as a port, so that a test can live through an hour in a moment."""

import asyncio
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What the stand-in wants to know of time."""

    def now(self) -> datetime:
        """Return this moment, in UTC."""

    async def sleep(self, seconds: float) -> None:
        """Return when that many seconds have passed on this clock; at once if zero or fewer."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return this moment, in UTC."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Return when that many seconds have passed; at once if zero or fewer."""
        await asyncio.sleep(seconds)


def iso(moment: datetime) -> str:
    """Write a moment as the provider does: `2023-09-08T16:19:34.765994Z`."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
