"""Delete a job's images and hide it from the history, at once.

The row stays until it expires, marked and without its file name and user: messages about it may still be on their way.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from enhancer.domain import keys
from enhancer.domain.authorization import may_delete
from enhancer.domain.clock import Clock, to_text
from enhancer.domain.job import Job
from enhancer.domain.messages import Message
from enhancer.domain.owner import Caller
from enhancer.errors import ConcurrentUpdate, ServiceUnavailable, TransitionRefused
from enhancer.ports import ImageStore, JobRepository, Provider
from enhancer.usecases.steps import find_job, stop_run

_TRIES = 5


@dataclass(frozen=True, slots=True)
class DeleteJob:
    """Deletes jobs."""

    jobs: JobRepository
    images: ImageStore
    provider: Provider
    prefix: str
    clock: Clock

    def __call__(self, job_id: str, caller: Caller | None, before: Callable[[Job], None]) -> Job:
        """Delete the job's images and hide it from the history; a running one is cancelled first.

        A repeat changes nothing. `before` gets the job before anything is changed. Raises Unauthorized, NotFound,
        ServiceUnavailable if the job keeps changing.
        """
        for tried in range(_TRIES):
            job = find_job(job_id, caller, may_delete, jobs=self.jobs, deleted=True)
            if not tried:
                before(job)
            with suppress(TransitionRefused, ConcurrentUpdate):
                if not job.ended and not job.cancel_requested:
                    job = stop_run(job, jobs=self.jobs, provider=self.provider, clock=self.clock)
                if not job.deleted_at:
                    now = to_text(self.clock())
                    changes = {"deleted_at": now, "updated_at": now, "filename": "", "user_id": None}
                    job = self.jobs.update(job, changes)
                self.images.delete(_image_keys(job, self.prefix))
                return job
        raise ServiceUnavailable(Message.JOB_CHANGED_CONCURRENTLY, retry_after=1)


def _image_keys(job: Job, prefix: str) -> list[str]:
    """Return every key that the job may have written to."""
    results = keys.result_keys(prefix, job.owner, job.id, job.output_format)
    return [job.input_r2_key, keys.prepared_key(prefix, job.owner, job.id), *results]
