"""Wait until a job ends."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from enhancer.domain.job import Job
from enhancer.ports import JobRepository

_POLL_SECONDS = 0.5  # seconds between two reads


@dataclass(frozen=True, slots=True)
class AwaitJob:
    """Waits for jobs. `sleep` takes seconds."""

    jobs: JobRepository
    sleep: Callable[[float], None] = time.sleep

    def __call__(self, job: Job, seconds: float) -> Job:
        """Return the job when it has ended, or as it is after so many seconds."""
        for _ in range(int(seconds / _POLL_SECONDS)):
            if job.ended:
                break
            self.sleep(_POLL_SECONDS)
            job = self.jobs.get(job.id) or job
        return job
