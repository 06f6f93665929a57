"""Authorisation: who may do what with a job and its images. Without the right, the job is answered as missing."""

from collections.abc import Callable

from enhancer.domain.job import Job
from enhancer.domain.owner import Caller, Owner

Right = Callable[[Caller, Job], bool]


def owns(owner: Owner, job: Job) -> bool:
    """Return whether the job is the owner's."""
    return job.owner.reference == owner.reference


def may_read(caller: Caller, job: Job) -> bool:
    """Return whether the caller is the owner, or an admin (a security event). Share links also give access."""
    return caller.is_admin or owns(caller.owner, job)


def may_delete(caller: Caller, job: Job) -> bool:
    """Return whether the caller is the owner, or an admin, which is a security event."""
    return caller.is_admin or owns(caller.owner, job)


def may_change(caller: Caller, job: Job) -> bool:
    """Return whether the caller is the owner: to cancel, share, or use the original again."""
    return owns(caller.owner, job)
