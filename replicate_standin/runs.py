"""The life of predictions: created, run one at a time in order of arrival, ended, after an hour erased."""

import asyncio
import logging
import re
import threading
from collections.abc import Coroutine
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import aiohttp

from .clock import Clock, first_of
from .courses import ORDINARY, Course
from .create_request import Order
from .engines import CancelledRunError, Engine
from .faults.active import Faults
from .faults.runs import RunFault
from .files import OutputFiles
from .predictions import Prediction, Predictions, Status
from .received import Received
from .records import Records
from .webhooks import Webhooks
from .worker import INTERRUPTED, Done, Workshop

log = logging.getLogger(__name__)

SWEEP_SECONDS = 60
# What signs an address; the provider repeats it in errors, and no log should.
_QUERY = re.compile(r"\?\S+")


class Runs:
    """Moves predictions through their states on one event loop; the engine works in a thread beside it."""

    def __init__(
        self,
        *,
        predictions: Predictions,
        records: Records,
        files: OutputFiles,
        received: Received,
        webhooks: Webhooks,
        engine: Engine,
        session: aiohttp.ClientSession,
        clock: Clock,
        faults: Faults,
    ) -> None:
        self._predictions = predictions
        self._records = records
        self._files = files
        self._workshop = Workshop(session, received, engine)
        self._webhooks = webhooks
        self._clock = clock
        self._faults = faults
        self._waiting: asyncio.Queue[Prediction] = asyncio.Queue()
        self._endings: dict[str, asyncio.Event] = {}
        self._cancels: dict[str, threading.Event] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._unheeded: dict[str, asyncio.Event] = {}  # set once such a prediction was asked to stop

    def start(self) -> None:
        """Begin to work through the queue, with what an earlier run left in it, and to erase what is an hour old."""
        for prediction in self._predictions.unfinished():
            self._begin(prediction)
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
        return await self._workshop.stop()

    def create(self, order: Order) -> Prediction:
        """Take in an order: it starts when those before it have ended."""
        prediction = Prediction(order, self._clock.now())
        self._save(prediction)
        self._predictions.add(prediction)
        self._begin(prediction)
        return prediction

    def cancel(self, prediction: Prediction) -> None:
        """Stop a prediction; one that has ended stays as it is."""
        if prediction.id in self._unheeded:
            self._unheeded[prediction.id].set()
        else:
            self._end(prediction, Status.CANCELED)

    async def wait(self, prediction: Prediction, seconds: float) -> None:
        """Return when the prediction has ended or the time is over."""
        if prediction.ended:
            return
        await first_of(self._endings[prediction.id].wait(), self._clock.sleep(seconds))

    def sweep(self) -> None:
        """Erase the data of predictions that ended an hour ago."""
        for prediction in self._predictions.due_for_erasure(self._clock.now()):
            self._erase(prediction)

    def _begin(self, prediction: Prediction) -> None:
        self._endings[prediction.id] = asyncio.Event()
        self._cancels[prediction.id] = threading.Event()
        log.info("prediction %s: starting, %s", prediction.id, prediction.order.model.slug)
        self._waiting.put_nowait(prediction)
        if prediction.deadline is not None:
            self._spawn(self._watch_deadline(prediction, prediction.deadline))

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
            if prediction.ended:
                continue
            fault = self._faults.match(RunFault, prediction.order)
            course = fault.course() if fault else ORDINARY
            if fault and not course.starts:
                self._spawn(self._stay(prediction, fault))
            elif course.aborts:
                self._end(prediction, Status.ABORTED, told=course.tells_abort)
            elif prediction.move(Status.PROCESSING, self._clock.now()):
                log.info("prediction %s: processing", prediction.id)
                self._webhooks.emit(prediction, "start")
                await self._process(prediction, course, fault)

    async def _stay(self, prediction: Prediction, fault: RunFault) -> None:
        """Leave a prediction as it is; should the fault be cleared, it takes its turn again."""
        if not prediction.ended:
            await first_of(fault.cleared.wait(), self._endings[prediction.id].wait())
        self._waiting.put_nowait(prediction)

    async def _process(self, prediction: Prediction, course: Course, fault: RunFault | None) -> None:
        if not course.heeds_cancel:
            self._unheeded[prediction.id] = asyncio.Event()
        done = Done(error=self._workshop.out_of_memory(prediction) if course.lacks_memory else course.error)
        if done.error is None:
            try:
                done = await self._workshop.make(
                    prediction, lambda line: self._log_line(prediction, line), self._cancels[prediction.id].is_set
                )
            except CancelledRunError:
                self._unheeded.pop(prediction.id, None)
                return
        if fault and course.extra_seconds:
            self._spawn(self._linger(prediction, course, fault, done, self._clock.now()))
        else:
            self._finish(prediction, course, done)

    async def _linger(
        self, prediction: Prediction, course: Course, fault: RunFault, done: Done, since: datetime
    ) -> None:
        """Finish later, while others run: when the time is over, the fault cleared or the prediction cancelled."""
        if not prediction.ended:
            waits = [fault.cleared.wait(), self._endings[prediction.id].wait()]
            if prediction.id in self._unheeded:
                waits.append(self._unheeded[prediction.id].wait())
            due = since + timedelta(seconds=course.extra_seconds)
            await first_of(self._clock.sleep((due - self._clock.now()).total_seconds()), *waits)
        seconds = (self._clock.now() - since).total_seconds()
        self._finish(prediction, course, replace(done, seconds=done.seconds + seconds))

    def _finish(self, prediction: Prediction, course: Course, done: Done) -> None:
        self._unheeded.pop(prediction.id, None)
        if prediction.ended:
            return
        prediction.shown_status = course.shown_status
        prediction.predict_time = done.seconds
        if done.made is None:
            self._end(prediction, Status.FAILED, done.error)
            return
        try:
            url = self._files.add(prediction.id, done.made.name, done.made.content)
        except OSError:
            log.exception("prediction %s: its output could not be written", prediction.id)
            self._end(prediction, Status.FAILED, INTERRUPTED)
            return
        prediction.output = prediction.order.model.shown(url)
        self._webhooks.emit(prediction, "output")
        self._end(prediction, Status.SUCCEEDED)
        if course.erased_after is not None:
            self._spawn(self._erase_at(prediction, self._clock.now() + timedelta(seconds=course.erased_after)))

    async def _erase_at(self, prediction: Prediction, due: datetime) -> None:
        await self._clock.sleep((due - self._clock.now()).total_seconds())
        self._erase(prediction)

    def _erase(self, prediction: Prediction) -> None:
        self._files.erase(prediction.id)
        prediction.erase()
        self._save(prediction)
        log.info("prediction %s: data removed", prediction.id)

    def _log_line(self, prediction: Prediction, line: str) -> None:
        if not prediction.ended:
            prediction.logs += line + "\n"
            self._webhooks.emit(prediction, "logs")

    def _end(self, prediction: Prediction, status: Status, error: str | None = None, *, told: bool = False) -> None:
        started = prediction.started_at
        now = self._clock.now()
        if not prediction.move(status, now):
            return
        if started is not None and prediction.predict_time is None:
            prediction.predict_time = (now - started).total_seconds()
        prediction.error = error
        self._save(prediction)
        self._cancels.pop(prediction.id).set()
        self._endings.pop(prediction.id).set()
        shown = f", {_QUERY.sub('?…', error)}" if error else ""
        log.info("prediction %s: %s%s", prediction.id, status, shown)
        # The documents name succeeded, failed and canceled as what `completed` tells of, never aborted:
        # replicate.com/docs/topics/webhooks/receive-webhook, stored copy read 2026-11-22.
        if status is not Status.ABORTED or told:
            self._webhooks.emit(prediction, "completed")

    def _save(self, prediction: Prediction) -> None:
        try:
            self._records.save(prediction)
        except OSError:
            log.exception("prediction %s: a restart will not know of it", prediction.id)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
