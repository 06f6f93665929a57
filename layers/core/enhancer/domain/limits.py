"""The quota: jobs per owner in a fixed window that opens with the first job and lasts 24 hours."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from enhancer.domain.clock import from_text, to_text

WINDOW = timedelta(hours=24)
MAX_REFUNDS = 5  # per window, of jobs for which the provider may have accepted a run
UPLOADS_A_JOB = 3  # allowed uploads per day for each allowed job
MINUTE = 60
DAY = 86_400


@dataclass(frozen=True, slots=True)
class Quota:
    """An owner's window as stored. `window` is the instant it opened."""

    window: str
    used: int
    refunds: int = 0

    def ends(self) -> datetime:
        """Return the first instant after the window."""
        return from_text(self.window) + WINDOW


@dataclass(frozen=True, slots=True)
class Usage:
    """An owner's used and remaining jobs; `reset_at` is None before the first job of a window."""

    used: int
    remaining: int
    reset_at: datetime | None


def current(quota: Quota | None, now: datetime) -> Quota | None:
    """Return the window that is open now, None if there is none; the table deletes ended windows late."""
    return quota if quota and now < quota.ends() else None


def usage(quota: Quota | None, limit: int, now: datetime) -> Usage:
    """Return how many of `limit` jobs are used."""
    window = current(quota, now)
    if window is None:
        return Usage(0, limit, None)
    return Usage(window.used, max(0, limit - window.used), window.ends())


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate: `limit` times in each fixed window of `seconds`."""

    name: str
    limit: int
    seconds: int = MINUTE

    def key(self, subject: str, now: datetime) -> str:
        """Return the key of the counter of the window that is open now."""
        return f"rate#{self.name}#{subject}#{int(now.timestamp()) // self.seconds}"

    def resets_in(self, now: datetime) -> int:
        """Return whole seconds to the end of the window, at least 1."""
        return self.seconds - int(now.timestamp()) % self.seconds


def run_counter_key(now: datetime) -> str:
    """Return the key of the counter of all owners' runs on this day (UTC)."""
    return f"runs#{to_text(now)[:10]}"


def run_limit_resets_at(now: datetime) -> datetime:
    """Return the first instant of the next day (UTC)."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class QuotaSlot:
    """A job's slot in its owner's window: the window, whether the job opens it, and its limit of jobs."""

    window: str
    opens_window: bool
    limit: int


def slot(quota: Quota | None, limit: int, now: datetime) -> QuotaSlot | None:
    """Return the slot for one more job, None if the open window is full."""
    window = current(quota, now)
    if window is None:
        return QuotaSlot(to_text(now), opens_window=True, limit=limit) if limit else None
    return QuotaSlot(window.window, opens_window=False, limit=limit) if window.used < limit else None
