"""Instants as the rows and the API write them: ISO 8601, UTC, milliseconds, so that text order is time order."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


def to_text(instant: datetime) -> str:
    """Return an aware datetime as text, as in `2026-11-22T09:30:00.000Z`."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_text(text: str) -> datetime:
    """Return the instant that `to_text` wrote. Raises ValueError for any other text."""
    return datetime.fromisoformat(text)


def milliseconds(start: str | None, end: str | None) -> int | None:
    """Return whole milliseconds between two instants as text, at least 0; None while either is missing."""
    if start is None or end is None:
        return None
    return max(0, round((from_text(end) - from_text(start)).total_seconds() * 1000))
