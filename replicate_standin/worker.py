"""One prediction's work: fetch its picture, run its model on it beside the event loop."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

import aiohttp

from .downloads import DownloadError, download, file_name
from .engine_thread import EngineThread, tell
from .engines import Cancelled, CancelledRunError, Engine
from .enhancement import Made, enhance
from .models import RunError
from .predictions import Prediction
from .received import Received

log = logging.getLogger(__name__)

INTERRUPTED = "Prediction interrupted; please retry (code: PA)"
"""What the provider says of faults of its own machines, of which a full disk here is one."""


@dataclass(frozen=True)
class Done:
    """What a model made of a picture: a file, or an error; and how long it took in seconds."""

    made: Made | None = None
    error: str | None = None
    seconds: float = 0.0


class Workshop:
    """Works on one prediction at a time."""

    def __init__(self, session: aiohttp.ClientSession, received: Received, engine: Engine) -> None:
        self._session = session
        self._received = received
        self._engine = engine
        self._thread = EngineThread()

    async def make(self, prediction: Prediction, report: Callable[[str], None], cancelled: Cancelled) -> Done:
        """Return what becomes of a prediction's picture; `report` receives lines for its logs, on the event loop.

        Raises CancelledRunError when cancelled.
        """
        began = time.perf_counter()
        made, error = None, None
        try:
            made = await self._enhance(prediction, report, cancelled)
        except (DownloadError, RunError) as fault:
            error = str(fault)
        except CancelledRunError:
            raise
        except OSError:
            log.exception("prediction %s: a file could not be written", prediction.id)
            error = INTERRUPTED
        except Exception as fault:  # whatever a model raises ends its run, not the worker
            log.exception("prediction %s: unexpected", prediction.id)
            error = f"{type(fault).__name__}: {fault}"
        return Done(made, error, time.perf_counter() - began)

    @staticmethod
    def out_of_memory(prediction: Prediction) -> str:
        """Return the error that the prediction's model ends with when its net gets no memory."""
        model = prediction.order.model
        return model.out_of_memory(file_name(prediction.order.settled[model.image_field] or ""))

    async def stop(self) -> bool:
        """Wait a moment for the engine; say whether its thread has ended."""
        return await self._thread.stop()

    async def _enhance(self, prediction: Prediction, report: Callable[[str], None], cancelled: Cancelled) -> Made:
        order = prediction.order
        url = order.settled[order.model.image_field]
        if url is None:  # a published schema need not require it
            raise RunError(f"{order.model.image_field} is missing")
        content = await download(self._session, url)
        loop = asyncio.get_running_loop()
        if cancelled():  # while the picture was on its way
            raise CancelledRunError

        def work() -> Made:
            self._received.downloaded(prediction.id, content)
            return enhance(
                order.model,
                order.settled,
                file_name(url),
                content,
                self._engine,
                report=lambda line: tell(loop, lambda: report(line)),
                cancelled=cancelled,
            )

        return await self._thread.run(work)
