"""Retention periods of a job's parts, after which they are no longer served."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from enhancer.domain.clock import from_text

ORIGINAL = timedelta(hours=24)
RESULT = timedelta(days=30)
RECORD = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Expiry:
    """The instants at which the parts of a job expire."""

    original: datetime
    result: datetime
    record: datetime


def expiry(created_at: str) -> Expiry:
    """Return when the parts of a job expire; then they are not served, even while the objects still exist."""
    created = from_text(created_at)
    return Expiry(created + ORIGINAL, created + RESULT, created + RECORD)


def kept_for(key: str, prefix: str) -> timedelta | None:
    """Return an object's retention period by its key; None for keys that are not ours to delete."""
    if key.startswith(f"{prefix}uploads/"):
        return ORIGINAL
    return RESULT if key.startswith(f"{prefix}results/") else None
