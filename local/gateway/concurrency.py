"""Limits how many functions run at once.

The emulator starts a process for each parallel call and keeps it (55 of them after two bursts of 20 jobs). AWS runs a
thousand; one machine can't. So calls wait, and are never refused. Three kinds have a limit each, so that none can
starve another: webhooks, because a delayed one delays a result; long calls, which wait inside the function for seconds
by design; and the rest.
"""

import asyncio
from urllib.parse import parse_qsl

from local.gateway.event import GatewayRequest

LIMITS = {"webhook": 2, "long": 8, "short": 4}


class ConcurrencyLimits:
    """A semaphore for each kind of call."""

    def __init__(self) -> None:
        self._limits = {name: asyncio.Semaphore(count) for name, count in LIMITS.items()}

    def limit_for(self, request: GatewayRequest) -> asyncio.Semaphore:
        """Return the semaphore to hold while the function of a request runs."""
        return self._limits[kind_of(request)]


def kind_of(request: GatewayRequest) -> str:
    """Return the kind of a call: webhooks by path, long ones by `?wait=` or `/generate`, the rest is short."""
    if request.path.startswith("/api/webhooks/"):
        return "webhook"
    waits = any(name == "wait" for name, _ in parse_qsl(request.query, keep_blank_values=True))
    return "long" if waits or request.path.endswith("/generate") else "short"
