"""Move the jobs that nobody moves any more: lost start messages, lost webhooks, stale claims.

Works from the sparse index of unfinished jobs alone, longest waiting first and a bounded number a run.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from enhancer.domain.clock import Clock, from_text, to_text
from enhancer.domain.job import ACCEPT, FAIL, Job, Status
from enhancer.domain.prediction import Prediction, is_run_of
from enhancer.domain.retention import expiry
from enhancer.errors import Contended, MessageNotSent, ProviderError, TransitionRefused
from enhancer.ports import Jobs, Messages, Provider, Usage

BATCH = 100
LOOK_AGAIN = timedelta(minutes=1)
RESEND_AGAIN = timedelta(minutes=5)
CLOCK_SKEW = timedelta(seconds=30)
PAGES = 5


@dataclass(frozen=True, slots=True)
class Reconciler:
    """What reconciling works with."""

    jobs: Jobs
    usage: Usage
    provider: Provider
    messages: Messages
    bucket: str
    prefix: str
    clock: Clock


def reconcile_jobs(reconciler: Reconciler) -> dict[str, int]:
    """Look at the jobs that are due; returns how many of them got which treatment."""
    now = reconciler.clock()
    if not reconciler.usage.lease("reconcile", now, seconds=55):
        return {"another run holds the lease": 1}
    treatments: dict[Status, Callable[[Job, Reconciler], str]] = {
        Status.QUEUED: _queued,
        Status.STARTING: _starting,
        Status.PROCESSING: _processing,
    }
    done: Counter[str] = Counter()
    for job_id in list(reconciler.jobs.unfinished(to_text(now), BATCH)):
        job = reconciler.jobs.get(job_id, consistent=True)
        if job is None or job.ended:
            continue
        try:
            done[treatments[job.status](job, reconciler)] += 1
        except TransitionRefused:
            done["moved meanwhile"] += 1
        except (ProviderError, MessageNotSent, Contended) as problem:
            reconciler.jobs.postpone(job, to_text(now + LOOK_AGAIN))
            done[f"postponed: {type(problem).__name__}"] += 1
    return dict(done)


def _queued(job: Job, reconciler: Reconciler) -> str:
    now = reconciler.clock()
    if now >= expiry(job.created_at).original:
        return _fail(job, reconciler, "service_unavailable", "The provider had no place for this job within a day.")
    reconciler.jobs.postpone(job, to_text(now + RESEND_AGAIN))
    reconciler.messages.start(job.id)
    return "start resent"


def _starting(job: Job, reconciler: Reconciler) -> str:
    """The claim outlived its function: look for the run among the provider's recent ones, else end the job."""
    assert job.claimed_at is not None  # noqa: S101 - set by every claim
    claimed = from_text(job.claimed_at)
    for run in reconciler.provider.recent(claimed - CLOCK_SKEW, PAGES):
        if is_run_of(run, job, reconciler.bucket, reconciler.prefix):
            now = reconciler.clock()
            changes = {
                "provider_job_id": run.id,
                "accepted_at": to_text(now),
                "check_at": to_text(now + LOOK_AGAIN),
            }
            adopted = reconciler.jobs.move(
                job.id, ACCEPT, changes, where={"provider_job_id": None, "attempt": job.attempt}
            )
            _forward(adopted, run, reconciler, now)
            return "run adopted"
    return _fail(
        job,
        reconciler,
        "provider_error",
        "The provider did not start the run; nothing was charged to your quota.",
    )


def _processing(job: Job, reconciler: Reconciler) -> str:
    assert job.provider_job_id is not None  # noqa: S101 - set by every acceptance
    run = reconciler.provider.get(job.provider_job_id)
    if run is None:
        return _fail(job, reconciler, "provider_error", "The provider no longer knows the run.")
    return _forward(job, run, reconciler, reconciler.clock())


def _forward(job: Job, run: Prediction, reconciler: Reconciler, now: datetime) -> str:
    reconciler.jobs.postpone(job, to_text(now + (RESEND_AGAIN if run.ended else LOOK_AGAIN)))
    if not run.ended:
        return "still running"
    reconciler.messages.complete(job.id, run)
    return "completion sent"


def _fail(job: Job, reconciler: Reconciler, error_type: str, message: str) -> str:
    now = to_text(reconciler.clock())
    changes = {"error_type": error_type, "error_message": message, "finished_at": now, "updated_at": now}
    reconciler.jobs.end(job, FAIL, changes, refund=True)
    return "failed"
