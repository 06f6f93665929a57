"""A clock as a port, so that tests need not wait: an hour can pass at once."""

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any, Protocol


class Clock(Protocol):
    """A source of time."""

    def now(self) -> datetime:
        """Return the current time in UTC."""

    async def sleep(self, seconds: float) -> None:
        """Wait for that many seconds of this clock; return at once if zero or fewer."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the current time in UTC."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Wait for that many seconds; return at once if zero or fewer."""
        await asyncio.sleep(seconds)


async def first_of(*waits: Coroutine[Any, Any, Any]) -> None:
    """Wait until the first of these has ended, and cancel the others."""
    tasks = [asyncio.ensure_future(each) for each in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


def iso(moment: datetime) -> str:
    """Write a moment as the provider does: `2023-09-08T16:19:34.765994Z`."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
