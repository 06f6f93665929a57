"""Who may access a job and its images."""

from enhancer.domain.job import Job
from enhancer.domain.owner import Caller, Owner


def owns(owner: Owner, job: Job) -> bool:
    """Whether the job is the owner's. Only owners change, share and use a job again."""
    return job.owner.reference == owner.reference


def may_read(caller: Caller, job: Job) -> bool:
    """Whether the caller may see and delete the job: its owner, or an admin, whose access is a security event."""
    return caller.is_admin or owns(caller.owner, job)
