"""The answer to a checked create request, and the parts that faults use to answer in another way."""

import socket
import struct
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from .clock import Clock
from .create_request import CreateRequest
from .predictions import Prediction
from .received import Received
from .runs import Runs
from .webhooks import Webhooks


@dataclass(frozen=True)
class Creation:
    """A create request with what is needed to answer it."""

    http_request: web.Request
    body: Any
    request: CreateRequest
    runs: Runs
    received: Received
    webhooks: Webhooks
    clock: Clock
    base_url: str

    def accept(self) -> Prediction:
        """Create the prediction."""
        prediction = self.runs.create(self.request)
        self.received.created(prediction.id, self.body, self.http_request.headers, prediction.created_at)
        return prediction

    def show(self, prediction: Prediction) -> dict[str, Any]:
        """Return the prediction's JSON as it is now."""
        return prediction.as_json(self.base_url)

    async def answer(self, prediction: Prediction, shown: dict[str, Any] | None = None) -> web.Response:
        """Wait if the client asked for it, then answer: 201, or 202 when the wait was too short.

        `shown` is the body for a client that did not ask to wait; the default is the prediction as it is now.
        """
        wait = self.request.wait
        if wait is None:
            return web.json_response(shown or self.show(prediction), status=201)
        await self.runs.wait(prediction, wait)
        return web.json_response(
            self.show(prediction),
            status=201 if prediction.ended else 202,
            headers={"Preference-Applied": self.http_request.headers["Prefer"]},
        )

    def hang_up(self) -> web.Response:
        """Close the connection without an answer; the returned response is never sent."""
        if self.http_request.transport is not None:
            self.http_request.transport.close()
        return web.Response()

    def reset(self) -> web.Response:
        """Reset the connection; the returned response is never sent."""
        transport = self.http_request.transport
        if transport is not None:
            connection = transport.get_extra_info("socket")
            # SO_LINGER of zero turns the close into a reset.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            transport.abort()
        return web.Response()
