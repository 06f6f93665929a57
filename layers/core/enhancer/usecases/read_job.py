"""Read one job, at once or as soon as it changes."""

import time
from collections.abc import Callable

from enhancer.domain import keys
from enhancer.domain.job import Job
from enhancer.domain.owner import Owner
from enhancer.errors import NotFound, Unauthorized
from enhancer.ports import Jobs

_PAUSE = 0.25  # seconds between two looks while waiting


def read_job(
    job_id: str,
    owner: Owner | None,
    *,
    jobs: Jobs,
    wait: float = 0,
    sleep: Callable[[float], None] = time.sleep,
) -> Job:
    """The owner's job; with `wait` (seconds) not before its state or stage changes, it ends, or the time is up.

    Raises Unauthorized without an owner, NotFound for a job that is another's, deleted, or unknown.
    """
    if owner is None:
        raise Unauthorized("Sign in, or send the cookie you got with your upload.")
    job = _owned(job_id, owner, jobs)
    before = (job.status, job.stage)
    for _ in range(int(wait / _PAUSE)):
        if job.ended or (job.status, job.stage) != before:
            break
        sleep(_PAUSE)
        job = _owned(job_id, owner, jobs)
    return job


def _owned(job_id: str, owner: Owner, jobs: Jobs) -> Job:
    job = jobs.get(job_id) if keys.is_job_id(job_id) else None
    if job is None or job.deleted_at or job.owner.reference != owner.reference:
        raise NotFound("There is no such job among yours.")
    return job
