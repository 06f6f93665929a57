"""How many functions run at once.

The emulator starts a process for each parallel call and keeps it (55 of them after two bursts of 20 jobs). AWS has
room for a thousand; a desk has not. So calls wait for a place, and are never refused, in one of three lanes that
cannot starve each other: webhooks, because a held-up one delays somebody's result; held calls, which wait inside the
function for seconds by intention; and the rest.
"""

import asyncio
from urllib.parse import parse_qsl

from local.gateway.event import GatewayRequest

LIMITS = {"webhook": 2, "held": 8, "short": 4}


class ConcurrencyLimits:
    """A semaphore for each lane."""

    def __init__(self) -> None:
        self._limits = {name: asyncio.Semaphore(count) for name, count in LIMITS.items()}

    def limit_for(self, request: GatewayRequest) -> asyncio.Semaphore:
        """The semaphore to hold while a request's function runs."""
        return self._limits[kind_of(request)]


def kind_of(request: GatewayRequest) -> str:
    """The lane of a request: webhooks by path, held calls by `?wait=` and `/generate`, the rest is short."""
    if request.path.startswith("/api/webhooks/"):
        return "webhook"
    waits = any(name == "wait" for name, _ in parse_qsl(request.query, keep_blank_values=True))
    return "held" if waits or request.path.endswith("/generate") else "short"
