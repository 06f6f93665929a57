"""Downloads of results from the provider's file hosts: only allowed hosts with public addresses, no redirects."""

import socket
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from ipaddress import IPv4Address, ip_address, ip_network
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
DEADLINE = 45.0
"""Seconds for all tries together, slow bodies included: the function also needs time for pixels and writes. _PAUSES are
the seconds before the second and the third try. Repeated reads cost nothing. A 404 is retried too: a store answers it
for a file that it has erased and for one that it does not have yet, and Replicate promises no order between its webhook
and its file host."""

# IANA's registries of special-purpose addresses (RFC 6890), read 2026-11-28: which of them `ipaddress` calls
# global depends on Python's version. NAT64 (64:ff9b::/96, 64:ff9b:1::/48) lies outside of global unicast.
_GLOBAL_UNICAST = ip_network("2000::/3")
_NO_HOSTS = (
    ip_network("2001::/23"),  # IETF protocols, Teredo among them
    ip_network("2002::/16"),  # 6to4
    ip_network("3fff::/20"),  # documentation
    ip_network("192.88.99.0/24"),  # 6to4's relays
)


class ProviderOutputs:
    """The port `Outputs`. `hosts` are exact `host` or `host:port` names, or `*.` and a suffix.

    They are reached by HTTPS and must have public addresses, by `resolve`. With `local`, for the provider's stand-in on
    this machine, they are reached by HTTP at any address.
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
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._hosts = hosts
        self._local = local
        self._session = session or requests.Session()
        self._resolve = resolve or _addresses
        self._max_bytes = max_bytes
        self._sleep = sleep
        self._now = now

    def fetch(self, url: str) -> Output:
        """See `ports.Outputs.fetch`."""
        try:
            self._check(url)
            return self._fetched(url, self._now() + DEADLINE)
        except ValueError:  # from urlsplit, ip_address or requests, before anything is sent
            raise OutputGone("the provider's address of its file is not one") from None

    def _fetched(self, url: str, deadline: float) -> Output:
        for pause in _PAUSES:
            with suppress(requests.RequestException):
                return self._copied(url, deadline)
            self._sleep(pause)
        try:
            return self._copied(url, deadline)
        except requests.RequestException as problem:
            if isinstance(problem, ValueError):
                raise
            if problem.response is not None and problem.response.status_code == 404:
                raise OutputGone("the provider answers 404 for its file") from None
            raise ProviderError(f"fetching the result failed: {type(problem).__name__}") from None

    def _copied(self, url: str, deadline: float) -> Output:
        """Try once. Raises RequestException if a retry may succeed, OutputGone, or ProviderError at the deadline."""
        left = deadline - self._now()
        if left <= 0:
            raise ProviderError(f"fetching the result took more than {DEADLINE:g} s")
        connect, read = (min(each, left) for each in _TIMEOUT)
        with self._session.get(
            url, stream=True, timeout=(connect, read), allow_redirects=False, headers={"User-Agent": USER_AGENT}
        ) as answer:
            if answer.status_code in {403, 410} or answer.is_redirect:
                raise OutputGone(f"the provider answers {answer.status_code} for its file")
            answer.raise_for_status()
            return self._spool(answer, deadline)

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
        if not addresses or not all(_is_public(address) for address in addresses):
            raise OutputGone(f"results may not be fetched from {parts.netloc[:100]}: its address is not public")

    def _spool(self, answer: requests.Response, deadline: float) -> Output:
        size = 0
        file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the caller closes it
        try:
            for chunk in answer.iter_content(_CHUNK):
                size += len(chunk)
                if size > self._max_bytes:
                    raise OutputGone(f"the provider's file has more than {self._max_bytes:,} bytes")
                if self._now() > deadline:
                    raise ProviderError(f"fetching the result took more than {DEADLINE:g} s: {size:,} bytes came")
                file.write(chunk)
            file.seek(0)
        except BaseException:
            file.close()
            raise
        return Output(file, size)


def _is_public(address: str) -> bool:
    """Return whether an address is a public host's own, not one that a translator or a relay forwards."""
    found = ip_address(address)
    if not found.is_global or found.is_multicast or any(found in network for network in _NO_HOSTS):
        return False
    return isinstance(found, IPv4Address) or found in _GLOBAL_UNICAST


def _addresses(host: str) -> set[str]:
    return {str(found[4][0]) for found in socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)}
