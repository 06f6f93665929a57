"""Tell an owner how much of the quota is left."""

from enhancer.domain import limits
from enhancer.domain.clock import Clock
from enhancer.domain.owner import Caller
from enhancer.ports import Usage


def read_usage(caller: Caller | None, *, usage: Usage, limit: int, clock: Clock) -> limits.Usage:
    """The caller's usage now; a caller without identity has used nothing."""
    quota = usage.quota(caller.owner) if caller else None
    return limits.usage(quota, limit, clock())
