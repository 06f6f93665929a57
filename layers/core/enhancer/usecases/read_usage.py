"""Tell an owner how much of the quota is left."""

from enhancer.domain import limits
from enhancer.domain.clock import Clock
from enhancer.domain.owner import Owner
from enhancer.ports import Usage


def read_usage(owner: Owner | None, *, usage: Usage, limit: int, clock: Clock) -> limits.Usage:
    """The owner's usage now; whoever is not known yet has used nothing."""
    quota = usage.quota(owner) if owner else None
    return limits.usage(quota, limit, clock())
