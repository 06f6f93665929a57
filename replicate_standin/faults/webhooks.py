"""Faults of the terminal webhook: each decides when and how often `completed` is sent, and in which form."""

import asyncio
import base64
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from standardwebhooks import Webhook

from ..create_request import CreateRequest
from ..deliveries import Delivery
from .base import Fault, held, parameter

_JOB_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"


class WebhookFault(Fault):
    """A fault that sends a `completed` instead of the stand-in."""

    async def deliver(self, delivery: Delivery) -> None:
        """Send the message, or drop it."""
        raise NotImplementedError

    def another_was_sent(self) -> None:
        """Note that a `completed` of another prediction has been sent."""


@dataclass(eq=False)
class WebhookDropped(WebhookFault):
    """A webhook that is never sent."""

    name: ClassVar[str] = "webhook-dropped"

    async def deliver(self, delivery: Delivery) -> None:
        """Send nothing."""


@dataclass(eq=False)
class WebhookDuplicated(WebhookFault):
    """A webhook sent twice with the same id and body, `seconds` apart, each signed with its own time as a retry is."""

    name: ClassVar[str] = "webhook-duplicated"
    seconds: float = held(0.0)

    async def deliver(self, delivery: Delivery) -> None:
        await delivery.send()
        await self.hold(delivery.clock, self.seconds)
        await delivery.send()


@dataclass(eq=False)
class WebhookDelayed(WebhookFault):
    """A webhook sent that many seconds late."""

    name: ClassVar[str] = "webhook-delayed"
    seconds: float = held(30.0)

    async def deliver(self, delivery: Delivery) -> None:
        await self.hold(delivery.clock, self.seconds)
        await delivery.send()


@dataclass(eq=False)
class WebhookReordered(WebhookFault):
    """A webhook held until another prediction's has been sent, for at most that many seconds.

    While one is held, the next is not, so that it releases the first: with `times` null, webhooks swap in pairs.
    """

    name: ClassVar[str] = "webhook-reordered"
    seconds: float = held(60.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._waits_for: asyncio.Event | None = None

    def applies(self, request: CreateRequest, now: datetime) -> bool:  # noqa: ARG002 - the fault's shape
        if self._waits_for is not None:
            return False
        self._waits_for = asyncio.Event()
        return True

    def another_was_sent(self) -> None:
        if self._waits_for is not None:
            self._waits_for.set()

    async def deliver(self, delivery: Delivery) -> None:
        try:
            await self.hold(delivery.clock, self.seconds, self._waits_for)
        finally:
            self._waits_for = None
        await delivery.send()


@dataclass(eq=False)
class WebhookBadlySigned(WebhookFault):
    """A webhook signed with another secret, at every try."""

    name: ClassVar[str] = "webhook-badly-signed"

    async def deliver(self, delivery: Delivery) -> None:
        other = Webhook("whsec_" + base64.b64encode(secrets.token_bytes(32)).decode())
        await delivery.send(signer=other)


@dataclass(eq=False)
class WebhookReplayed(WebhookFault):
    """A webhook sent as usual; `seconds` later the same bytes and headers are sent again with `?job=` of another job.

    `other` is that job's id; the default is a random one in the product's form (`domain/keys.py`).
    """

    name: ClassVar[str] = "webhook-replayed"
    seconds: float = held(0.0)
    other: str = parameter("", pattern=r"[A-Za-z0-9_-]{0,64}")

    async def deliver(self, delivery: Delivery) -> None:
        await delivery.send()
        await self.hold(delivery.clock, self.seconds)
        await delivery.replay(self.other or "p" + "".join(secrets.choice(_JOB_ALPHABET) for _ in range(25)))
