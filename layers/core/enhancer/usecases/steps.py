"""Steps that several use cases share: find a caller's job, stop its run, end it; check an upload's size."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from enhancer.domain import keys
from enhancer.domain.authorization import Right
from enhancer.domain.clock import Clock, to_text
from enhancer.domain.job import CANCEL_QUEUED, Job, Status, Transition
from enhancer.domain.messages import Message
from enhancer.domain.owner import Caller
from enhancer.errors import NotFound, PayloadTooLarge, ProviderError, Unauthorized, ValidationFailed
from enhancer.ports import JobRepository, Provider


def find_job(job_id: str, caller: Caller | None, right: Right, *, jobs: JobRepository, deleted: bool = False) -> Job:
    """Return the job if the caller has the right (`may_read` …); with `deleted` also a deleted one.

    Raises Unauthorized without a caller, NotFound for a job to which the caller has no right, or that is deleted or
    unknown.
    """
    if caller is None:
        raise Unauthorized(Message.SIGN_IN_REQUIRED)
    job = jobs.get(job_id) if keys.is_job_id(job_id) else None
    if job is None or not right(caller, job) or (job.deleted_at and not deleted):
        raise NotFound(Message.JOB_NOT_FOUND)
    return job


def stop_run(job: Job, *, jobs: JobRepository, provider: Provider, clock: Clock) -> Job:
    """Cancel a queued job with a refund, or record the request and pass it on to the provider.

    Raises TransitionRefused, ConcurrentUpdate.
    """
    if job.status is Status.QUEUED:
        changes = {"cancel_requested": True}
        end_job(job, CANCEL_QUEUED, changes, refund=True, ran=job.ran_before, jobs=jobs, clock=clock)
        ended = jobs.get(job.id, consistent=True)
        return ended or job
    noted = jobs.update(job, {"cancel_requested": True, "updated_at": to_text(clock())})
    if noted.provider_job_id:
        with suppress(ProviderError):  # Cancel-After ends the run in any case; the provider reports its status
            provider.cancel(noted.provider_job_id)
    return noted


def end_job(
    job: Job,
    transition: Transition,
    changes: Mapping[str, Any],
    *,
    refund: bool,
    ran: bool = True,
    jobs: JobRepository,
    clock: Clock,
) -> None:
    """Make a terminal transition, with up to five tries while another transaction holds the row or the quota.

    `ran` says that the provider may have accepted a run: a quota refunds only so many of those. Raises
    TransitionRefused with the row as found, ConcurrentUpdate after the fifth try.
    """
    from enhancer.contention import retry_contended

    now = to_text(clock())
    final = {**changes, "finished_at": now, "updated_at": now}
    retry_contended(lambda: jobs.finish(job, transition, final, refund=refund, ran=ran))


def check_size(size: int, max_bytes: int) -> None:
    """Check a file's size. Raises ValidationFailed for an empty file, PayloadTooLarge above `max_bytes`."""
    if size < 1:
        raise ValidationFailed(Message.FILE_EMPTY, size=size)
    if size > max_bytes:
        raise PayloadTooLarge(Message.FILE_TOO_LARGE, size=size, maxBytes=max_bytes)
