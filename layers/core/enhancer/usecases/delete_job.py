"""Delete a job's pictures and take it out of the history, at once.

The row stays for its time, marked and without what says who and what it was: messages may still be under way.
"""

from collections.abc import Callable
from contextlib import suppress

from enhancer.domain import keys
from enhancer.domain.clock import Clock, to_text
from enhancer.domain.job import Job
from enhancer.domain.messages import Message
from enhancer.domain.owner import Caller
from enhancer.errors import Contended, ServiceUnavailable, TransitionRefused
from enhancer.ports import Jobs, Pictures, Provider
from enhancer.usecases.cancel_job import stop_run
from enhancer.usecases.read_job import find_job

_TRIES = 5


def delete_job(
    job_id: str,
    caller: Caller | None,
    *,
    jobs: Jobs,
    pictures: Pictures,
    provider: Provider,
    prefix: str,
    clock: Clock,
    audit: Callable[[Job], None],
) -> Job:
    """Delete the job: a running one is cancelled first; a repeat changes nothing. `audit` gets it before it changes.

    Raises Unauthorized, NotFound, ServiceUnavailable if the job keeps moving.
    """
    for tried in range(_TRIES):
        job = find_job(job_id, caller, jobs=jobs, deleted=True, admins=True)
        if not tried:
            audit(job)
        with suppress(TransitionRefused, Contended):
            if not job.ended and not job.cancel_requested:
                job = stop_run(job, jobs=jobs, provider=provider, clock=clock)
            if not job.deleted_at:
                now = to_text(clock())
                job = jobs.note(job, {"deleted_at": now, "updated_at": now, "filename": "", "user_id": None})
            pictures.delete(picture_keys(job, prefix))
            return job
    raise ServiceUnavailable(Message.JOB_CHANGED_CONCURRENTLY, retry_after=1)


def picture_keys(job: Job, prefix: str) -> list[str]:
    """Every key that the job may have written to."""
    results = keys.result_keys(prefix, job.owner, job.id, job.output_format)
    return [job.input_r2_key, keys.prepared_key(prefix, job.owner, job.id), *results]
