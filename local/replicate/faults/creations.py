"""Faults of `POST /v1/predictions`: refused, throttled, or taken in and the answer lost.

An invalid request is refused as ever before any of these is asked.
"""

import asyncio
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from aiohttp import web

from ..creations import Creation
from ..orders import Order
from ..problems import InvalidVersionError, answer, problem
from .base import Fault, held, parameter


class CreationFault(Fault):
    """A fault that answers a create request, and decides whether a prediction comes of it."""

    async def answer(self, creation: Creation) -> web.StreamResponse:
        """Answer in the place of the stand-in."""
        raise NotImplementedError


def throttled(limit: str, seconds: int) -> web.Response:
    """Write the provider's 429.

    The text, `status` and `retry_after` in the body, no `title`: github.com/nodetool-ai/nodetool issue 5196, read
    2026-11-22. No `Retry-After` header is documented or was seen, so none is sent.
    """
    detail = f"Request was throttled. {limit}Your rate limit resets in ~{seconds}s."
    return problem({"detail": detail, "status": 429, "retry_after": seconds})


@dataclass(eq=False)
class CreateThrottled(CreationFault):
    """429 with `retry_after` seconds in the body; no prediction comes of it."""

    name: ClassVar[str] = "create-throttled"
    retry_after: int = parameter(5, minimum=0, maximum=3600)

    async def answer(self, creation: Creation) -> web.StreamResponse:  # noqa: ARG002 - nothing is created
        return throttled("", self.retry_after)


@dataclass(eq=False)
class CreateLimited(CreationFault):
    """The rate limit of an account with little credit, for long: a bucket of `burst` that fills with `per_minute`.

    A creation that finds a token in the bucket passes and does not count as fired; one that finds none is answered
    with 429 and the whole seconds until there is one. Source: the issue above, and
    replicate.com/docs/topics/predictions/rate-limits, both read 2026-11-22.
    """

    name: ClassVar[str] = "create-limited"
    times: ClassVar[int | None] = None
    per_minute: int = parameter(6, minimum=1, maximum=60_000)
    burst: int = parameter(1, minimum=1, maximum=60_000)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._full_at: datetime | None = None  # when the bucket is or was full again
        self._wait = timedelta()

    def applies(self, order: Order, now: datetime) -> bool:  # noqa: ARG002 - all creations share the bucket
        """Take a token, or note how long until the next."""
        each = timedelta(minutes=1) / self.per_minute
        full_at = max(self._full_at or now, now)
        self._wait = full_at - now - each * (self.burst - 1)
        if self._wait > timedelta():
            return True
        self._full_at = full_at + each
        return False

    async def answer(self, creation: Creation) -> web.StreamResponse:  # noqa: ARG002 - nothing is created
        limit = (
            f"Your rate limit for creating predictions is reduced to {self.per_minute} requests per minute with a "
            f"burst of {self.burst} requests while you have less than $5.0 in credit. "
        )
        return throttled(limit, math.ceil(self._wait.total_seconds()))


@dataclass(eq=False)
class CreateServerError(CreationFault):
    """500. With `accepted` the prediction exists and runs nevertheless: a 5xx proves nothing."""

    name: ClassVar[str] = "create-500"
    accepted: bool = parameter(default=False)

    async def answer(self, creation: Creation) -> web.StreamResponse:
        if self.accepted:
            creation.accept()
        # The provider's text is documented nowhere; the shape is that of its other problems.
        return answer(500, "Internal server error", "Internal server error")


@dataclass(eq=False)
class CreateUnpaid(CreationFault):
    """402: the credit is used up; no prediction comes of it."""

    name: ClassVar[str] = "create-402"

    async def answer(self, creation: Creation) -> web.StreamResponse:  # noqa: ARG002 - nothing is created
        # As quoted in the tests and notes of several public clients, read 2026-11-22.
        return answer(
            402,
            "Insufficient credit",
            "You have insufficient credit to run this model. Go to https://replicate.com/account/billing#billing to "
            "purchase credit. Once you purchase credit, please wait a few minutes before trying again.",
        )


@dataclass(eq=False)
class CreateInvalid(CreationFault):
    """The documented 422 of a version that has gone; no prediction comes of it."""

    name: ClassVar[str] = "create-422"

    async def answer(self, creation: Creation) -> web.StreamResponse:  # noqa: ARG002 - nothing is created
        raise InvalidVersionError


@dataclass(eq=False)
class CreateAnswerLost(CreationFault):
    """The prediction exists and runs, and the connection closes without a byte of an answer, after `held` seconds."""

    name: ClassVar[str] = "create-answer-lost"
    held: float = held(0.0)

    async def answer(self, creation: Creation) -> web.StreamResponse:
        creation.accept()
        await self.hold(creation.clock, self.held)
        return creation.hang_up()


@dataclass(eq=False)
class WebhookBeforeAnswer(CreationFault):
    """The run ends and its `completed` is sent before the create answer, which still says `starting`.

    Waits at most `seconds` for that; does nothing to a creation that asks for no `completed`.
    """

    name: ClassVar[str] = "webhook-before-answer"
    seconds: float = held(10.0)

    def applies(self, order: Order, now: datetime) -> bool:  # noqa: ARG002 - the fault's shape
        return order.webhook is not None and "completed" in order.events

    async def answer(self, creation: Creation) -> web.StreamResponse:
        prediction = creation.accept()
        shown = creation.show(prediction)
        tried = asyncio.Event()
        creation.webhooks.when_tried(prediction, tried.set)
        await self.hold(creation.clock, self.seconds, tried)
        return await creation.answer(prediction, shown)
