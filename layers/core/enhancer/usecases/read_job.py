"""Read one job, at once or as soon as it changes."""

import time
from collections.abc import Callable

from enhancer.domain import keys
from enhancer.domain.job import Job
from enhancer.domain.messages import Message
from enhancer.domain.owner import Caller, Owner
from enhancer.errors import NotFound, Unauthorized
from enhancer.ports import Jobs

_PAUSE = 0.25  # seconds between two looks while waiting


def read_job(
    job_id: str, caller: Caller | None, *, jobs: Jobs, wait: float = 0, sleep: Callable[[float], None] = time.sleep
) -> Job:
    """The caller's job; with `wait` (seconds) not before its state or stage changes, it ends, or the time is up.

    Raises Unauthorized without a caller, NotFound for a job that is another's, deleted, or unknown.
    """
    job = find_job(job_id, caller, jobs=jobs, admins=True)
    before = (job.status, job.stage)
    for _ in range(int(wait / _PAUSE)):
        if job.ended or (job.status, job.stage) != before:
            break
        sleep(_PAUSE)
        job = find_job(job_id, caller, jobs=jobs, admins=True)
    return job


def find_job(job_id: str, caller: Caller | None, *, jobs: Jobs, deleted: bool = False, admins: bool = False) -> Job:
    """The caller's job; with `deleted` also a deleted one, with `admins` anybody's for an admin. Raises as above."""
    if caller is None:
        raise Unauthorized(Message.SIGN_IN_REQUIRED)
    job = jobs.get(job_id) if keys.is_job_id(job_id) else None
    if job and admins and caller.is_admin and (deleted or not job.deleted_at):
        return job
    return own_job(job, caller.owner, deleted=deleted)


def own_job(job: Job | None, owner: Owner, *, deleted: bool = False) -> Job:
    """The row if it is the owner's; with `deleted` also a deleted one. Raises NotFound."""
    if job is None or job.owner.reference != owner.reference or (job.deleted_at and not deleted):
        raise NotFound(Message.JOB_NOT_FOUND)
    return job
