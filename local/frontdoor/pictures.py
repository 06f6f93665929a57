"""R2 behind the front door: requests below `/<bucket>` go to the emulator's S3 as they came."""

from collections.abc import Mapping

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "expect"})


async def pass_to_r2(request: web.BaseRequest, session: aiohttp.ClientSession, emulator_url: str) -> web.StreamResponse:
    """Forward one request and stream the answer back.

    Path, query and Host stay byte for byte as sent: all three are signed. Raises aiohttp.ClientConnectionError when
    the emulator does not answer.
    """
    async with session.request(
        request.method,
        URL(emulator_url + request.raw_path, encoded=True),
        headers=_end_to_end(request.headers),
        data=request.content if request.body_exists else None,
        allow_redirects=False,
    ) as upstream:
        response = web.StreamResponse(status=upstream.status, headers=_end_to_end(upstream.headers))
        await response.prepare(request)
        async for chunk in upstream.content.iter_chunked(1 << 16):
            await response.write(chunk)
        await response.write_eof()
        return response


def _end_to_end(headers: Mapping[str, str]) -> CIMultiDict[str]:
    return CIMultiDict((n, v) for n, v in headers.items() if n.lower() not in HOP_BY_HOP)
