"""Fetching the picture that a prediction names, as the provider's container does."""

import asyncio
import mimetypes
from urllib.parse import unquote, urlsplit

import aiohttp
from yarl import URL

from .data_urls import is_data_url, read_data_url

USER_AGENT = "replicate-standin/1.0 (input download)"
# "up to 100MB": replicate.com/docs/topics/predictions/input-files, stored copy read 2026-11-22.
INPUT_MAX_BYTES = 100 * 1000 * 1000
REDIRECTS_MAX = 3
_TIMEOUT = aiohttp.ClientTimeout(total=60, connect=5)


class DownloadError(Exception):
    """The picture could not be had; the message holds no query string, for those are signatures."""


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
        reason = "timed out" if isinstance(fault, TimeoutError | asyncio.TimeoutError) else type(fault).__name__
        raise DownloadError(f"Failed to download the input file from {_place(url)}: {reason}") from None
    raise DownloadError(f"Failed to download the input file from {_place(url)}: too many redirects")


def file_name(url: str) -> str:
    """Return the name that a picture gets in the provider's container: the last part of its URL's path.

    For a data URL `file` and the extension of its type. Source: github.com/replicate/cog python/cog/types.py.
    """
    if is_data_url(url):
        kind = url[5:].partition(",")[0].partition(";")[0]
        return "file" + (mimetypes.guess_extension(kind) or "")
    return unquote(urlsplit(url).path).rpartition("/")[2]


async def _read(response: aiohttp.ClientResponse) -> bytes:
    place = f"{response.url.host}{response.url.path}"
    if response.status != 200:
        raise DownloadError(f"Failed to download the input file from {place}: HTTP status {response.status}")
    content = bytearray()
    async for chunk in response.content.iter_chunked(1 << 16):
        content += chunk
        if len(content) > INPUT_MAX_BYTES:
            raise DownloadError(f"The input file at {place} is larger than {INPUT_MAX_BYTES} bytes")
    return bytes(content)


def _redirected(at: URL, location: str) -> URL:
    target = at.join(URL(location, encoded=True))
    if target.origin() != at.origin():
        raise DownloadError(f"The input file at {at.host}{at.path} redirects to another host")
    return target


def _place(url: str) -> str:
    try:
        parts = URL(url, encoded=True)
    except ValueError:
        return "a malformed URL"
    return f"{parts.host}{parts.path}"
