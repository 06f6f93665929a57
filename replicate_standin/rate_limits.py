"""The provider's rate limits in the headers of its responses; they refuse nothing (`create-limited` does).

Source: the recorded answers in tests/oracles/fixtures/recorded.json: `ratelimit-remaining` counts down from 600, 3,000
or 60,000 within a second, and `ratelimit-reset` is 1.
"""

from datetime import datetime

CREATIONS = 600
POLLS = 60_000
OTHERS = 3_000


class RateLimits:
    """Counts the calls of each kind within the current second."""

    def __init__(self) -> None:
        self._second: datetime | None = None
        self._calls: dict[int, int] = {}

    def headers(self, method: str, path: str, now: datetime) -> dict[str, str]:
        """Count a call and return the two headers of its response."""
        second = now.replace(microsecond=0)
        if second != self._second:
            self._second, self._calls = second, {}
        limit = limit_of(method, path)
        self._calls[limit] = self._calls.get(limit, 0) + 1
        return {"ratelimit-remaining": str(max(0, limit - self._calls[limit])), "ratelimit-reset": "1"}


def limit_of(method: str, path: str) -> int:
    """Return how many calls of this kind are allowed per minute."""
    if method == "POST" and path.endswith("/predictions"):
        return CREATIONS
    return POLLS if method == "GET" and path.startswith("/v1/predictions/") else OTHERS
