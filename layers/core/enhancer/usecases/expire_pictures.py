"""Delete the pictures whose time is over, page by page. Rows go by the table's TTL."""

from collections.abc import Callable

from enhancer.domain.clock import Clock
from enhancer.domain.retention import kept_for
from enhancer.ports import Pictures, Usage

_BATCH = 500


def expire_pictures(
    *, pictures: Pictures, usage: Usage, prefix: str, clock: Clock, enough_time: Callable[[], bool]
) -> dict[str, int]:
    """Delete what is due while `enough_time()`; returns how many objects were seen and deleted.

    Safe at any time and any number of times: what is due is decided from each object's own key and age.
    """
    now = clock()
    if not usage.lease("retention", now, seconds=900):
        return {"another run holds the lease": 1}
    seen = deleted = 0
    due: list[str] = []
    for root in (f"{prefix}uploads/", f"{prefix}results/"):
        for stored in pictures.list(root):
            seen += 1
            keep = kept_for(stored.key, prefix)
            if keep is not None and stored.written_at + keep <= now:
                due.append(stored.key)
            if len(due) == _BATCH:
                pictures.delete(due)
                deleted += len(due)
                due = []
                if not enough_time():
                    return {"seen": seen, "deleted": deleted, "left for the next run": 1}
    pictures.delete(due)
    return {"seen": seen, "deleted": deleted + len(due)}
