"""Recover stuck jobs: lost start messages, lost webhooks, stale claims.

Works from the sparse index of unfinished jobs alone, longest waiting first and a bounded number a run.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from enhancer.domain.clock import Clock, from_text, to_text
from enhancer.domain.job import ACCEPT, CANCEL, FAIL, RELEASE, Job, Status
from enhancer.domain.messages import Message
from enhancer.domain.outcomes import ReconcileAction
from enhancer.domain.prediction import Prediction, belongs_to
from enhancer.domain.retention import expiry
from enhancer.errors import ConcurrentUpdate, MessageNotSent, ProviderError, TransitionRefused
from enhancer.ports import JobRepository, Messages, Provider, UsageStore
from enhancer.usecases.steps import end_job

BATCH = 100
SOONEST, LATEST = timedelta(minutes=1), timedelta(minutes=10)
CLOCK_SKEW = timedelta(seconds=30)
PAGES = 5
RUNS_ON_A_PAGE = 100
# The provider erases a run's input an hour after its end (replicate.com/docs/topics/predictions/data-retention, read
# 2026-11-22): from then on a run can't be matched to its job.
ERASURE = timedelta(minutes=55)
# Every run is created with Cancel-After 10 minutes: one that has not ended after PATIENCE never reports an end, and an
# hour after those ten minutes the provider has erased it.
PATIENCE, LOST = timedelta(minutes=30), timedelta(minutes=75)


@dataclass(frozen=True, slots=True)
class ReconcileJobs:
    """Recovers stuck jobs."""

    jobs: JobRepository
    usage: UsageStore
    provider: Provider
    messages: Messages
    bucket: str
    prefix: str
    clock: Clock

    def __call__(
        self,
        enough_time: Callable[[], bool] = lambda: True,
        reconciled: Callable[[ReconcileAction, Exception | None], None] = lambda *_: None,
    ) -> dict[ReconcileAction, int]:
        """Check the jobs that are due while `enough_time()`; return how many of them got which action.

        `reconciled` is called with each job's action, and the error that was raised, before the next job is read. The
        longer a job has waited, the later it is checked again; the next run continues with the others, so that an error
        at one job never delays another.
        """
        now = self.clock()
        if not self.usage.lease("reconcile", now, seconds=55):
            return {ReconcileAction.LEASE_HELD: 1}
        done: Counter[ReconcileAction] = Counter()
        for job_id in list(self.jobs.due_for_check(to_text(now), BATCH)):
            if not enough_time():
                done[ReconcileAction.LEFT_FOR_NEXT_RUN] = 1
                break
            try:
                action, problem = self._reconcile(job_id, now)
            except Exception as raised:  # noqa: BLE001 - a row that can't be read, or not be postponed
                action, problem = ReconcileAction.UNEXPECTED_ERROR, raised
            if action:
                done[action] += 1
                reconciled(action, problem)
        return dict(done)

    def _reconcile(self, job_id: str, now: datetime) -> tuple[ReconcileAction | None, Exception | None]:
        """Reconcile one job; return the action, None if there was nothing to do, and the error that was raised."""
        job = self.jobs.get(job_id, consistent=True)
        if job is None or job.ended:
            return None, None
        actions: dict[Status, Callable[[Job], ReconcileAction]] = {
            Status.QUEUED: self._queued,
            Status.STARTING: self._starting,
            Status.PROCESSING: self._processing,
        }
        try:
            return actions[job.status](job), None
        except TransitionRefused:
            return ReconcileAction.CHANGED_CONCURRENTLY, None
        except Exception as problem:  # noqa: BLE001 - one job's error must not stop the others
            self.jobs.reschedule_check(job, _later(job, now))
            expected = isinstance(problem, ProviderError | MessageNotSent | ConcurrentUpdate)
            return ReconcileAction.POSTPONED if expected else ReconcileAction.UNEXPECTED_ERROR, problem

    def _queued(self, job: Job) -> ReconcileAction:
        now = self.clock()
        if now >= expiry(job.created_at).original:
            return self._fail(job, "service_unavailable", job.why_not_started)
        self.jobs.reschedule_check(job, _later(job, now))
        self.messages.start(job.id)
        return ReconcileAction.START_RESENT

    def _starting(self, job: Job) -> ReconcileAction:
        """Look for the run of a stale claim among the provider's recent runs.

        If the complete list since the claim does not contain it, no run was created: the claim is released, once. If
        the list is too long or too old to decide, a run may exist: the job ends.
        """
        assert job.claimed_at is not None  # noqa: S101 - set by every claim
        claimed = from_text(job.claimed_at)
        if self.clock() - claimed >= LOST:  # also where the provider's list can't be read
            return self._fail(job, "provider_error", Message.RUN_UNCONFIRMED)
        seen = 0
        for run in self.provider.recent(claimed - CLOCK_SKEW, PAGES):
            seen += 1
            if belongs_to(run, job, self.bucket, self.prefix):
                now = self.clock()
                adopted = self.jobs.move(
                    job.id,
                    ACCEPT,
                    {"provider_job_id": run.id, "accepted_at": to_text(now)},
                    where={"provider_job_id": None, "attempt": job.attempt},
                )
                self._forward(adopted, run, now)
                return ReconcileAction.RUN_ADOPTED
        now = self.clock()
        if seen < PAGES * RUNS_ON_A_PAGE and now - claimed < ERASURE and not job.released_at:
            released = {
                "claimed_at": None,
                "released_at": to_text(now),
                "updated_at": to_text(now),
                "check_at": to_text(now + SOONEST),
            }
            self.jobs.move(job.id, RELEASE, released, where={"claimed_at": job.claimed_at})
            with suppress(MessageNotSent):  # check_at is set: the next run sends it
                self.messages.start(job.id)
            return ReconcileAction.CLAIM_RELEASED
        return self._fail(job, "provider_error", Message.RUN_UNCONFIRMED)

    def _processing(self, job: Job) -> ReconcileAction:
        assert job.provider_job_id is not None  # noqa: S101 - set by every acceptance
        if self.clock() - from_text(job.accepted_at or job.updated_at) > LOST:  # also where runs can't be read
            return self._not_ended(job)
        run = self.provider.get(job.provider_job_id)
        if run is None:
            return self._fail(job, "provider_error", Message.RUN_UNKNOWN_TO_PROVIDER)
        now = self.clock()
        if not run.ended and now - from_text(job.accepted_at or job.updated_at) > PATIENCE:
            self.provider.cancel(run.id)
            last = self.provider.get(run.id)
            return self._forward(job, last, now) if last and last.ended else self._not_ended(job)
        waiting_for = "model" if run.status == "starting" else None
        if waiting_for != job.waiting_for:
            job = self.jobs.update(job, {"waiting_for": waiting_for})
        return self._forward(job, run, now)

    def _not_ended(self, job: Job) -> ReconcileAction:
        if not job.cancel_requested:
            return self._fail(job, "provider_error", Message.RUN_NOT_ENDED)
        end_job(job, CANCEL, {}, refund=False, jobs=self.jobs, clock=self.clock)
        return ReconcileAction.CANCELED

    def _forward(self, job: Job, run: Prediction, now: datetime) -> ReconcileAction:
        self.jobs.reschedule_check(job, _later(job, now))
        if not run.ended:
            return ReconcileAction.STILL_RUNNING
        self.messages.complete(job.id, run)
        return ReconcileAction.COMPLETION_RESENT if job.saving_at else ReconcileAction.COMPLETION_SENT

    def _fail(self, job: Job, error_type: str, message: Message) -> ReconcileAction:
        changes = {"error_type": error_type, "error_code": message}
        ran = job.ran_before or job.status is not Status.QUEUED
        end_job(job, FAIL, changes, refund=True, ran=ran, jobs=self.jobs, clock=self.clock)
        return ReconcileAction.FAILED


def _later(job: Job, now: datetime) -> str:
    """Return when to check again: after half the time that the job has been in its state, within bounds.

    With these bounds a run whose webhook was lost is read seven times in the first half hour, by when it must have
    ended.
    """
    since = from_text(job.accepted_at or job.claimed_at or job.created_at)
    return to_text(now + min(LATEST, max(SOONEST, (now - since) / 2)))
