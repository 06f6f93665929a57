"""Finish a job from the end of its run: copy the image into R2 first, then update the row.

A delivery proves only what the provider signed: it is applied if its run is the row's run, or, where the row has none
yet, if the input path in the signed body is this job's own image.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from math import prod
from typing import Any

from enhancer.domain import image, keys, prediction
from enhancer.domain.caching import RESULT_CACHE
from enhancer.domain.catalogue import OUTPUT_QUALITY
from enhancer.domain.clock import Clock, to_text
from enhancer.domain.downloads import content_disposition, result_filename
from enhancer.domain.job import ACCEPT, CANCEL, FAIL, MAX_CRASHES, RESEND_AFTER, RETRY, SAVE, SUCCEED, Append, Job
from enhancer.domain.messages import Message
from enhancer.domain.outcomes import CompletionOutcome
from enhancer.domain.prediction import Delivery, Prediction
from enhancer.domain.provenance import xmp_packet
from enhancer.domain.sizing import MAX_OUTPUT_PIXELS
from enhancer.errors import (
    BlankImage,
    MessageNotSent,
    OutputGone,
    TooMuchWork,
    TransitionRefused,
    UnreadableImage,
)
from enhancer.ports import ImageStore, Imaging, JobRepository, Messages, Output, Outputs, OutputSpec, RenderedResult
from enhancer.usecases.steps import end_job

SAVE_LEASE = timedelta(minutes=6)  # longer than the function's time-out
MAX_DELIVERIES = 50  # kept of an ended job; a row holds 400 KB


@dataclass(frozen=True, slots=True)
class CompleteJob:
    """Finishes jobs."""

    jobs: JobRepository
    images: ImageStore
    outputs: Outputs
    imaging: Imaging
    messages: Messages
    prefix: str
    bucket: str
    clock: Clock
    security_event: Callable[[str], None]

    def __call__(self, job_id: str, run: Prediction, delivery: Delivery | None = None) -> CompletionOutcome:
        """Apply the end of a run to its job; a repeated delivery is only added to the row's `deliveries`.

        Raises ProviderError if the copy may succeed later.
        """
        if not run.ended:
            return CompletionOutcome.STILL_RUNNING
        recorded = {"deliveries": Append(delivery.line(to_text(self.clock())))} if delivery else {}
        return self._claim(job_id, run, recorded, has_result=run.status == "succeeded" and bool(run.output_url))

    def _claim(self, job_id: str, run: Prediction, recorded: dict[str, Any], *, has_result: bool) -> CompletionOutcome:
        """Mark the job as being finished by this run, which also reads the row; adopt the run if the row has none."""
        now = self.clock()
        mark: dict[str, Any] = {
            "updated_at": to_text(now),
            "check_at": to_text(now + SAVE_LEASE),
            "model_ms": run.model_ms,
            "waiting_for": None,
            **recorded,
        }
        if has_result:
            mark |= {"saving_at": to_text(now), "tries": Append(to_text(now))}
        try:
            job = self.jobs.move(job_id, SAVE, mark, where={"provider_job_id": run.id})
        except TransitionRefused as refusal:
            current = refusal.current
            if current is None:
                return CompletionOutcome.JOB_NOT_FOUND
            if current.ended or not prediction.belongs_to(run, current, self.bucket, self.prefix):
                if recorded and len(current.deliveries) < MAX_DELIVERIES:
                    with suppress(TransitionRefused):  # the job changed since; only its timeline lacks a line
                        self.jobs.update(current, recorded)
                if current.ended:
                    return CompletionOutcome.ALREADY_ENDED
                if run.id == current.previous_provider_job_id:
                    return CompletionOutcome.SUPERSEDED_RUN
                self.security_event("foreign delivery")
                return CompletionOutcome.FOREIGN_RUN
            adoption = {"provider_job_id": run.id, "accepted_at": to_text(now)}
            with suppress(TransitionRefused):  # the job changed since; read it again
                self.jobs.move(job_id, ACCEPT, adoption, where={"provider_job_id": None, "attempt": current.attempt})
            return self._claim(job_id, run, recorded, has_result=has_result)
        return self._save(job, run) if has_result else self._finish_without_result(job, run)

    def _save(self, job: Job, run: Prediction) -> CompletionOutcome:
        if job.deleted_at:
            self.images.delete(self._result_keys(job))  # an interrupted try may have stored some of them
            return self._end(job, CANCEL, {}, refund=False, outcome=CompletionOutcome.CANCELED)
        if job.crashed_workers(self.clock()):
            return self._not_saved(job, Message.RESULT_TOO_COMPLEX, f"{MAX_CRASHES} processes died of it")
        assert run.output_url is not None  # noqa: S101 - `__call__` checked it
        try:
            output = self.outputs.fetch(run.output_url)
            with output.file:
                _check(output)
                finished = self.imaging.finish(output.file, self._original(job), _output_spec(job, run))
            with finished.file:
                changes = self._store(job, finished)
        except BlankImage as problem:
            return self._not_saved(job, Message.RESULT_BLANK, str(problem))
        except TooMuchWork as problem:
            return self._not_saved(job, Message.RESULT_TOO_COMPLEX, str(problem))
        except (OutputGone, UnreadableImage) as problem:
            return self._not_saved(job, Message.RESULT_NOT_SAVED, str(problem))
        except Exception:  # an exception, not a crash: the image is not to blame
            with suppress(Exception):
                self.jobs.update(job, {"tries": None})
            raise
        try:
            end_job(job, SUCCEED, changes, refund=False, jobs=self.jobs, clock=self.clock)
        except TransitionRefused as refusal:
            return self._discard(refusal.current)
        return CompletionOutcome.SUCCEEDED

    def _not_saved(self, job: Job, message: Message, because: str) -> CompletionOutcome:
        self.images.delete(self._result_keys(job))  # an earlier try may have stored some of them
        changes = {"error_type": "provider_error", "error_code": message, "not_saved_because": because}
        return self._end(job, FAIL, changes, refund=True, outcome=CompletionOutcome.FAILED)

    def _discard(self, current: Job | None) -> CompletionOutcome:
        """Delete the copied result if the job was deleted while it was copied."""
        if current is None or current.deleted_at is None:
            return CompletionOutcome.ALREADY_ENDED
        self.images.delete(self._result_keys(current))
        return self._end(current, CANCEL, {}, refund=False, outcome=CompletionOutcome.CANCELED)

    def _original(self, job: Job) -> bytes | None:
        """Return the original's bytes, None if it is gone; the result is saved without it."""
        found = self.images.head(job.input_r2_key, job.input_size)
        return found[1] if found else None

    def _store(self, job: Job, finished: RenderedResult) -> dict[str, Any]:
        key, preview, thumb = self._result_keys(job)
        name = result_filename(job.filename, _enlarged(job, finished), key)
        self.images.write(key, finished.file, finished.content_type, RESULT_CACHE, content_disposition(name))
        reductions = {"preview_r2_key": (preview, finished.preview), "thumb_r2_key": (thumb, finished.thumb)}
        for reduction, webp in reductions.values():
            if webp:
                self.images.write(reduction, webp, "image/webp", RESULT_CACHE)
        return {
            "output_r2_key": key,
            "output_content_type": finished.content_type,
            "output_size": finished.size,
            "output_width": finished.width,
            "output_height": finished.height,
            "output_sha256": finished.sha256,
            **{attribute: reduction if webp else None for attribute, (reduction, webp) in reductions.items()},
            "report_json": json.dumps(finished.report) if finished.report else None,
        }

    def _result_keys(self, job: Job) -> list[str]:
        return keys.result_keys(self.prefix, job.owner, job.id, job.output_format)

    def _finish_without_result(self, job: Job, run: Prediction) -> CompletionOutcome:
        decision = prediction.decide(run, attempt=job.attempt, cancel_requested=job.cancel_requested)
        if decision.action == "retry":
            return self._retry(job, run)
        if decision.action == "cancel":
            return self._end(job, CANCEL, {}, refund=False, outcome=CompletionOutcome.CANCELED)
        changes = {"error_type": decision.error_type, "error_code": decision.message}
        return self._end(job, FAIL, changes, refund=decision.refund, outcome=CompletionOutcome.FAILED)

    def _retry(self, job: Job, run: Prediction) -> CompletionOutcome:
        now = self.clock()
        ended = {
            "attempt": job.attempt,
            "run": run.id,
            "claimed_at": job.claimed_at,
            "accepted_at": job.accepted_at,
            "ended_at": to_text(now),
            "error": run.error,
            "provider_answer": job.provider_answer,
            "provider_answered_at": job.provider_answered_at,
        }
        changes = {
            "attempt": job.attempt + 1,
            "previous_provider_job_id": job.provider_job_id,
            "previous_attempt_json": json.dumps(ended),
            "provider_job_id": None,
            "provider_answer": None,
            "provider_answered_at": None,
            "claimed_at": None,
            "accepted_at": None,
            "saving_at": None,
            "tries": None,
            "model_ms": None,
            "updated_at": to_text(now),
            "check_at": to_text(now + RESEND_AFTER),
        }
        try:
            self.jobs.move(job.id, RETRY, changes, where={"provider_job_id": job.provider_job_id})
        except TransitionRefused:
            return CompletionOutcome.ALREADY_ENDED
        with suppress(MessageNotSent):  # check_at is set: reconcile sends it
            self.messages.start(job.id)
        return CompletionOutcome.RETRIED

    def _end(
        self,
        job: Job,
        transition: Any,
        changes: dict[str, Any],
        *,
        refund: bool,
        outcome: CompletionOutcome,
    ) -> CompletionOutcome:
        try:
            end_job(job, transition, changes, refund=refund, jobs=self.jobs, clock=self.clock)
        except TransitionRefused:
            return CompletionOutcome.ALREADY_ENDED
        return outcome


def _check(output: Output) -> None:
    """Raises OutputGone unless the provider's file is a whole image of a size that the models can give."""
    head = output.file.read(image.HEAD_BYTES)
    output.file.seek(max(0, output.size - image.TAIL_BYTES))
    tail = output.file.read()
    output.file.seek(0)
    try:
        try:
            info = image.inspect(head, tail, output.size)
        except image.MoreNeeded:  # a long colour profile, or a model's own metadata
            info = image.inspect(output.file.read(), tail, output.size)
            output.file.seek(0)
    except ValueError as problem:
        raise OutputGone(f"the provider's file is not a whole image: {problem}") from None
    if info.pixels > MAX_OUTPUT_PIXELS:
        raise OutputGone(f"the provider's image has {info.pixels:,} pixels, at most {MAX_OUTPUT_PIXELS:,} fit")


def _output_spec(job: Job, run: Prediction) -> OutputSpec:
    return OutputSpec(
        size=job.result_size,
        output_format=job.output_format,
        quality=job.params[OUTPUT_QUALITY.name],
        xmp=xmp_packet(job.model, run.version),
    )


def _enlarged(job: Job, finished: RenderedResult) -> float:
    """Return how many times the original's sides the result has: the scale, or less if the model returned less."""
    if finished.width * finished.height >= prod(job.result_size):
        return job.scale
    return round(max(finished.width, finished.height) / max(job.input_width, job.input_height), 2)
