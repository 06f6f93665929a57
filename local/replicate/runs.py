"""The life of predictions: created, run one at a time in order of arrival, ended, after an hour erased."""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

import aiohttp

from .clock import Clock
from .downloads import DownloadError, download
from .engines import CancelledRunError, Engine
from .enhancement import RunError, enhance
from .files import OutputFiles
from .orders import Order
from .predictions import Prediction, Predictions, Status
from .received import Received
from .webhooks import Webhooks

log = logging.getLogger(__name__)

SWEEP_SECONDS = 60
STOP_PATIENCE_SECONDS = 1.0


class Runs:
    """Moves predictions through their states on one event loop; the engine works in a thread beside it."""

    def __init__(
        self,
        *,
        predictions: Predictions,
        files: OutputFiles,
        received: Received,
        webhooks: Webhooks,
        engine: Engine,
        session: aiohttp.ClientSession,
        clock: Clock,
    ) -> None:
        self._predictions = predictions
        self._files = files
        self._received = received
        self._webhooks = webhooks
        self._engine = engine
        self._session = session
        self._clock = clock
        self._waiting: asyncio.Queue[Prediction] = asyncio.Queue()
        self._endings: dict[str, asyncio.Event] = {}
        self._cancels: dict[str, threading.Event] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._engine_thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to work through the queue and to erase what is an hour old."""
        self._spawn(self._work())
        self._spawn(self._sweep_for_ever())

    async def stop(self) -> bool:
        """Give up everything; say whether the engine's thread has ended too.

        A tile cannot be interrupted and may take seconds. The thread is a daemon: it ends with the process.
        """
        for cancel in self._cancels.values():
            cancel.set()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._engine_thread is not None:
            await asyncio.to_thread(self._engine_thread.join, STOP_PATIENCE_SECONDS)
            return not self._engine_thread.is_alive()
        return True

    def create(self, order: Order) -> Prediction:
        """Take in an order: it starts when those before it have ended."""
        prediction = Prediction(order, self._clock.now())
        self._predictions.add(prediction)
        self._endings[prediction.id] = asyncio.Event()
        self._cancels[prediction.id] = threading.Event()
        log.info("prediction %s: starting, %s", prediction.id, order.model.slug)
        self._waiting.put_nowait(prediction)
        if prediction.deadline is not None:
            self._spawn(self._watch_deadline(prediction, prediction.deadline))
        return prediction

    def cancel(self, prediction: Prediction) -> None:
        """Stop a prediction; one that has ended stays as it is."""
        self._end(prediction, Status.CANCELED)

    async def wait(self, prediction: Prediction, seconds: float) -> None:
        """Return when the prediction has ended or the time is over."""
        if prediction.ended:
            return
        ending = asyncio.create_task(self._endings[prediction.id].wait())
        over = asyncio.create_task(self._clock.sleep(seconds))
        try:
            await asyncio.wait({ending, over}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ending.cancel()
            over.cancel()

    def sweep(self) -> None:
        """Erase the data of predictions that ended an hour ago."""
        for prediction in self._predictions.due_for_erasure(self._clock.now()):
            self._files.erase(prediction.id)
            prediction.erase()
            log.info("prediction %s: data removed", prediction.id)

    async def _sweep_for_ever(self) -> None:
        while True:
            await self._clock.sleep(SWEEP_SECONDS)
            self.sweep()

    async def _watch_deadline(self, prediction: Prediction, deadline: datetime) -> None:
        await self.wait(prediction, (deadline - self._clock.now()).total_seconds())
        self._end(prediction, Status.ABORTED if prediction.status is Status.STARTING else Status.CANCELED)

    async def _work(self) -> None:
        while True:
            prediction = await self._waiting.get()
            if prediction.move(Status.PROCESSING, self._clock.now()):
                log.info("prediction %s: processing", prediction.id)
                self._webhooks.emit(prediction, "start")
                await self._process(prediction)

    async def _process(self, prediction: Prediction) -> None:
        began = time.perf_counter()
        error = None
        try:
            png = await self._enhance(prediction)
            if not prediction.ended:
                prediction.output = self._files.add(prediction.id, png)
                self._webhooks.emit(prediction, "output")
        except (DownloadError, RunError) as fault:
            error = str(fault)
        except CancelledRunError:
            pass
        except Exception as fault:  # whatever a model raises ends its run, not the worker
            log.exception("prediction %s: unexpected", prediction.id)
            error = f"{type(fault).__name__}: {fault}"
        if not prediction.ended:
            prediction.predict_time = time.perf_counter() - began
        self._end(prediction, Status.SUCCEEDED if error is None else Status.FAILED, error)

    async def _enhance(self, prediction: Prediction) -> bytes:
        order = prediction.order
        content = await download(self._session, order.settled[order.model.image_field])
        loop = asyncio.get_running_loop()
        cancel = self._cancels.get(prediction.id)
        if cancel is None:  # it ended while the picture was on its way
            raise CancelledRunError
        stopped = cancel.is_set

        def report(line: str) -> None:
            _tell(loop, lambda: self._log_line(prediction, line))

        def work() -> bytes:
            self._received.downloaded(prediction.id, content)
            return enhance(order.model, order.settled, content, self._engine, report=report, cancelled=stopped)

        return await self._in_thread(work)

    def _log_line(self, prediction: Prediction, line: str) -> None:
        if not prediction.ended:
            prediction.logs += line + "\n"
            self._webhooks.emit(prediction, "logs")

    async def _in_thread(self, work: Callable[[], bytes]) -> bytes:
        """Run in a daemon thread: a pool's threads would hold up the process's end by a whole tile."""
        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[bytes] = loop.create_future()

        def settle(set_it: Callable[[], None]) -> None:
            if not outcome.cancelled():
                set_it()

        def run() -> None:
            try:
                result = work()
            except Exception as raised:  # noqa: BLE001 - carried over to the event loop
                fault = raised
                _tell(loop, lambda: settle(lambda: outcome.set_exception(fault)))
            else:
                _tell(loop, lambda: settle(lambda: outcome.set_result(result)))

        self._engine_thread = threading.Thread(target=run, name="engine", daemon=True)
        self._engine_thread.start()
        return await outcome

    def _end(self, prediction: Prediction, status: Status, error: str | None = None) -> None:
        started = prediction.started_at
        now = self._clock.now()
        if not prediction.move(status, now):
            return
        if started is not None and prediction.predict_time is None:
            prediction.predict_time = (now - started).total_seconds()
        prediction.error = error
        self._cancels.pop(prediction.id).set()
        self._endings.pop(prediction.id).set()
        log.info("prediction %s: %s%s", prediction.id, status, f", {error}" if error else "")
        # The documents name succeeded, failed and canceled as what `completed` tells of, never aborted:
        # replicate.com/docs/topics/webhooks/receive-webhook, stored copy read 2026-11-22.
        if status is not Status.ABORTED:
            self._webhooks.emit(prediction, "completed")

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _tell(loop: asyncio.AbstractEventLoop, what: Callable[[], None]) -> None:
    with contextlib.suppress(RuntimeError):  # the loop is closed: the stand-in has stopped
        loop.call_soon_threadsafe(what)
