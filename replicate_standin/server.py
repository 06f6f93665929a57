"""The HTTP server: wiring, token check and routes."""

import hmac
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
from aiohttp import web

from .clock import Clock
from .control import Control
from .create_request import read_create_request
from .creations import Creation
from .engines import Engine
from .faults.active import ActiveFaults
from .faults.creations import CreationFault
from .faults.outputs import OutputFault
from .files import OutputFiles
from .images import media_type
from .models import Model, Models
from .predictions import Predictions
from .problems import (
    Handler,
    NotFoundError,
    ProblemError,
    UnauthenticatedError,
    UnprocessableError,
    problems_as_answers,
    read_json,
)
from .published import PUBLISHED
from .rate_limits import RateLimits
from .received import Received
from .records import Records
from .runs import Runs
from .settings import Settings
from .webhooks import Webhooks

FILES_FOLDER = "standin-files"
PREDICTIONS_FOLDER = "standin-predictions"
RECEIVED_FOLDER = "standin-received"
USER_AGENT = "replicate-standin/1.0"
_PROTECTED = ("/v1", "/_")


class StandIn:
    """One running stand-in: its parts, and a handler for each route.

    Create it inside the event loop that will serve it. `base_url` is its own address, without a final slash.
    """

    def __init__(self, settings: Settings, base_url: str, state: Path, engine: Engine, clock: Clock) -> None:
        self._settings = settings
        self._base_url = base_url
        self._clock = clock
        self._models = Models((*PUBLISHED, *settings.models))
        self._session = aiohttp.ClientSession(headers={"User-Agent": USER_AGENT})
        self._rate_limits = RateLimits()
        self._faults = ActiveFaults(clock)
        records = Records(state / PREDICTIONS_FOLDER, self._models)
        self._files = OutputFiles(state / FILES_FOLDER, base_url)
        self._predictions = Predictions(records.load(self._files))
        self._received = Received(state / RECEIVED_FOLDER)
        self._webhooks = Webhooks(self._session, clock, settings.webhook_secret, base_url, self._faults)
        self._runs = Runs(
            predictions=self._predictions,
            records=records,
            files=self._files,
            received=self._received,
            webhooks=self._webhooks,
            engine=engine,
            session=self._session,
            clock=clock,
            faults=self._faults,
        )

    def application(self) -> web.Application:
        """Return the aiohttp application and start running predictions."""
        app = web.Application(middlewares=[self._add_rate_limits, problems_as_answers, self._guard])
        app.add_routes(
            [
                web.post("/v1/predictions", self.create),
                web.get("/v1/predictions", self.list),
                web.get("/v1/predictions/{id}", self.show),
                web.post("/v1/predictions/{id}/cancel", self.cancel),
                web.post("/v1/models/{owner}/{name}/predictions", self.create_for_model),
                web.get("/v1/models/{owner}/{name}", self.model),
                web.get("/v1/models/{owner}/{name}/versions", self.versions),
                web.get("/v1/models/{owner}/{name}/versions/{version}", self.version),
                web.get("/v1/webhooks/default/secret", self.webhook_secret),
                web.get("/files/{key}/{name}", self.file),
                web.get("/p/{id}", self.page),
                web.get("/_received", self.received),
                web.get("/_received/{id}/input", self.received_input),
                *Control(self._faults).routes(),
            ]
        )
        self._runs.start()
        return app

    async def stop(self) -> bool:
        """Stop; return whether the engine's thread has ended too."""
        ended = await self._runs.stop()
        await self._webhooks.stop()
        await self._session.close()
        return ended

    @web.middleware
    async def _add_rate_limits(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Add the rate limit headers to the API's responses: a 401 has none, and a 429 was never recorded."""
        response = await handler(request)
        if request.path.startswith("/v1/") and response.status not in (401, 429) and not response.prepared:
            response.headers.update(self._rate_limits.headers(request.method, request.path, self._clock.now()))
        return response

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Check the token where one is needed, and erase expired data before anything is shown."""
        if request.path.startswith(_PROTECTED):
            sent = request.headers.get("Authorization", "").encode()
            if not hmac.compare_digest(sent, f"Bearer {self._settings.token}".encode()):
                raise UnauthenticatedError(passed=bool(sent))
        self._runs.sweep()
        return await handler(request)

    async def create(self, request: web.Request) -> web.StreamResponse:
        """POST /v1/predictions."""
        return await self._create(request, None)

    async def create_for_model(self, request: web.Request) -> web.StreamResponse:
        """POST /v1/models/{owner}/{name}/predictions: 404 for a model that is not official, as recorded."""
        model = self._model(request)
        if not model.official:
            raise NotFoundError
        return await self._create(request, model)

    async def _create(self, request: web.Request, model: Model | None) -> web.StreamResponse:
        body = await read_json(request)
        creation = Creation(
            http_request=request,
            body=body,
            request=read_create_request(body, request.headers, self._models, model),
            runs=self._runs,
            received=self._received,
            webhooks=self._webhooks,
            clock=self._clock,
            base_url=self._base_url,
        )
        fault = self._faults.match(CreationFault, creation.request)
        return await (fault.answer(creation) if fault else creation.answer(creation.accept()))

    async def show(self, request: web.Request) -> web.Response:
        """GET /v1/predictions/{id}."""
        prediction = self._predictions.get(request.match_info["id"])
        return web.json_response(prediction.as_json(self._base_url))

    async def cancel(self, request: web.Request) -> web.Response:
        """POST /v1/predictions/{id}/cancel."""
        prediction = self._predictions.get(request.match_info["id"])
        self._runs.cancel(prediction)
        return web.json_response(prediction.as_json(self._base_url))

    async def list(self, request: web.Request) -> web.Response:
        """GET /v1/predictions: 100 a page, newest first."""
        after, before = _moment(request, "created_after"), _moment(request, "created_before")
        page = self._predictions.page(request.query.get("cursor"), after, before)
        url = request.url.with_path(request.path)

        def link(cursor: str | None) -> str | None:
            return None if cursor is None else self._base_url + str(url.update_query(cursor=cursor).relative())

        return web.json_response(
            {
                "previous": link(page.newer),
                "next": link(page.older),
                "results": [each.as_json(self._base_url) for each in page.results],
            }
        )

    async def model(self, request: web.Request) -> web.Response:
        """GET /v1/models/{owner}/{name}, with its newest version."""
        return web.json_response(self._model(request).as_json())

    async def versions(self, request: web.Request) -> web.Response:
        """GET /v1/models/{owner}/{name}/versions, newest first."""
        model = self._model(request)
        results = [model.version_as_json(version) for version in model.versions]
        return web.json_response({"previous": None, "next": None, "results": results})

    async def version(self, request: web.Request) -> web.Response:
        """GET /v1/models/{owner}/{name}/versions/{id}."""
        model = self._model(request)
        for version in model.versions:
            if version.id == request.match_info["version"]:
                return web.json_response(model.version_as_json(version))
        raise NotFoundError

    def _model(self, request: web.Request) -> Model:
        try:
            return self._models.find(f"{request.match_info['owner']}/{request.match_info['name']}")
        except ProblemError:
            raise NotFoundError from None

    async def webhook_secret(self, _: web.Request) -> web.Response:
        """GET /v1/webhooks/default/secret."""
        return web.json_response({"key": self._settings.webhook_secret})

    async def file(self, request: web.Request) -> web.StreamResponse:
        """GET and HEAD /files/{key}/{name}: no token, as on replicate.delivery."""
        key, name = request.match_info["key"], request.match_info["name"]
        path = self._files.path(key, name)
        if request.method == "GET":
            prediction = self._predictions.get(self._files.owner(key, name))
            if fault := self._faults.match(OutputFault, prediction.request):
                return await fault.serve(request, path)
        return web.FileResponse(path, headers={"Content-Type": media_type(name)})

    async def page(self, request: web.Request) -> web.Response:
        """GET /p/{id}: the target of `urls.web`; shows only the state."""
        prediction = self._predictions.get(request.match_info["id"])
        return web.Response(text=f"{prediction.id} {prediction.request.model.slug} {prediction.status}\n")

    async def received(self, _: web.Request) -> web.Response:
        """GET /_received: the requests of clients, oldest first."""
        return web.json_response(self._received.entries())

    async def received_input(self, request: web.Request) -> web.Response:
        """GET /_received/{id}/input: the exact bytes that were downloaded."""
        content = self._received.input_of(request.match_info["id"])
        return web.Response(body=content, content_type="application/octet-stream")


def _moment(request: web.Request, name: str) -> datetime | None:
    text = request.query.get(name)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UnprocessableError(f"{name} must be a date-time in ISO 8601.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
