"""How long each part of a job is kept, and when we stop serving it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from enhancer.domain.clock import from_text

ORIGINAL = timedelta(hours=24)
RESULT = timedelta(days=30)
RECORD = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Expiry:
    """When the parts of a job end."""

    original: datetime
    result: datetime
    record: datetime


def expiry(created_at: str) -> Expiry:
    """The ends of a job created at the given instant: past them nothing is served, even while the bytes still exist."""
    created = from_text(created_at)
    return Expiry(created + ORIGINAL, created + RESULT, created + RECORD)


def kept_for(key: str, prefix: str) -> timedelta | None:
    """How long an object stays after it was written, by its key; None for keys that are not ours to delete."""
    if key.startswith(f"{prefix}uploads/"):
        return ORIGINAL
    return RESULT if key.startswith(f"{prefix}results/") else None
