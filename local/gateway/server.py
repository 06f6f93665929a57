"""The gateway's HTTP server: it dispatches requests and enforces the limits of an HTTP API.

Limits: docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html (2026-11-22): 10 MB of body, 10,240
bytes of request line and headers, 30 s of integration; none can be raised.
"""

import json
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

from local.gateway.concurrency import ConcurrencyLimits
from local.gateway.event import GatewayRequest, build_event
from local.gateway.invoke import TOO_LARGE, Invoker
from local.gateway.page import Page
from local.gateway.r2 import forward_to_r2
from local.gateway.response import Response, error_response
from local.gateway.routes import Route, match_route
from local.gateway.sign_in import SignIn

API_PREFIXES = ("/api/", "/r2-ai/")
"""Paths that CloudFront forwards to the API; everything else is the page."""
BODY_LIMIT = 10_485_760
FORM_LIMIT = 65_536
HEADER_LIMIT = 10_240
PARSER_LIMIT = 65_536
"""The HTTP parser's limit, above HEADER_LIMIT so that the gateway itself can respond; above it aiohttp answers 400."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class GatewaySettings:
    """The settings of a gateway. `issuer_documents` maps paths below `/_local` to JSON documents."""

    emulator_url: str
    api_id: str
    routes: Sequence[Route]
    bucket: str
    origin_secret: str
    issuer_documents: dict[str, object]
    sign_in: SignIn
    page: Page


class Gateway:
    """Responds to every request on the port."""

    def __init__(self, settings: GatewaySettings, session: aiohttp.ClientSession) -> None:
        self._settings = settings
        self._session = session
        self._invoker = Invoker(session, settings.emulator_url)
        self._limits = ConcurrencyLimits()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Serve one request and log it without its query, which may hold a signature."""
        started = time.monotonic()
        path = request.raw_path.partition("?")[0]
        response = await self._served(request, path)
        log.info("%s %s %s %.0f ms", request.method, path, response.status, (time.monotonic() - started) * 1000)
        return response

    async def _served(self, request: web.BaseRequest, path: str) -> web.StreamResponse:
        if f"{path}/".startswith(f"/{self._settings.bucket}/"):
            try:
                return await forward_to_r2(request, self._session, self._settings.emulator_url)
            except aiohttp.ClientConnectionError:
                return _response(error_response(502, "Bad Gateway"))
        if path in self._settings.issuer_documents:
            return web.json_response(self._settings.issuer_documents[path])
        if path.startswith("/_local/"):
            return _response(await self._from_issuer(request, path))
        if f"{path}/".startswith(API_PREFIXES):
            return _response(await self._from_api(request))
        headers = {name.lower(): value for name, value in request.headers.items()}
        return _response(self._settings.page.respond(request.method, path, headers))

    async def _from_issuer(self, request: web.BaseRequest, path: str) -> Response:
        body = await _body_within(request, FORM_LIMIT)
        if body is None:
            return TOO_LARGE
        return self._settings.sign_in.respond(request.method, path, request.raw_path.partition("?")[2], body)

    async def _from_api(self, request: web.BaseRequest) -> Response:
        if _header_bytes(request) > HEADER_LIMIT:
            return error_response(431, "Request Header Fields Too Large")
        body = await _body_within(request, BODY_LIMIT)
        if body is None:
            return TOO_LARGE
        incoming = _gateway_request(request, body)
        match = match_route(self._settings.routes, incoming.method, incoming.path)
        if match is None:
            return error_response(404, "Not Found")
        event = build_event(incoming, match, self._settings.api_id, self._settings.origin_secret)
        async with self._limits.limit_for(incoming):
            answer = await self._invoker.invoke(match.route.function, json.dumps(event).encode())
        request_id = event["requestContext"]["requestId"]
        return Response(answer.status, [*answer.headers, ("apigw-requestid", request_id)], answer.body)


def _gateway_request(request: web.BaseRequest, body: bytes) -> GatewayRequest:
    peer = request.transport.get_extra_info("peername") if request.transport else None
    source_ip = peer[0] if peer else "127.0.0.1"
    headers = [(name, _utf8(value)) for name, value in request.headers.items()]
    return GatewayRequest(request.method, _utf8(request.raw_path), headers, body, source_ip)


def _utf8(text: str) -> str:
    """Replace bytes that are not UTF-8, so that JSON can carry the text."""
    return text.encode(errors="surrogateescape").decode(errors="replace")


def _header_bytes(request: web.BaseRequest) -> int:
    """Return the bytes of the request line and the header lines, as sent."""
    line = len(f"{request.method} {request.raw_path} HTTP/1.1\r\n".encode(errors="surrogateescape"))
    return line + sum(len(name) + len(value) + len(b": \r\n") for name, value in request.raw_headers)


async def _body_within(request: web.BaseRequest, limit: int) -> bytes | None:
    """Return the whole body, or None if it is longer than the limit."""
    if (request.content_length or 0) > limit:
        return None
    chunks, size = [], 0
    async for chunk in request.content.iter_chunked(1 << 16):
        size += len(chunk)
        if size > limit:
            return None
        chunks.append(chunk)
    return b"".join(chunks)


def _response(answer: Response) -> web.Response:
    return web.Response(status=answer.status, headers=CIMultiDict(answer.headers), body=answer.body)
