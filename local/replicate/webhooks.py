"""Calling the client back: Standard Webhooks signatures, the provider's events, throttle and retries.

Source: replicate.com/docs/topics/webhooks/receive-webhook and /verify-webhook, stored copies read 2026-11-22.
"""

import asyncio
import json
import logging
import secrets
from datetime import datetime, timedelta
from typing import Any

import aiohttp
from standardwebhooks import Webhook
from yarl import URL

from .clock import Clock
from .predictions import Prediction

log = logging.getLogger(__name__)

USER_AGENT = "replicate-standin/1.0 (webhook)"
THROTTLED = ("output", "logs")
THROTTLE = timedelta(milliseconds=500)
# Seconds after completion at which a terminal delivery is tried: exponential, the last after a minute.
ATTEMPTS_AT = (0, 1, 3, 7, 15, 31, 60)
_TIMEOUT = aiohttp.ClientTimeout(total=10)


class Webhooks:
    """Sends the events of predictions, one prediction's strictly in order, different ones side by side."""

    def __init__(self, session: aiohttp.ClientSession, clock: Clock, secret: str, base_url: str) -> None:
        self._session = session
        self._clock = clock
        self._signer = Webhook(secret)
        self._base_url = base_url
        self._queues: dict[str, asyncio.Queue[tuple[str, bytes] | None]] = {}
        self._senders: set[asyncio.Task[None]] = set()
        self._last: dict[tuple[str, str], datetime] = {}

    def emit(self, prediction: Prediction, event: str) -> None:
        """Queue an event with the prediction as it is now, unless the filter or the throttle stops it.

        `completed` must come last, whether it is wanted or not: it also ends the prediction's sender.
        """
        if not prediction.order.webhook:
            return
        queue = self._queue(prediction)
        if event in prediction.order.events and not self._too_soon(prediction.id, event):
            queue.put_nowait((event, json.dumps(prediction.as_json(self._base_url)).encode()))
        if event == "completed":
            queue.put_nowait(None)

    async def stop(self) -> None:
        """Give up whatever is still to be sent."""
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
                await self._attempt(prediction, event, body, _message_id())
        del self._queues[prediction.id]
        for event in THROTTLED:
            self._last.pop((prediction.id, event), None)

    async def _send_terminal(self, prediction: Prediction, body: bytes) -> None:
        message_id = _message_id()
        completed_at = prediction.completed_at or self._clock.now()
        for offset in ATTEMPTS_AT:
            due = completed_at + timedelta(seconds=offset)
            await self._clock.sleep((due - self._clock.now()).total_seconds())
            if await self._attempt(prediction, "completed", body, message_id):
                return
        log.warning("prediction %s: webhook completed given up", prediction.id)

    async def _attempt(self, prediction: Prediction, event: str, body: bytes, message_id: str) -> bool:
        """Make one call and say whether it was answered with 2xx."""
        url = URL(str(prediction.order.webhook))
        try:
            async with self._session.post(
                url,
                data=body,
                headers=self._headers(message_id, body),
                allow_redirects=False,
                timeout=_TIMEOUT,
            ) as response:
                outcome: Any = response.status
        except (aiohttp.ClientError, TimeoutError, OSError) as fault:
            outcome = type(fault).__name__
        log.info("prediction %s: webhook %s to %s%s: %s", prediction.id, event, url.host, url.path, outcome)
        return isinstance(outcome, int) and 200 <= outcome < 300

    def _headers(self, message_id: str, body: bytes) -> dict[str, str]:
        at = self._clock.now()
        return {
            "Content-Type": "application/json",
            "User-Agent": USER_AGENT,
            "webhook-id": message_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": self._signer.sign(message_id, at, body.decode()),
        }


def _message_id() -> str:
    return "msg_" + secrets.token_hex(14)
