"""Sends the events of predictions to the clients' webhooks, in order and throttled.

Source: replicate.com/docs/topics/webhooks/receive-webhook, stored copy read 2026-11-22.
"""

import asyncio
import json
from collections.abc import Callable
from datetime import datetime, timedelta

import aiohttp
from standardwebhooks import Webhook

from .clock import Clock
from .deliveries import Delivery
from .faults.active import ActiveFaults
from .faults.webhooks import WebhookFault
from .predictions import Prediction

THROTTLED = ("output", "logs")
THROTTLE = timedelta(milliseconds=500)


class Webhooks:
    """Sends the events of predictions: those of one prediction strictly in order, those of several in parallel."""

    def __init__(
        self, session: aiohttp.ClientSession, clock: Clock, secret: str, base_url: str, faults: ActiveFaults
    ) -> None:
        self._session = session
        self._clock = clock
        self._signer = Webhook(secret)
        self._base_url = base_url
        self._faults = faults
        self._queues: dict[str, asyncio.Queue[tuple[str, bytes] | None]] = {}
        self._senders: set[asyncio.Task[None]] = set()
        self._last: dict[tuple[str, str], datetime] = {}
        self._when_tried: dict[str, Callable[[], None]] = {}

    def emit(self, prediction: Prediction, event: str) -> None:
        """Queue an event with the prediction as it is now, unless the filter or the throttle stops it.

        `completed` must be emitted last, even if the filter excludes it: it also ends the prediction's sender.
        """
        if not prediction.request.webhook:
            return
        queue = self._queue(prediction)
        if event in prediction.request.events and not self._too_soon(prediction.id, event):
            queue.put_nowait((event, json.dumps(prediction.as_json(self._base_url)).encode()))
        if event == "completed":
            queue.put_nowait(None)

    def when_tried(self, prediction: Prediction, call: Callable[[], None]) -> None:
        """Have a function called once the prediction's `completed`, which its filter must include, is first sent."""
        self._when_tried[prediction.id] = call

    async def stop(self) -> None:
        """Cancel all events that are not sent yet."""
        for sender in self._senders:
            sender.cancel()
        await asyncio.gather(*self._senders, return_exceptions=True)

    def _queue(self, prediction: Prediction) -> asyncio.Queue[tuple[str, bytes] | None]:
        if prediction.id not in self._queues:
            self._queues[prediction.id] = asyncio.Queue()
            sender = asyncio.create_task(self._send_all(prediction))
            self._senders.add(sender)
            sender.add_done_callback(self._senders.discard)
        return self._queues[prediction.id]

    def _too_soon(self, prediction_id: str, event: str) -> bool:
        if event not in THROTTLED:
            return False
        now = self._clock.now()
        last = self._last.get((prediction_id, event))
        if last is not None and now - last < THROTTLE:
            return True
        self._last[prediction_id, event] = now
        return False

    async def _send_all(self, prediction: Prediction) -> None:
        queue = self._queues[prediction.id]
        while (queued := await queue.get()) is not None:
            event, body = queued
            if event == "completed":
                await self._send_terminal(prediction, body)
            else:
                await self._delivery(prediction, event, body).attempt()
        del self._queues[prediction.id]
        self._when_tried.pop(prediction.id, None)
        for event in THROTTLED:
            self._last.pop((prediction.id, event), None)

    async def _send_terminal(self, prediction: Prediction, body: bytes) -> None:
        delivery = self._delivery(prediction, "completed", body, lambda: self._tried(prediction.id))
        fault = self._faults.match(WebhookFault, prediction.request)
        if fault is None:
            await delivery.send(since=prediction.completed_at)
        else:
            await fault.deliver(delivery)

    def _tried(self, prediction_id: str) -> None:
        if call := self._when_tried.pop(prediction_id, None):
            call()
        for fault in self._faults.of(WebhookFault):
            fault.another_was_sent()

    def _delivery(
        self, prediction: Prediction, event: str, body: bytes, when_tried: Callable[[], None] | None = None
    ) -> Delivery:
        return Delivery(
            session=self._session,
            clock=self._clock,
            signer=self._signer,
            prediction_id=prediction.id,
            event=event,
            url=str(prediction.request.webhook),
            body=body,
            when_tried=when_tried,
        )
