"""Work beside the event loop, in a thread that never holds up the process's end."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar

STOP_PATIENCE_SECONDS = 1.0
T = TypeVar("T")


class EngineThread:
    """Runs one piece of work after the other, each in a daemon thread of its own.

    A pool's threads would hold up the process's end by a whole tile.
    """

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None

    async def run(self, work: Callable[[], T]) -> T:
        """Return what the work returns, or raise what it raises."""
        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[T] = loop.create_future()

        def settle(set_it: Callable[[], None]) -> None:
            if not outcome.cancelled():
                set_it()

        def run() -> None:
            try:
                result = work()
            except Exception as raised:  # noqa: BLE001 - carried over to the event loop
                fault = raised
                tell(loop, lambda: settle(lambda: outcome.set_exception(fault)))
            else:
                tell(loop, lambda: settle(lambda: outcome.set_result(result)))

        self._thread = threading.Thread(target=run, name="engine", daemon=True)
        self._thread.start()
        return await outcome

    async def stop(self) -> bool:
        """Wait a moment for the last piece of work; say whether it has ended."""
        if self._thread is None:
            return True
        await asyncio.to_thread(self._thread.join, STOP_PATIENCE_SECONDS)
        return not self._thread.is_alive()


def tell(loop: asyncio.AbstractEventLoop, what: Callable[[], None]) -> None:
    """Call something on the loop, if it still runs."""
    with contextlib.suppress(RuntimeError):  # the loop is closed: the stand-in has stopped
        loop.call_soon_threadsafe(what)
