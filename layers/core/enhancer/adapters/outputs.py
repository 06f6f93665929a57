"""Results on their way from the provider's file hosts into R2: only from hosts that are allowed, never off them."""

import socket
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from ipaddress import ip_address
from urllib.parse import urlsplit

import requests

from enhancer import USER_AGENT
from enhancer.errors import OutputGone, ProviderError
from enhancer.ports import Output

MAX_BYTES = 200 * 1024 * 1024  # fits beside the code in a function's 512 MB of /tmp
_IN_MEMORY = 16 * 1024 * 1024
_CHUNK = 256 * 1024
_TIMEOUT = (5, 20)
_PAUSES = (0.5, 2.0)
"""Seconds before the second and the third try. Reading costs nothing; with _TIMEOUT all three end within 78 s, before
the function's time-out. A 404 is tried again as well: it is what a store says of a file that it has erased and of one
that it does not have yet, and Replicate promises no order between its webhook and its file host."""


class ProviderOutputs:
    """The port `Outputs`. `hosts` are exact `host` or `host:port` names, or `*.` and a suffix.

    All speak HTTPS and have public addresses, by `resolve`; only where the provider's stand-in is on this machine
    (`local`) they speak HTTP from wherever they are.
    """

    def __init__(
        self,
        hosts: Sequence[str],
        *,
        local: bool = False,
        session: requests.Session | None = None,
        resolve: Callable[[str], Iterable[str]] | None = None,
        max_bytes: int = MAX_BYTES,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._hosts = hosts
        self._local = local
        self._session = session or requests.Session()
        self._resolve = resolve or _addresses
        self._max_bytes = max_bytes
        self._sleep = sleep

    def fetch(self, url: str) -> Output:
        """See `ports.Outputs.fetch`."""
        self._check(url)
        for pause in _PAUSES:
            with suppress(requests.RequestException):
                return self._copied(url)
            self._sleep(pause)
        try:
            return self._copied(url)
        except requests.RequestException as problem:
            if problem.response is not None and problem.response.status_code == 404:
                raise OutputGone("the provider answers 404 for its file") from None
            raise ProviderError(f"fetching the result failed: {type(problem).__name__}") from None

    def _copied(self, url: str) -> Output:
        """One try. Raises RequestException for what another may mend, and OutputGone."""
        with self._session.get(
            url, stream=True, timeout=_TIMEOUT, allow_redirects=False, headers={"User-Agent": USER_AGENT}
        ) as answer:
            if answer.status_code in {403, 410} or answer.is_redirect:
                raise OutputGone(f"the provider answers {answer.status_code} for its file")
            answer.raise_for_status()
            return self._spool(answer)

    def _check(self, url: str) -> None:
        parts = urlsplit(url)
        allowed = any(
            parts.netloc == parts.hostname and parts.netloc.endswith(host[1:])
            if host.startswith("*.")
            else parts.netloc == host
            for host in self._hosts
        )
        if not allowed or parts.scheme != ("http" if self._local else "https"):
            raise OutputGone(f"results may not be fetched from {parts.scheme}://{parts.netloc[:100]}")
        if self._local:
            return
        try:
            addresses = list(self._resolve(parts.hostname or ""))
        except OSError:
            raise ProviderError("the name of the provider's file host can't be resolved") from None
        if not all(ip_address(address).is_global for address in addresses):
            raise OutputGone(f"results may not be fetched from {parts.netloc[:100]}: its address is not public")

    def _spool(self, answer: requests.Response) -> Output:
        size = 0
        file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the caller closes it
        try:
            for chunk in answer.iter_content(_CHUNK):
                size += len(chunk)
                if size > self._max_bytes:
                    raise OutputGone(f"the provider's file has more than {self._max_bytes:,} bytes")
                file.write(chunk)
            file.seek(0)
        except BaseException:
            file.close()
            raise
        return Output(file, size)


def _addresses(host: str) -> set[str]:
    return {str(found[4][0]).partition("%")[0] for found in socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)}
