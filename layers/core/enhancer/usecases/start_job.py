"""Start a job's run at the provider. The row is claimed first, because a run costs money and is created only once.

The create call's outcome decides: after a rejection no run exists, so the job may be tried again or must end; an
unknown outcome is never repeated here, and the webhook or reconcile finds the run or ends the job.
"""

import json
import random
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from enhancer.domain import keys, sizing
from enhancer.domain.caching import ORIGINAL_CACHE
from enhancer.domain.catalogue import AllowedModel, EnhancementModel
from enhancer.domain.clock import Clock, from_text, to_text
from enhancer.domain.job import ACCEPT, BEGIN, CANCEL_QUEUED, CLAIM, FAIL, RELEASE, WAIT, Append, Job
from enhancer.domain.limits import DAY, run_counter_key, run_limit_resets_at
from enhancer.domain.messages import Message
from enhancer.domain.outcomes import StartOutcome
from enhancer.domain.retention import expiry
from enhancer.errors import (
    AccountRefused,
    Gone,
    MessageNotSent,
    NotCreated,
    OutcomeUnknown,
    ProviderError,
    Refused,
    Throttled,
    TooMuchWork,
    TransitionRefused,
    UnreadableImage,
)
from enhancer.ports import (
    ImageStore,
    Imaging,
    JobRepository,
    Messages,
    PreparedImage,
    PresignedUrls,
    Provider,
    UsageStore,
)
from enhancer.usecases.steps import end_job

CLAIM_LEASE = timedelta(minutes=3)  # longer than the function's time-out, so that a live claim is never released
RETRY_UNREACHABLE = timedelta(seconds=30)
PAUSE = timedelta(minutes=5)  # between two tries while the provider refuses the account
PAUSE_KEY = "pause#provider"
MAX_DELAY = 900  # SQS: the longest DelaySeconds


@dataclass(frozen=True, slots=True)
class StartJob:
    """Starts jobs at the provider. `webhook_url` is where the provider reports, without its query."""

    jobs: JobRepository
    usage: UsageStore
    images: ImageStore
    urls: PresignedUrls
    provider: Provider
    messages: Messages
    imaging: Imaging
    allowed_models: Mapping[str, AllowedModel]
    webhook_url: str
    prefix: str
    daily_run_limit: int
    clock: Clock

    def __call__(self, job_id: str) -> StartOutcome:
        """Prepare a queued job's image, claim the job and ask the provider for a run; return the outcome.

        A job that is not queued was started or has ended, and is skipped. Steps that can be repeated come before the
        claim, so a claim without a run always means that a create request may have been sent.
        """
        try:
            job = self.jobs.move(job_id, BEGIN, {"tries": Append(to_text(self.clock()))}, where={})
        except TransitionRefused:
            return StartOutcome.SKIPPED
        try:
            return self._begin(job)
        except Exception:  # an exception, not a crash: the image is not to blame
            with suppress(Exception):
                self.jobs.update(job, {"tries": None})
            raise

    def _begin(self, job: Job) -> StartOutcome:
        if job.cancel_requested:  # requested while the job was claimed; the claim was released
            return self._cancel_queued(job)
        if self.clock() >= expiry(job.created_at).original:  # ends the resending of start messages
            return self._end(job, "service_unavailable", job.why_not_started, StartOutcome.JOB_EXPIRED)
        allowed = self.allowed_models.get(job.model)
        if allowed is None:
            return self._end(job, "service_unavailable", Message.MODEL_NOT_OFFERED, StartOutcome.MODEL_NOT_OFFERED)
        if pause := self.usage.get_values(PAUSE_KEY, self.clock()):
            return self._wait_for_account(job, pause["until"])
        if job.crashed_workers(self.clock()):
            return self._end(job, "validation_error", Message.IMAGE_TOO_COMPLEX, StartOutcome.IMAGE_CRASHED_WORKERS)
        try:
            key, prepared = self._prepare(job, allowed.model)
        except TooMuchWork:
            return self._end(job, "validation_error", Message.IMAGE_TOO_COMPLEX, StartOutcome.IMAGE_TOO_COMPLEX)
        except UnreadableImage:
            return self._end(job, "validation_error", Message.IMAGE_DAMAGED, StartOutcome.IMAGE_UNREADABLE)
        except Gone:
            return self._end(job, "gone", Message.ORIGINAL_EXPIRED, StartOutcome.ORIGINAL_EXPIRED)
        return self._run(job, key, prepared, allowed)

    def _wait_for_account(self, job: Job, until: str) -> StartOutcome:
        """Send the start message again for the end of the pause; until then no run is requested."""
        now = self.clock()
        seconds = (from_text(until) - now).total_seconds() + _jitter(30)
        delay = min(MAX_DELAY, max(1, round(seconds)))
        changes = {"tries": None, "waiting_for": "provider", "check_at": to_text(now + timedelta(seconds=delay + 60))}
        with suppress(TransitionRefused):  # the job changed since, or another message for it is waiting
            self.jobs.move(job.id, WAIT, changes, where={"attempt": job.attempt, "check_at": job.check_at})
            with suppress(MessageNotSent):  # check_at is set: reconcile sends it
                self.messages.start(job.id, delay)
        return StartOutcome.PAUSED

    def _run(self, job: Job, key: str, prepared: PreparedImage, allowed: AllowedModel) -> StartOutcome:
        size = (prepared.width, prepared.height)
        factor = allowed.model.factor_for(size, sizing.turned(job.result_size, size), sizing.MAX_OUTPUT_PIXELS)
        if factor is None:  # the model file changed since, or the image's header states a wrong size
            return self._end(job, "image_too_large", Message.MODEL_CANNOT_GIVE_SIZE, StartOutcome.IMAGE_TOO_LARGE)
        now = self.clock()
        claim = {
            "claimed_at": to_text(now),
            "updated_at": to_text(now),
            "check_at": to_text(now + CLAIM_LEASE),
            "waiting_for": None,
            "tries": None,
        }
        try:
            job = self.jobs.move(job.id, CLAIM, claim, where={"attempt": job.attempt})
        except TransitionRefused:
            return StartOutcome.SKIPPED
        if not self._count_run(now):
            return self._end(
                job, "service_unavailable", Message.NO_RUNS_LEFT_TODAY, StartOutcome.DAILY_RUN_LIMIT_REACHED
            )
        url, _ = self.urls.presign(key, method="GET", now=self.clock())
        inputs = allowed.model.inputs(job.params, url, factor)
        try:
            prediction = self.provider.create(allowed.version, inputs, f"{self.webhook_url}?job={job.id}")
        except NotCreated as problem:
            self._uncount_run(now)
            return self._not_created(job, prepared, problem)
        except OutcomeUnknown as problem:
            with suppress(TransitionRefused):  # the webhook was faster
                self.jobs.update(job, self._answered(problem))
            return StartOutcome.UNKNOWN
        return self._accept(job, prediction.id, prepared, allowed.model.usual_seconds)

    def _not_created(self, job: Job, prepared: PreparedImage, problem: NotCreated) -> StartOutcome:
        """Requeue the job, or end it if the provider rejects only this job; no run exists."""
        answered = self._answered(problem)
        match problem:
            case Refused():
                return self._end(job, "provider_error", Message.PROVIDER_REFUSED_JOB, StartOutcome.REFUSED, answered)
            case AccountRefused():
                until = to_text(self.clock() + PAUSE)
                self.usage.put_if_absent(PAUSE_KEY, {"until": until}, self.clock(), int(PAUSE.total_seconds()))
                seconds = PAUSE.total_seconds() + _jitter(30)
                return self._requeue(
                    job, prepared, seconds, StartOutcome.ACCOUNT_REFUSED, {**answered, "waiting_for": "provider"}
                )
            case Throttled():
                seconds = problem.retry_after + _jitter(5)
                return self._requeue(
                    job, prepared, seconds, StartOutcome.THROTTLED, {**answered, "waiting_for": "place"}
                )
            case _:
                seconds = RETRY_UNREACHABLE.total_seconds()
                return self._requeue(
                    job, prepared, seconds, StartOutcome.UNREACHABLE, {**answered, "waiting_for": "provider"}
                )

    def _answered(self, problem: ProviderError) -> dict[str, Any]:
        return {"provider_answer": str(problem), "provider_answered_at": to_text(self.clock())}

    def _cancel_queued(self, job: Job) -> StartOutcome:
        try:
            end_job(job, CANCEL_QUEUED, {}, refund=True, ran=job.ran_before, jobs=self.jobs, clock=self.clock)
        except TransitionRefused:
            return StartOutcome.SKIPPED
        return StartOutcome.CANCELED

    def _count_run(self, day: datetime) -> bool:
        """Whether the daily run limit has a place for the run; it is taken before the provider is asked."""
        ceiling = self.daily_run_limit
        return self.usage.count(run_counter_key(day), ceiling, _counted_until(day), capped=True) <= ceiling

    def _uncount_run(self, day: datetime) -> None:
        """Take a run off the daily limit: the provider has confirmed that none was created."""
        self.usage.count(run_counter_key(day), self.daily_run_limit, _counted_until(day), by=-1)

    def _prepare(self, job: Job, model: EnhancementModel) -> tuple[str, PreparedImage]:
        """Return the key of the model's input; an earlier try's or attempt's prepared image is reused. Raises Gone."""
        copy = keys.prepared_key(self.prefix, job.owner, job.id)
        if job.prepared is not None and job.prepared_width and job.prepared_height:
            done = PreparedImage(None, job.prepared_width, job.prepared_height, job.prepared)
            return copy if any(job.prepared.values()) else job.input_r2_key, done
        found = self.images.head(job.input_r2_key, job.input_size)
        if found is None:
            raise Gone(Message.ORIGINAL_EXPIRED)
        prepared = self.imaging.prepare(found[1], model.max_pixels)
        if prepared.image is None:
            return job.input_r2_key, prepared
        self.images.write(copy, prepared.image, keys.prepared_type(job.id), ORIGINAL_CACHE)
        return copy, prepared

    def _accept(self, job: Job, prediction_id: str, prepared: PreparedImage, usual_seconds: int) -> StartOutcome:
        now = self.clock()
        changes = {
            "provider_job_id": prediction_id,
            **_preparation(prepared),
            **accepted(now, usual_seconds),
        }
        try:
            row = self.jobs.move(job.id, ACCEPT, changes, where={"attempt": job.attempt, "provider_job_id": None})
        except TransitionRefused as refusal:  # the webhook was faster than the response to our request
            if refusal.current:
                with suppress(TransitionRefused):
                    noted = {**_preparation(prepared), "updated_at": changes["updated_at"]}
                    self.jobs.update(refusal.current, noted)
            return StartOutcome.ADOPTED
        if row.cancel_requested:
            with suppress(ProviderError):
                self.provider.cancel(prediction_id)
        return StartOutcome.ACCEPTED

    def _requeue(
        self, job: Job, prepared: PreparedImage, seconds: float, outcome: StartOutcome, why: Mapping[str, Any]
    ) -> StartOutcome:
        """Release the claim and send the start message again later: throttling uses up no attempt and no quota."""
        now = self.clock()
        delay = min(MAX_DELAY, max(1, round(seconds)))
        changes = {
            "claimed_at": None,
            **_preparation(prepared),
            **why,
            "updated_at": to_text(now),
            "check_at": to_text(now + timedelta(seconds=delay + 60)),
        }
        self.jobs.move(job.id, RELEASE, changes, where={"claimed_at": job.claimed_at})
        with suppress(MessageNotSent):  # check_at is set: reconcile sends it
            self.messages.start(job.id, delay)
        return outcome

    def _end(
        self,
        job: Job,
        error_type: str,
        message: Message,
        outcome: StartOutcome,
        answered: Mapping[str, Any] | None = None,
    ) -> StartOutcome:
        """Fail the job and refund its quota: no run of this attempt was accepted."""
        changes = {"error_type": error_type, "error_code": message, **(answered or {})}
        end_job(job, FAIL, changes, refund=True, ran=job.ran_before, jobs=self.jobs, clock=self.clock)
        return outcome


def _jitter(seconds: float) -> float:
    return random.uniform(0, seconds)  # noqa: S311 - not a secret


def _counted_until(day: datetime) -> int:
    return int(run_limit_resets_at(day).timestamp()) + DAY


def _preparation(prepared: PreparedImage) -> dict[str, Any]:
    return {
        "prepared_json": json.dumps(prepared.report),
        "prepared_width": prepared.width,
        "prepared_height": prepared.height,
    }


def accepted(now: datetime, usual_seconds: int) -> dict[str, Any]:
    """Return the changes of an accepted run. Reconcile checks it if no webhook comes within four usual run times."""
    due = now + timedelta(seconds=60 + 4 * usual_seconds)
    return {"accepted_at": to_text(now), "updated_at": to_text(now), "check_at": to_text(due)}
