"""Downloads the image that a prediction names, as the provider's container does."""

import asyncio
import base64
import binascii
import mimetypes
from urllib.parse import unquote, unquote_to_bytes, urlsplit

import aiohttp
from yarl import URL

USER_AGENT = "replicate-standin/1.0 (input download)"
# "up to 100MB": replicate.com/docs/topics/predictions/input-files, stored copy read 2026-11-22.
INPUT_MAX_BYTES = 100 * 1000 * 1000
# "Use a data URL when you have a small file <= 256kb": api.replicate.com/openapi.json, copy of 2026-04-09.
DATA_URL_MAX_BYTES = 256 * 1024
REDIRECTS_MAX = 3
_TIMEOUT = aiohttp.ClientTimeout(total=60, connect=5)


class DownloadError(Exception):
    """The image could not be downloaded; the message is worded as the provider's, with the whole signed URL in it."""


async def download(session: aiohttp.ClientSession, url: str) -> bytes:
    """Return the bytes behind a data URL or an HTTP URL; raises DownloadError.

    One GET, no HEAD before it. A redirect is followed only to the same scheme, host and port.
    """
    if is_data_url(url):
        return read_data_url(url)
    try:
        at = URL(url, encoded=True)
        for _ in range(REDIRECTS_MAX + 1):
            async with session.get(
                at, allow_redirects=False, timeout=_TIMEOUT, headers={"User-Agent": USER_AGENT}
            ) as response:
                if response.status not in (301, 302, 303, 307, 308):
                    return await _read(response)
                at = _redirected(at, response.headers.get("Location", ""))
    except (aiohttp.ClientError, ValueError, TimeoutError, OSError) as fault:
        raise DownloadError(_unreachable(url, fault)) from None
    raise DownloadError(f"Exceeded {REDIRECTS_MAX} redirects.")


def file_name(url: str) -> str:
    """Return the name that an image gets in the provider's container: the last part of its URL's path.

    For a data URL `file` and the extension of its type. Source: github.com/replicate/cog python/cog/types.py.
    """
    if is_data_url(url):
        kind = url[5:].partition(",")[0].partition(";")[0]
        return "file" + (mimetypes.guess_extension(kind) or "")
    return unquote(urlsplit(url).path).rpartition("/")[2]


def is_data_url(url: str) -> bool:
    """Return whether the image is inside the URL itself."""
    return url[:5].lower() == "data:"


def read_data_url(url: str) -> bytes:
    """Return the bytes that a data URL holds; raises ValueError if it is malformed or holds over 256 kB."""
    head, comma, payload = url[5:].partition(",")
    if not comma:
        raise ValueError("The data URL has no comma between its type and its data")
    if head.lower().endswith(";base64"):
        try:
            content = base64.b64decode(payload, validate=True)
        except binascii.Error:
            raise ValueError("The data URL is not valid base64") from None
    else:
        content = unquote_to_bytes(payload)
    if len(content) > DATA_URL_MAX_BYTES:
        raise ValueError(f"The data URL holds {len(content)} bytes; above {DATA_URL_MAX_BYTES} bytes pass an HTTP URL")
    return content


async def _read(response: aiohttp.ClientResponse) -> bytes:
    if response.status >= 400:
        side = "Client" if response.status < 500 else "Server"
        raise DownloadError(f"{response.status} {side} Error: {response.reason} for url: {response.url}")
    content = bytearray()
    async for chunk in response.content.iter_chunked(1 << 16):
        content += chunk
        if len(content) > INPUT_MAX_BYTES:
            raise DownloadError(f"The input file at {response.url} is larger than {INPUT_MAX_BYTES} bytes")
    return bytes(content)


def _redirected(at: URL, location: str) -> URL:
    target = at.join(URL(location, encoded=True))
    if target.origin() != at.origin():
        raise DownloadError(f"The input file at {at} redirects to another host")
    return target


def _unreachable(url: str, fault: Exception) -> str:
    """Return the error of a failed download in the words of `requests`, which the provider's container uses.

    Source: github.com/replicate/cog python/cog/types.py v0.4.2, on which GFPGAN and CodeFormer run, read 2026-11-25.
    """
    try:
        parts = URL(url, encoded=True)
        secure = "S" if parts.scheme == "https" else ""
        pool = f"HTTP{secure}ConnectionPool(host='{parts.host}', port={parts.port})"
        path = parts.raw_path_qs
    except ValueError as malformed:
        return f"Failed to parse: {url}, {malformed}"
    if isinstance(fault, TimeoutError | asyncio.TimeoutError):
        return f"{pool}: Read timed out. (read timeout=60)"
    return (
        f"{pool}: Max retries exceeded with url: {path} (Caused by NewConnectionError("
        f"'<urllib3.connection.HTTP{secure}Connection object at 0x7f3b1c0d2e50>: Failed to establish a new connection: "
        "[Errno 111] Connection refused'))"
    )
