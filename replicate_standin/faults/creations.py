"""Faults of `POST /v1/predictions`: refused, throttled, or accepted with the response lost.

An invalid request is refused before any of these can fire.
"""

import asyncio
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, ClassVar

from aiohttp import web

from ..create_request import CreateRequest
from ..creations import Creation
from ..models import missing_field, unexpected_field
from ..problems import InvalidInputError, InvalidVersionError, NotFoundError, UnauthenticatedError, problem
from .base import Fault, held, parameter


class CreationFault(Fault):
    """A fault that answers a create request, and decides whether it creates a prediction."""

    async def answer(self, creation: Creation) -> web.StreamResponse:
        """Answer instead of the stand-in."""
        raise NotImplementedError


def page(status: int, title: str) -> web.Response:
    """Return an HTML page instead of a problem."""
    html = (
        f"<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><h1>{title}</h1>replicate.com</body></html>\n"
    )
    return web.Response(status=status, text=html, content_type="text/html")


def throttled(limit: str, seconds: int, shape: str = "body") -> web.Response:
    """Return the provider's 429.

    `body`: the text, `status` and `retry_after` in the body, no `title`, as seen: github.com/nodetool-ai/nodetool issue
    5196, read 2026-11-22. `documented`: the text alone, as replicate.com/docs/topics/predictions/rate-limits has it.
    `header`, `date` and `ratelimit` are that text with the time in `Retry-After`, as seconds or as a date, or in
    `ratelimit-reset`: not seen in a 429, but what HTTP and the provider's other answers suggest.
    """
    detail = f"Request was throttled. {limit}Your rate limit resets in ~{seconds}s."
    if shape == "body":
        return problem({"detail": detail, "status": 429, "retry_after": seconds})
    headers = {
        "documented": {},
        "header": {"Retry-After": str(seconds)},
        "date": {"Retry-After": format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)},
        "ratelimit": {"ratelimit-remaining": "0", "ratelimit-reset": str(seconds)},
    }[shape]
    return web.json_response({"detail": detail}, status=429, headers=headers)


@dataclass(eq=False)
class CreateThrottled(CreationFault):
    """429 with `retry_after` seconds in the body, or in another shape; no prediction is created."""

    name: ClassVar[str] = "create-throttled"
    retry_after: int = parameter(5, minimum=0, maximum=3600)
    shape: str = parameter("body", pattern="body|documented|header|date|ratelimit")

    async def answer(self, creation: Creation) -> web.StreamResponse:  # noqa: ARG002 - nothing is created
        return throttled("", self.retry_after, self.shape)


@dataclass(eq=False)
class CreateLimited(CreationFault):
    """The rate limit of an account with little credit: a bucket of `burst` that fills with `per_minute`.

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
        self._full_at: datetime | None = None  # when the bucket will be, or was, full again
        self._wait = timedelta()

    def applies(self, request: CreateRequest, now: datetime) -> bool:  # noqa: ARG002 - all creations share the bucket
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
    """500. With `accepted` the prediction exists and runs nevertheless: a 5xx does not prove that no run was made."""

    name: ClassVar[str] = "create-500"
    accepted: bool = parameter(default=False)

    async def answer(self, creation: Creation) -> web.StreamResponse:
        if self.accepted:
            creation.accept()
        # As in the tests of the provider's own client: github.com/replicate/replicate-javascript index.test.ts.
        return web.json_response({"detail": "Internal server error"}, status=500)


@dataclass(eq=False)
class CreateBadGateway(CreationFault):
    """502 and HTML, from the proxy before the provider's API. With `accepted` the prediction exists and runs."""

    name: ClassVar[str] = "create-502"
    accepted: bool = parameter(default=False)

    async def answer(self, creation: Creation) -> web.StreamResponse:
        if self.accepted:
            creation.accept()
        return page(502, "Bad gateway")


@dataclass(eq=False)
class CreateUnauthenticated(CreationFault):
    """401: the token is wrong or was revoked; no prediction is created."""

    name: ClassVar[str] = "create-401"

    async def answer(self, creation: Creation) -> web.StreamResponse:  # noqa: ARG002 - nothing is created
        raise UnauthenticatedError


@dataclass(eq=False)
class CreateUnpaid(CreationFault):
    """402: the credit is used up; no prediction is created."""

    name: ClassVar[str] = "create-402"

    async def answer(self, creation: Creation) -> web.StreamResponse:  # noqa: ARG002 - nothing is created
        # As quoted in the tests and notes of several public clients, read 2026-11-22.
        return problem(
            {
                "title": "Insufficient credit",
                "detail": "You have insufficient credit to run this model. Go to "
                "https://replicate.com/account/billing#billing to purchase credit. Once you purchase credit, please "
                "wait a few minutes before trying again.",
                "status": 402,
            }
        )


@dataclass(eq=False)
class CreateBlocked(CreationFault):
    """403 and HTML: the proxy before the API takes the client for an attacker; no prediction is created.

    As public notes of 2025 show it, cut to its heading: "Sorry, you have been blocked".
    """

    name: ClassVar[str] = "create-403"

    async def answer(self, creation: Creation) -> web.StreamResponse:  # noqa: ARG002 - nothing is created
        return page(403, "Sorry, you have been blocked")


@dataclass(eq=False)
class CreateNotFound(CreationFault):
    """404, as for a model that is gone or may not be called by its name; no prediction is created."""

    name: ClassVar[str] = "create-404"

    async def answer(self, creation: Creation) -> web.StreamResponse:  # noqa: ARG002 - nothing is created
        raise NotFoundError


@dataclass(eq=False)
class CreateInvalid(CreationFault):
    """422: the version no longer exists, or the model's schema is another (`about`). No prediction is created."""

    name: ClassVar[str] = "create-422"
    about: str = parameter("version", pattern="version|input")

    async def answer(self, creation: Creation) -> web.StreamResponse:
        if self.about == "version":
            raise InvalidVersionError
        raise InvalidInputError(
            [missing_field("mask", "input"), unexpected_field(creation.request.model.image_field, "input")]
        )


@dataclass(eq=False)
class CreateReset(CreationFault):
    """The connection is reset before the prediction exists: a client cannot tell it from a lost response."""

    name: ClassVar[str] = "create-reset"

    async def answer(self, creation: Creation) -> web.StreamResponse:
        return creation.reset()


@dataclass(eq=False)
class CreateGarbage(CreationFault):
    """201 with a body that is not a prediction, though one exists and runs; `body` selects another body."""

    name: ClassVar[str] = "create-garbage"
    body: str = parameter("list", pattern="list|null|text|empty|without-id|metrics|input|urls")

    async def answer(self, creation: Creation) -> web.StreamResponse:
        shown = creation.show(creation.accept())
        bodies: dict[str, Any] = {
            "list": [shown],
            "null": None,
            "text": "created",
            "empty": {},
            "without-id": {name: value for name, value in shown.items() if name != "id"},
            "metrics": shown | {"metrics": [1.5]},
            "input": shown | {"input": [shown["input"]]},
            "urls": shown | {"urls": None},
        }
        return web.json_response(bodies[self.body], status=201)


@dataclass(eq=False)
class CreateOfficial(CreationFault):
    """The prediction names another version than requested, and if `model` is given, another model.

    Recorded of official models: `dp-a557…` and `d-c655…` for versions, `replicate/lifeboat-70b` for another model.
    """

    name: ClassVar[str] = "create-official"
    version: str = parameter("dp-a557b7387b4940df25b23f779dc534c4", pattern=r"(dp?-[0-9a-f]{32})|hidden|[0-9a-f]{64}")
    model: str = parameter("", pattern=r"([a-z0-9._-]+/[a-z0-9._-]+)?")

    async def answer(self, creation: Creation) -> web.StreamResponse:
        prediction = creation.accept()
        prediction.version = self.version
        prediction.model = self.model or prediction.model
        return await creation.answer(prediction)


@dataclass(eq=False)
class CreateAnswerLost(CreationFault):
    """The prediction exists and runs, and the connection closes without a response, after `held` seconds."""

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

    def applies(self, request: CreateRequest, now: datetime) -> bool:  # noqa: ARG002 - the fault's shape
        return request.webhook is not None and "completed" in request.events

    async def answer(self, creation: Creation) -> web.StreamResponse:
        prediction = creation.accept()
        shown = creation.show(prediction)
        tried = asyncio.Event()
        creation.webhooks.when_tried(prediction, tried.set)
        await self.hold(creation.clock, self.seconds, tried)
        return await creation.answer(prediction, shown)
