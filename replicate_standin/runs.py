"""Runs predictions: one at a time in order of arrival; erases their data after an hour."""

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
from .create_request import CreateRequest
from .engines import CancelledRunError, Engine
from .faults.active import ActiveFaults
from .faults.runs import RunFault, RunPlan
from .files import OutputFiles
from .predictions import Prediction, Predictions, Status
from .received import Received
from .records import Records
from .webhooks import Webhooks
from .worker import INTERRUPTED, Outcome, Worker

log = logging.getLogger(__name__)

SWEEP_SECONDS = 60
# The signature of a presigned URL: the provider repeats it in errors, and it must not be logged.
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
        faults: ActiveFaults,
    ) -> None:
        self._predictions = predictions
        self._records = records
        self._files = files
        self._worker = Worker(session, received, engine)
        self._webhooks = webhooks
        self._clock = clock
        self._faults = faults
        self._waiting: asyncio.Queue[Prediction] = asyncio.Queue()
        self._endings: dict[str, asyncio.Event] = {}
        self._cancels: dict[str, threading.Event] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._ignored_cancels: dict[str, asyncio.Event] = {}  # set when the cancel arrives

    def start(self) -> None:
        """Start running the queue, with what an earlier process left unfinished, and erasing data after an hour."""
        for prediction in self._predictions.unfinished():
            self._begin(prediction)
        self._spawn(self._work())
        self._spawn(self._sweep_for_ever())

    async def stop(self) -> bool:
        """Cancel everything; return whether the engine's thread has ended too.

        A tile cannot be interrupted and may take seconds. The thread is a daemon: it ends with the process.
        """
        for cancel in self._cancels.values():
            cancel.set()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        return await self._worker.stop()

    def create(self, request: CreateRequest) -> Prediction:
        """Create a prediction, which starts when the earlier ones have ended."""
        prediction = Prediction(request, self._clock.now())
        self._save(prediction)
        self._predictions.add(prediction)
        self._begin(prediction)
        return prediction

    def cancel(self, prediction: Prediction) -> None:
        """Stop a prediction; one that has ended stays as it is."""
        if prediction.id in self._ignored_cancels:
            self._ignored_cancels[prediction.id].set()
        else:
            self._end(prediction, Status.CANCELED)

    async def wait(self, prediction: Prediction, seconds: float) -> None:
        """Wait until the prediction has ended, for at most that many seconds."""
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
        log.info("prediction %s: starting, %s", prediction.id, prediction.request.model.slug)
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
            fault = self._faults.match(RunFault, prediction.request)
            plan = fault.plan() if fault else RunPlan()
            if fault and not plan.starts:
                self._spawn(self._hold_in_starting(prediction, fault))
            elif plan.aborts:
                self._end(prediction, Status.ABORTED, announced=plan.announces_abort)
            elif prediction.move(Status.PROCESSING, self._clock.now()):
                log.info("prediction %s: processing", prediction.id)
                self._webhooks.emit(prediction, "start")
                await self._process(prediction, plan, fault)

    async def _hold_in_starting(self, prediction: Prediction, fault: RunFault) -> None:
        """Leave a prediction in `starting`; when the fault is cleared, it is queued again."""
        if not prediction.ended:
            await first_of(fault.cleared.wait(), self._endings[prediction.id].wait())
        self._waiting.put_nowait(prediction)

    async def _process(self, prediction: Prediction, plan: RunPlan, fault: RunFault | None) -> None:
        if not plan.stops_on_cancel:
            self._ignored_cancels[prediction.id] = asyncio.Event()
        outcome = Outcome(error=self._worker.out_of_memory(prediction) if plan.out_of_memory else plan.error)
        if outcome.error is None:
            try:
                outcome = await self._worker.run(
                    prediction, lambda line: self._log_line(prediction, line), self._cancels[prediction.id].is_set
                )
            except CancelledRunError:
                self._ignored_cancels.pop(prediction.id, None)
                return
        if fault and plan.extra_seconds:
            self._spawn(self._finish_later(prediction, plan, fault, outcome, self._clock.now()))
        else:
            self._finish(prediction, plan, outcome)

    async def _finish_later(
        self, prediction: Prediction, plan: RunPlan, fault: RunFault, outcome: Outcome, since: datetime
    ) -> None:
        """Finish after the extra seconds, or when the fault is cleared or the prediction cancelled."""
        if not prediction.ended:
            waits = [fault.cleared.wait(), self._endings[prediction.id].wait()]
            if prediction.id in self._ignored_cancels:
                waits.append(self._ignored_cancels[prediction.id].wait())
            due = since + timedelta(seconds=plan.extra_seconds)
            await first_of(self._clock.sleep((due - self._clock.now()).total_seconds()), *waits)
        seconds = (self._clock.now() - since).total_seconds()
        self._finish(prediction, plan, replace(outcome, seconds=outcome.seconds + seconds))

    def _finish(self, prediction: Prediction, plan: RunPlan, outcome: Outcome) -> None:
        self._ignored_cancels.pop(prediction.id, None)
        if prediction.ended:
            return
        prediction.shown_status = plan.shown_status
        prediction.predict_time = outcome.seconds
        if outcome.output is None:
            self._end(prediction, Status.FAILED, outcome.error)
            return
        try:
            url = self._files.add(prediction.id, outcome.output.name, outcome.output.content)
        except OSError:
            log.exception("prediction %s: its output could not be written", prediction.id)
            self._end(prediction, Status.FAILED, INTERRUPTED)
            return
        prediction.output = prediction.request.model.output_value(url)
        self._webhooks.emit(prediction, "output")
        self._end(prediction, Status.SUCCEEDED)
        if plan.erased_after is not None:
            self._spawn(self._erase_at(prediction, self._clock.now() + timedelta(seconds=plan.erased_after)))

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

    def _end(
        self, prediction: Prediction, status: Status, error: str | None = None, *, announced: bool = False
    ) -> None:
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
        # The documents say that `completed` is sent for succeeded, failed and canceled, never for aborted:
        # replicate.com/docs/topics/webhooks/receive-webhook, stored copy read 2026-11-22.
        if status is not Status.ABORTED or announced:
            self._webhooks.emit(prediction, "completed")

    def _save(self, prediction: Prediction) -> None:
        try:
            self._records.save(prediction)
        except OSError:
            log.exception("prediction %s: could not be saved", prediction.id)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
