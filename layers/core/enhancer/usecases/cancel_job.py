"""Cancel a job at its owner's request: a queued one at once, a running one by asking the provider."""

from contextlib import suppress
from dataclasses import dataclass

from enhancer.domain.authorization import may_change
from enhancer.domain.clock import Clock
from enhancer.domain.job import Job
from enhancer.domain.messages import Message
from enhancer.domain.owner import Caller
from enhancer.errors import ConcurrentUpdate, Conflict, ServiceUnavailable, TransitionRefused
from enhancer.ports import JobRepository, Provider
from enhancer.usecases.steps import find_job, stop_run

_TRIES = 5


@dataclass(frozen=True, slots=True)
class CancelJob:
    """Cancels jobs."""

    jobs: JobRepository
    provider: Provider
    clock: Clock

    def __call__(self, job_id: str, caller: Caller | None) -> Job:
        """Cancel a job; return it ended, or with the request recorded while the provider still decides.

        Raises Unauthorized, NotFound, Conflict with the job when it has ended, ServiceUnavailable if it keeps changing.
        """
        for _ in range(_TRIES):
            job = find_job(job_id, caller, may_change, jobs=self.jobs)
            if job.ended:
                raise Conflict(Message.JOB_ALREADY_ENDED, job=job)
            with suppress(TransitionRefused, ConcurrentUpdate):
                return stop_run(job, jobs=self.jobs, provider=self.provider, clock=self.clock)
        raise ServiceUnavailable(Message.JOB_CHANGED_CONCURRENTLY, retry_after=1)
