"""Delete the pictures whose time is over, page by page. Rows go by the table's TTL."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from enhancer.domain.clock import Clock
from enhancer.domain.retention import kept_for
from enhancer.ports import Messages, Pictures, Usage

LEASE_SECONDS = 900  # the function's time-out
_LOOK_AT_THE_CLOCK = 100  # objects


@dataclass(frozen=True, slots=True)
class Expirer:
    """What deleting works with."""

    pictures: Pictures
    usage: Usage
    messages: Messages
    prefix: str
    clock: Clock


def expire_pictures(expirer: Expirer, enough_time: Callable[[], bool], after: str = "") -> dict[str, int]:
    """Delete what is due behind the key `after`, while `enough_time()`; returns how many were seen and deleted.

    What is left when time runs short goes to the next run by a message. Safe at any time and any number of times: what
    is due is decided from each object's own key and age. Raises MessageNotSent; the next day's run starts anew.
    """
    now = expirer.clock()
    if not expirer.usage.lease("retention", now, LEASE_SECONDS):
        return {"another run holds the lease": 1}
    try:
        done, last = _delete_due(expirer, now, enough_time, after)
    finally:  # also when it breaks off, so that a repeat goes on at once
        expirer.usage.release("retention")
    if last is None:
        return done
    expirer.messages.expire(last)
    return {**done, "handed over": 1}


def _delete_due(
    expirer: Expirer, now: datetime, enough_time: Callable[[], bool], after: str
) -> tuple[dict[str, int], str | None]:
    """How many were seen and deleted, and the key behind which the next run goes on, None at the end."""
    seen = deleted = 0
    for stored in expirer.pictures.list(expirer.prefix, after):
        seen += 1
        keep = kept_for(stored.key, expirer.prefix)
        if keep is not None and stored.written_at + keep <= now:
            expirer.pictures.delete([stored.key])
            deleted += 1
        if seen % _LOOK_AT_THE_CLOCK == 0 and not enough_time():
            return {"seen": seen, "deleted": deleted}, stored.key
    return {"seen": seen, "deleted": deleted}, None
