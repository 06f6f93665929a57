"""End a job at its owner's wish: before it was started at once, afterwards by asking the provider."""

from contextlib import suppress

from enhancer.domain.clock import Clock, to_text
from enhancer.domain.job import WITHDRAW, Job, Status
from enhancer.domain.messages import Message
from enhancer.domain.owner import Caller
from enhancer.errors import Conflict, Contended, ProviderError, ServiceUnavailable, TransitionRefused
from enhancer.ports import Jobs, Provider
from enhancer.usecases.end_job import end_job
from enhancer.usecases.read_job import find_job

_TRIES = 5


def cancel_job(job_id: str, caller: Caller | None, *, jobs: Jobs, provider: Provider, clock: Clock) -> Job:
    """Cancel a job; returns it as it stands: ended, or with the request noted while the provider still decides.

    Raises Unauthorized, NotFound, Conflict with the job when it has ended, ServiceUnavailable if it keeps moving.
    """
    for _ in range(_TRIES):
        job = find_job(job_id, caller, jobs=jobs)
        if job.ended:
            raise Conflict(Message.JOB_ALREADY_ENDED, job=job)
        with suppress(TransitionRefused, Contended):
            return stop_run(job, jobs=jobs, provider=provider, clock=clock)
    raise ServiceUnavailable(Message.JOB_CHANGED_CONCURRENTLY, retry_after=1)


def stop_run(job: Job, *, jobs: Jobs, provider: Provider, clock: Clock) -> Job:
    """Withdraw a queued job with refund, or note the wish and pass it on. Raises TransitionRefused, Contended."""
    if job.status is Status.QUEUED:
        changes = {"cancel_requested": True}
        end_job(job, WITHDRAW, changes, refund=True, ran=job.ran_before, jobs=jobs, clock=clock)
        ended = jobs.get(job.id, consistent=True)
        return ended or job
    noted = jobs.note(job, {"cancel_requested": True, "updated_at": to_text(clock())})
    if noted.provider_job_id:
        with suppress(ProviderError):  # its Cancel-After ends it in the end; the status follows the provider's word
            provider.cancel(noted.provider_job_id)
    return noted
