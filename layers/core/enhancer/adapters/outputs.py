"""Results on their way from the provider's file hosts into R2: only from hosts that are allowed, never off them."""

import socket
import tempfile
from collections.abc import Callable, Iterable, Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

import requests

from enhancer import USER_AGENT
from enhancer.errors import OutputGone, ProviderError
from enhancer.ports import Output

MAX_BYTES = 200 * 1024 * 1024  # fits beside the code in a function's 512 MB of /tmp
_IN_MEMORY = 16 * 1024 * 1024
_CHUNK = 256 * 1024
_TIMEOUT = (5, 30)


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
    ) -> None:
        self._hosts = hosts
        self._local = local
        self._session = session or requests.Session()
        self._resolve = resolve or _addresses
        self._max_bytes = max_bytes

    def fetch(self, url: str) -> Output:
        """See `ports.Outputs.fetch`."""
        self._check(url)
        try:
            with self._session.get(
                url, stream=True, timeout=_TIMEOUT, allow_redirects=False, headers={"User-Agent": USER_AGENT}
            ) as answer:
                if answer.status_code in {403, 404, 410} or answer.is_redirect:
                    raise OutputGone(f"the provider answers {answer.status_code} for its file")
                answer.raise_for_status()
                return self._spool(answer)
        except requests.RequestException as problem:
            raise ProviderError(f"fetching the result failed: {type(problem).__name__}") from None

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
