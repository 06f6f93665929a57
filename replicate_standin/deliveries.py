"""One webhook message to a client: signed, sent, sent again if it fails.

Source: replicate.com/docs/topics/webhooks/receive-webhook and /verify-webhook, stored copies read 2026-11-22.
"""

import logging
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import aiohttp
from standardwebhooks import Webhook
from yarl import URL

from .clock import Clock

log = logging.getLogger(__name__)

USER_AGENT = "replicate-standin/1.0 (webhook)"
# Seconds after completion at which a terminal delivery is tried: exponential, the last after a minute.
ATTEMPTS_AT = (0, 1, 3, 7, 15, 31, 60)
_TIMEOUT = aiohttp.ClientTimeout(total=10)


class Delivery:
    """A webhook message of one prediction. A fault may hold it back; `when_tried` is called after each try."""

    def __init__(
        self,
        *,
        session: aiohttp.ClientSession,
        clock: Clock,
        signer: Webhook,
        prediction_id: str,
        event: str,
        url: str,
        body: bytes,
        when_tried: Callable[[], None] | None = None,
    ) -> None:
        self.clock = clock
        self._session = session
        self._signer = signer
        self._prediction_id = prediction_id
        self._event = event
        self._url = URL(url)
        self._body = body
        self._when_tried = when_tried
        self._message_id = "msg_" + secrets.token_hex(14)
        self._headers: dict[str, str] = {}

    async def send(self, since: datetime | None = None, signer: Webhook | None = None) -> None:
        """Try until it is accepted, for at most a minute from `since`, or from now."""
        since = since or self.clock.now()
        for offset in ATTEMPTS_AT:
            due = since + timedelta(seconds=offset)
            await self.clock.sleep((due - self.clock.now()).total_seconds())
            if await self.attempt(signer):
                return
        log.warning("prediction %s: webhook %s: no more retries", self._prediction_id, self._event)

    async def attempt(self, signer: Webhook | None = None) -> bool:
        """Send it once, signed with the current time; return whether the response was 2xx."""
        at = self.clock.now()
        self._headers = {
            "Content-Type": "application/json",
            "User-Agent": USER_AGENT,
            "webhook-id": self._message_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": (signer or self._signer).sign(self._message_id, at, self._body.decode()),
        }
        return await self._post(self._url)

    async def replay(self, job: str) -> None:
        """Repeat the last request byte for byte, to the same URL with another `?job=`."""
        await self._post(self._url.update_query(job=job))

    async def _post(self, url: URL) -> bool:
        try:
            async with self._session.post(
                url, data=self._body, headers=self._headers, allow_redirects=False, timeout=_TIMEOUT
            ) as response:
                outcome: Any = response.status
        except (aiohttp.ClientError, TimeoutError, OSError) as fault:
            outcome = type(fault).__name__
        log.info("prediction %s: webhook %s to %s%s: %s", self._prediction_id, self._event, url.host, url.path, outcome)
        if self._when_tried:
            self._when_tried()
        return isinstance(outcome, int) and 200 <= outcome < 300
