"""R2 behind the gateway: forwards requests below `/<bucket>` to the emulator's S3 unchanged, or refuses them.

The emulator does not check for headers beyond the signed ones. AWS S3 does: "All headers with the x-amz- prefix,
including x-amz-copy-source, must be signed" (docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html, read
2026-11-28), and answers 403 AccessDenied, "There were headers present in the request which were not signed". Other
headers that a PUT stores are refused here too: the upload could not become a job, and its sender should learn it.
"""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qs

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "expect"})
STORED_BY_PUT = frozenset(
    {"cache-control", "content-disposition", "content-encoding", "content-language", "content-type", "expires"}
)
REFUSAL = (
    '<?xml version="1.0" encoding="UTF-8"?><Error><Code>AccessDenied</Code><Message>There were headers present in the '
    "request which were not signed</Message><HeadersNotSigned>{names}</HeadersNotSigned></Error>"
)


def unsigned_headers(method: str, query: str, headers: Mapping[str, str]) -> list[str]:
    """Return the headers that a request's signature does not cover and that could change what is stored."""
    named = parse_qs(query).get("X-Amz-SignedHeaders") or re.findall(
        r"SignedHeaders=([^,\s]+)", headers.get("Authorization", "")
    )
    if not named:
        return []
    signed = set(named[0].lower().split(";"))
    return sorted(name for name in _that_matter(method, headers) if name not in signed)


def _that_matter(method: str, names: Iterable[str]) -> set[str]:
    stored = STORED_BY_PUT if method == "PUT" else frozenset()
    return {name.lower() for name in names if name.lower() in stored or name.lower().startswith("x-amz-")}


async def forward_to_r2(
    request: web.BaseRequest, session: aiohttp.ClientSession, emulator_url: str
) -> web.StreamResponse:
    """Forward one request and stream the response.

    Path, query and Host are forwarded byte for byte: all three are signed. Raises aiohttp.ClientConnectionError when
    the emulator does not answer.
    """
    query = request.raw_path.partition("?")[2]
    if unsigned := unsigned_headers(request.method, query, request.headers):
        text = REFUSAL.format(names=", ".join(unsigned))
        return web.Response(status=403, text=text, content_type="application/xml")
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
