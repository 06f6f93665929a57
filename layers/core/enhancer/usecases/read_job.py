"""Read one job, at once or as soon as it changes."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from enhancer.domain.authorization import may_read
from enhancer.domain.job import Job
from enhancer.domain.owner import Caller
from enhancer.ports import JobRepository
from enhancer.usecases.steps import find_job

_POLL_SECONDS = 0.25  # seconds between two reads while waiting


@dataclass(frozen=True, slots=True)
class ReadJob:
    """Reads jobs. `sleep` takes seconds."""

    jobs: JobRepository
    sleep: Callable[[float], None] = time.sleep

    def __call__(self, job_id: str, caller: Caller | None, wait: float = 0) -> Job:
        """Return a job; with `wait` (seconds), as soon as its state or stage changes or the wait is over.

        Raises Unauthorized without a caller, NotFound for a job that the caller may not read, or
        that is deleted or unknown.
        """
        job = find_job(job_id, caller, may_read, jobs=self.jobs)
        before = (job.status, job.stage)
        for _ in range(int(wait / _POLL_SECONDS)):
            if job.ended or (job.status, job.stage) != before:
                break
            self.sleep(_POLL_SECONDS)
            job = find_job(job_id, caller, may_read, jobs=self.jobs)
        return job
