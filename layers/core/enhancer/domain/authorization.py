"""Who may do what with a job and its images. A caller without the right is told that the job does not exist."""

from collections.abc import Callable

from enhancer.domain.job import Job
from enhancer.domain.owner import Caller, Owner

Right = Callable[[Caller, Job], bool]


def owns(owner: Owner, job: Job) -> bool:
    """Whether the job is the owner's."""
    return job.owner.reference == owner.reference


def may_read(caller: Caller, job: Job) -> bool:
    """Its owner, and admins, whose access is a security event. Share links give access to a result besides."""
    return caller.is_admin or owns(caller.owner, job)


def may_delete(caller: Caller, job: Job) -> bool:
    """Its owner, and admins, whose access is a security event."""
    return caller.is_admin or owns(caller.owner, job)


def may_change(caller: Caller, job: Job) -> bool:
    """Its owner alone: cancel, share, and use the original again."""
    return owns(caller.owner, job)
