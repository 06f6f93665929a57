"""Wait for a job's end."""

import time
from collections.abc import Callable

from enhancer.domain.job import Job
from enhancer.ports import Jobs

_PAUSE = 0.5  # seconds between two looks


def await_job(job: Job, *, jobs: Jobs, seconds: float, sleep: Callable[[float], None] = time.sleep) -> Job:
    """The job when it has ended, or as it stands when the time is up."""
    for _ in range(int(seconds / _PAUSE)):
        if job.ended:
            break
        sleep(_PAUSE)
        job = jobs.get(job.id) or job
    return job
