"""Delete expired images, page by page: originals first, because they are promised to be deleted first.

The table's TTL deletes rows.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from enhancer.domain.clock import Clock, from_text, to_text
from enhancer.domain.retention import kept_for
from enhancer.ports import ImageStore, Messages, StoredImage, UsageStore

LEASE_SECONDS = 900  # the function's time-out
CHAIN_SECONDS = 3 * 3600  # long enough for the next message to run, or to be delivered again after a time-out
ORDER = ("uploads/", "results/")
_LOOK_AT_THE_CLOCK = 100  # objects


@dataclass(frozen=True, slots=True)
class ExpireImages:
    """Deletes expired images."""

    images: ImageStore
    usage: UsageStore
    messages: Messages
    prefix: str
    clock: Clock

    def __call__(self, enough_time: Callable[[], bool], after: str, began: str) -> dict[str, int]:
        """Delete expired images after the key `after`, while `enough_time()`; return how many were seen and deleted.

        When time runs short, a message continues the run, with the instant at which its first part `began`; `seconds`
        in the result are counted from there. Until such a chain of runs ends, no other run begins. Repeats are safe:
        each object's own key and age decide whether it has expired. Raises MessageNotSent; the next day's run starts
        from the beginning.
        """
        now = self.clock()
        if not after and not self.usage.lease("retention", now, LEASE_SECONDS):
            return {"another run is under way": 1}
        began = began or to_text(now)
        handed_over = False
        try:
            done, last = self._delete_due(now, enough_time, after)
            ended = self.clock()
            if last is not None:
                self.usage.release("retention")
                self.usage.lease("retention", ended, CHAIN_SECONDS)  # before the message: its run may end at once
                self.messages.expire(last, began)
                handed_over = True
        finally:
            if not handed_over:  # ended or failed: a repeat may begin at once
                self.usage.release("retention")
        done["seconds"] = round((ended - from_text(began)).total_seconds())
        return {**done, "handed over": 1} if handed_over else done

    def _stored(self, after: str) -> Iterator[StoredImage]:
        """Return the stored objects whose keys come after `after`."""
        parts = [self.prefix + part for part in ORDER]
        first = next((number for number, part in enumerate(parts) if after.startswith(part)), 0)
        for part in parts[first:]:
            yield from self.images.list(part, after if after.startswith(part) else "")

    def _delete_due(
        self, now: datetime, enough_time: Callable[[], bool], after: str
    ) -> tuple[dict[str, int], str | None]:
        """Return how many were seen and deleted, and the key after which the next run continues, None at the end."""
        seen = deleted = 0
        for stored in self._stored(after):
            seen += 1
            keep = kept_for(stored.key, self.prefix)
            if keep is not None and stored.written_at + keep <= now:
                self.images.delete([stored.key])
                deleted += 1
            if seen % _LOOK_AT_THE_CLOCK == 0 and not enough_time():
                return {"seen": seen, "deleted": deleted}, stored.key
        return {"seen": seen, "deleted": deleted}, None
