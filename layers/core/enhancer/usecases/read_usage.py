"""Read how much of an owner's quota is left."""

from dataclasses import dataclass

from enhancer.domain import limits
from enhancer.domain.clock import Clock
from enhancer.domain.owner import Caller
from enhancer.ports import UsageStore


@dataclass(frozen=True, slots=True)
class ReadUsage:
    """Reads quotas. `limit` is the jobs per owner and day."""

    usage: UsageStore
    limit: int
    clock: Clock

    def __call__(self, caller: Caller | None) -> limits.Usage:
        """Return the caller's usage; a caller without identity has used nothing."""
        quota = self.usage.quota(caller.owner) if caller else None
        return limits.usage(quota, self.limit, self.clock())
