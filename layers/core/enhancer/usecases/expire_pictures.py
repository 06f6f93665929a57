"""Delete the pictures that are too old, page by page: originals before results, as they are promised to go first.

Rows go by the table's TTL.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from enhancer.domain.clock import Clock, from_text, to_text
from enhancer.domain.retention import kept_for
from enhancer.ports import Messages, Pictures, StoredPicture, Usage

LEASE_SECONDS = 900  # the function's time-out
CHAIN_SECONDS = 3 * 3600  # in which a message that was handed over runs, or comes again after a time-out
ORDER = ("uploads/", "results/")
_LOOK_AT_THE_CLOCK = 100  # objects


@dataclass(frozen=True, slots=True)
class Expirer:
    """What deleting works with."""

    pictures: Pictures
    usage: Usage
    messages: Messages
    prefix: str
    clock: Clock


def expire_pictures(expirer: Expirer, enough_time: Callable[[], bool], after: str, began: str) -> dict[str, int]:
    """Delete what is due behind the key `after`, while `enough_time()`; returns how many were seen and deleted.

    What is left when time runs short goes to the next run by a message, with the instant at which the first one
    `began`; `seconds` in the answer are counted from there. While such a chain is under way no other run begins, and a
    run of the chain itself is never turned away. Safe at any time and any number of times: what is due is decided from
    each object's own key and age. Raises MessageNotSent; the next day's run starts anew.
    """
    now = expirer.clock()
    if not after and not expirer.usage.lease("retention", now, LEASE_SECONDS):
        return {"another run is under way": 1}
    began = began or to_text(now)
    handed_over = False
    try:
        done, last = _delete_due(expirer, now, enough_time, after)
        ended = expirer.clock()
        if last is not None:
            expirer.usage.release("retention")
            expirer.usage.lease("retention", ended, CHAIN_SECONDS)  # before the message, whose run may end at once
            expirer.messages.expire(last, began)
            handed_over = True
    finally:
        if not handed_over:  # it has ended or failed; a repeat may begin at once
            expirer.usage.release("retention")
    done["seconds"] = round((ended - from_text(began)).total_seconds())
    return {**done, "handed over": 1} if handed_over else done


def _stored(expirer: Expirer, after: str) -> Iterator[StoredPicture]:
    """What is stored, from the first behind the key on."""
    parts = [expirer.prefix + part for part in ORDER]
    first = next((number for number, part in enumerate(parts) if after.startswith(part)), 0)
    for part in parts[first:]:
        yield from expirer.pictures.list(part, after if after.startswith(part) else "")


def _delete_due(
    expirer: Expirer, now: datetime, enough_time: Callable[[], bool], after: str
) -> tuple[dict[str, int], str | None]:
    """How many were seen and deleted, and the key after which the next run continues, None at the end."""
    seen = deleted = 0
    for stored in _stored(expirer, after):
        seen += 1
        keep = kept_for(stored.key, expirer.prefix)
        if keep is not None and stored.written_at + keep <= now:
            expirer.pictures.delete([stored.key])
            deleted += 1
        if seen % _LOOK_AT_THE_CLOCK == 0 and not enough_time():
            return {"seen": seen, "deleted": deleted}, stored.key
    return {"seen": seen, "deleted": deleted}, None
