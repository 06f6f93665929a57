"""Faults of `GET /files/{key}/{name}`: each sends a client something else than the file. HEAD is not affected."""

import asyncio
import contextlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from aiohttp import web

from ..images import open_image
from ..problems import NotFoundError
from .base import Fault, parameter

IMAGE = "image/png"
_CHUNK_BYTES = 1 << 16
_HTML = b"<!DOCTYPE html>\n<html><head><title>Bad gateway</title></head><body>Bad gateway</body></html>\n"


class OutputFault(Fault):
    """A fault that answers the download of an output."""

    async def serve(self, request: web.Request, path: Path) -> web.StreamResponse:
        """Answer instead of sending the file at `path`."""
        raise NotImplementedError


@dataclass(eq=False)
class OutputMissing(OutputFault):
    """404, as long as it is set; the prediction still names the file."""

    name: ClassVar[str] = "output-404"

    async def serve(self, request: web.Request, path: Path) -> web.StreamResponse:  # noqa: ARG002 - there is none
        raise NotFoundError


@dataclass(eq=False)
class OutputCut(OutputFault):
    """The connection closes after half of the bytes that `Content-Length` promised."""

    name: ClassVar[str] = "output-cut"

    async def serve(self, request: web.Request, path: Path) -> web.StreamResponse:
        content = path.read_bytes()
        response = await _begin(request, len(content))
        with contextlib.suppress(ConnectionError):
            await response.write(content[: len(content) // 2])
        if request.transport is not None:
            request.transport.close()  # bytes that were written are still sent
        return response


@dataclass(eq=False)
class OutputTruncated(OutputFault):
    """A complete response with half an image in it."""

    name: ClassVar[str] = "output-truncated"

    async def serve(self, request: web.Request, path: Path) -> web.StreamResponse:  # noqa: ARG002 - the fault's shape
        content = path.read_bytes()
        return web.Response(body=content[: len(content) // 2], content_type=IMAGE)


@dataclass(eq=False)
class OutputNotAnImage(OutputFault):
    """An HTML page labelled as a PNG."""

    name: ClassVar[str] = "output-not-an-image"

    async def serve(self, request: web.Request, path: Path) -> web.StreamResponse:  # noqa: ARG002 - the fault's shape
        return web.Response(body=_HTML, content_type=IMAGE)


@dataclass(eq=False)
class OutputWrongType(OutputFault):
    """The image as JPEG, under the name and type of a PNG."""

    name: ClassVar[str] = "output-wrong-type"

    async def serve(self, request: web.Request, path: Path) -> web.StreamResponse:  # noqa: ARG002 - the fault's shape
        return web.Response(body=await asyncio.to_thread(_as_jpeg, path.read_bytes()), content_type=IMAGE)


@dataclass(eq=False)
class OutputHuge(OutputFault):
    """The image, then zeros, `size` bytes in all; without `declared` there is no `Content-Length` to warn of it."""

    name: ClassVar[str] = "output-huge"
    size: int = parameter(200 * 1024 * 1024 + 1, minimum=1, maximum=10 * 1024**3)
    declared: bool = parameter(default=True)

    async def serve(self, request: web.Request, path: Path) -> web.StreamResponse:
        head = path.read_bytes()[: self.size]
        response = await _begin(request, self.size if self.declared else None)
        left = self.size - len(head)
        with contextlib.suppress(ConnectionError):  # a client may stop early
            await response.write(head)
            while left > 0:
                await response.write(bytes(min(_CHUNK_BYTES, left)))
                left -= min(_CHUNK_BYTES, left)
        return response


async def _begin(request: web.Request, length: int | None) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": IMAGE})
    response.content_length = length
    await response.prepare(request)
    return response


def _as_jpeg(content: bytes) -> bytes:
    buffer = io.BytesIO()
    open_image(content).convert("RGB").save(buffer, "JPEG", quality=90)
    return buffer.getvalue()
