"""Finish a job from what is known of its run: bring the picture into R2 first, then say so in the row.

A delivery proves only what the provider signed: it is applied if its run is the row's run, or, where the row has none
yet, if the input path in the signed body is this job's own picture.
"""

import json
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from math import prod
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from enhancer.domain import image, keys, prediction
from enhancer.domain.catalogue import OUTPUT_QUALITY
from enhancer.domain.clock import Clock, to_text
from enhancer.domain.job import ACCEPT, CANCEL, FAIL, MAX_DEATHS, RETRY, SAVE, SUCCEED, Append, Job
from enhancer.domain.messages import Message
from enhancer.domain.outcomes import CompletionOutcome
from enhancer.domain.prediction import Delivery, Prediction
from enhancer.domain.provenance import xmp_packet
from enhancer.domain.sizing import MAX_OUTPUT_PIXELS
from enhancer.errors import (
    BlankPicture,
    MessageNotSent,
    OutputGone,
    TooMuchWork,
    TransitionRefused,
    UnreadablePicture,
)
from enhancer.ports import Finished, Imaging, Jobs, Messages, Output, Outputs, Pictures, Wish
from enhancer.usecases.end_job import end_job

RESULT_CACHE = "private, max-age=31536000, immutable"
# Control characters, line separators, marks that turn the writing direction, and the other system's separator.
_HARMFUL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\\]")
MAX_STEM = 80  # characters of a file's name that go into the header; each may take twelve bytes there
SAVE_LEASE = timedelta(minutes=6)  # longer than the function's time-out
RESEND_AFTER = timedelta(minutes=2)
MAX_DELIVERIES = 50  # kept of an ended job; a row holds 400 KB


@dataclass(frozen=True, slots=True)
class Completer:
    """What finishing a job works with."""

    jobs: Jobs
    pictures: Pictures
    outputs: Outputs
    imaging: Imaging
    messages: Messages
    prefix: str
    bucket: str
    clock: Clock
    security_event: Callable[[str], None]


def complete_job(
    job_id: str, run: Prediction, completer: Completer, delivery: Delivery | None = None
) -> CompletionOutcome:
    """Apply the end of a run to its job; a repeat changes nothing but that its `delivery` is kept beside the row.

    Raises ProviderError where the copy may succeed later.
    """
    if not run.ended:
        return CompletionOutcome.STILL_RUNNING
    kept = {"deliveries": Append(delivery.line(to_text(completer.clock())))} if delivery else {}
    if run.status == "succeeded" and run.output_url:
        return _claimed(job_id, run, completer, _save, kept)
    return _claimed(job_id, run, completer, _settle, kept)


def _claimed(
    job_id: str,
    run: Prediction,
    completer: Completer,
    then: Callable[[Job, Prediction, Completer], CompletionOutcome],
    kept: dict[str, Any],
) -> CompletionOutcome:
    """Mark the job as being finished by this run, adopting the run if the row has none; the mark also reads the row."""
    now = completer.clock()
    mark: dict[str, Any] = {
        "updated_at": to_text(now),
        "check_at": to_text(now + SAVE_LEASE),
        "model_ms": run.model_ms,
        "waiting_for": None,
        **kept,
    }
    if then is _save:
        mark |= {"saving_at": to_text(now), "tries": Append(to_text(now))}
    try:
        job = completer.jobs.move(job_id, SAVE, mark, where={"provider_job_id": run.id})
    except TransitionRefused as refusal:
        current = refusal.current
        if current is None:
            return CompletionOutcome.JOB_NOT_FOUND
        if current.ended or not prediction.is_run_of(run, current, completer.bucket, completer.prefix):
            if kept and len(current.deliveries) < MAX_DELIVERIES:
                with suppress(TransitionRefused):  # it moved meanwhile; its story lacks a line, nothing else
                    completer.jobs.note(current, kept)
            if current.ended:
                return CompletionOutcome.ALREADY_ENDED
            if run.id == current.previous_provider_job_id:
                return CompletionOutcome.SUPERSEDED_RUN
            completer.security_event("foreign delivery")
            return CompletionOutcome.FOREIGN_RUN
        adoption = {"provider_job_id": run.id, "accepted_at": to_text(now)}
        with suppress(TransitionRefused):  # it moved meanwhile; look again
            completer.jobs.move(job_id, ACCEPT, adoption, where={"provider_job_id": None, "attempt": current.attempt})
        return _claimed(job_id, run, completer, then, kept)
    return then(job, run, completer)


def _save(job: Job, run: Prediction, completer: Completer) -> CompletionOutcome:
    if job.deleted_at:
        completer.pictures.delete(_result_keys(job, completer))  # a try that was cut off may have stored some of them
        return _end(job, completer, CANCEL, {}, refund=False, outcome=CompletionOutcome.CANCELED)
    if job.kills(completer.clock()):
        return _not_saved(job, completer, Message.RESULT_TOO_COMPLEX, f"{MAX_DEATHS} processes died of it")
    assert run.output_url is not None  # noqa: S101 - complete_job looked
    try:
        output = completer.outputs.fetch(run.output_url)
        with output.file:
            _check(output)
            finished = completer.imaging.finish(output.file, _original(job, completer), _wish(job, run))
        with finished.file:
            changes = _store(job, finished, completer)
    except BlankPicture as problem:
        return _not_saved(job, completer, Message.RESULT_BLANK, str(problem))
    except TooMuchWork as problem:
        return _not_saved(job, completer, Message.RESULT_TOO_COMPLEX, str(problem))
    except (OutputGone, UnreadablePicture) as problem:
        return _not_saved(job, completer, Message.RESULT_NOT_SAVED, str(problem))
    except Exception:  # it failed and did not die: what failed is not the picture
        with suppress(Exception):
            completer.jobs.note(job, {"tries": None})
        raise
    try:
        end_job(job, SUCCEED, changes, refund=False, jobs=completer.jobs, clock=completer.clock)
    except TransitionRefused as refusal:
        return _unwanted(refusal.current, completer)
    return CompletionOutcome.SUCCEEDED


def _not_saved(job: Job, completer: Completer, message: Message, because: str) -> CompletionOutcome:
    completer.pictures.delete(_result_keys(job, completer))  # an earlier try may have stored some of them
    changes = {"error_type": "provider_error", "error_code": message, "not_saved_because": because}
    return _end(job, completer, FAIL, changes, refund=True, outcome=CompletionOutcome.FAILED)


def _unwanted(current: Job | None, completer: Completer) -> CompletionOutcome:
    """The job moved while its result was copied: a deleted one must leave nothing behind."""
    if current is None or current.deleted_at is None:
        return CompletionOutcome.ALREADY_ENDED
    completer.pictures.delete(_result_keys(current, completer))
    return _end(current, completer, CANCEL, {}, refund=False, outcome=CompletionOutcome.CANCELED)


def _check(output: Output) -> None:
    """Raises OutputGone unless the provider's file is a whole picture of a size that the models can give."""
    head = output.file.read(image.HEAD_BYTES)
    output.file.seek(max(0, output.size - image.TAIL_BYTES))
    tail = output.file.read()
    output.file.seek(0)
    try:
        try:
            picture = image.inspect(head, tail, output.size)
        except image.MoreNeeded:  # a long colour profile, or what a model wrote about itself
            picture = image.inspect(output.file.read(), tail, output.size)
            output.file.seek(0)
    except ValueError as problem:
        raise OutputGone(f"the provider's file is not a whole picture: {problem}") from None
    if picture.pixels > MAX_OUTPUT_PIXELS:
        raise OutputGone(f"the provider's picture has {picture.pixels:,} pixels, at most {MAX_OUTPUT_PIXELS:,} fit")


def _original(job: Job, completer: Completer) -> bytes | None:
    """The original's bytes, None if it is gone: the result is saved all the same."""
    found = completer.pictures.head(job.input_r2_key, job.input_size)
    return found[1] if found else None


def _wish(job: Job, run: Prediction) -> Wish:
    return Wish(
        size=job.result_size,
        output_format=job.output_format,
        quality=job.params.get(OUTPUT_QUALITY.name, OUTPUT_QUALITY.default),
        xmp=xmp_packet(job.model, run.version),
    )


def _store(job: Job, finished: Finished, completer: Completer) -> dict[str, Any]:
    key, preview, thumb = _result_keys(job, completer)
    stem = _HARMFUL.sub("_", PurePosixPath(job.filename).stem)[:MAX_STEM] or "picture"
    name = f"{stem}-enhanced-{_enlarged(job, finished):g}x{PurePosixPath(key).suffix}"
    completer.pictures.write(key, finished.file, finished.content_type, RESULT_CACHE, _disposition(name))
    reductions = {"preview_r2_key": (preview, finished.preview), "thumb_r2_key": (thumb, finished.thumb)}
    for reduction, picture in reductions.values():
        if picture:
            completer.pictures.write(reduction, picture, "image/webp", RESULT_CACHE)
    return {
        "output_r2_key": key,
        "output_content_type": finished.content_type,
        "output_size": finished.size,
        "output_width": finished.width,
        "output_height": finished.height,
        "output_sha256": finished.sha256,
        **{attribute: reduction if picture else None for attribute, (reduction, picture) in reductions.items()},
        "report_json": json.dumps(finished.report) if finished.report else None,
    }


def _enlarged(job: Job, finished: Finished) -> float:
    """How many times the original's sides the result has: its scale, or less where the model returned less."""
    if finished.width * finished.height >= prod(job.result_size):
        return job.scale
    return round(max(finished.width, finished.height) / max(job.input_width, job.input_height), 2)


def _result_keys(job: Job, completer: Completer) -> list[str]:
    return keys.result_keys(completer.prefix, job.owner, job.id, job.output_format)


def _disposition(filename: str) -> str:
    """RFC 6266: a plain name for old clients and the exact one in UTF-8."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "-_. ") else "_" for c in filename)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"


def _settle(job: Job, run: Prediction, completer: Completer) -> CompletionOutcome:
    verdict = prediction.judge(run, attempt=job.attempt, cancel_requested=job.cancel_requested)
    if verdict.action == "retry":
        return _retry(job, run, completer)
    if verdict.action == "cancel":
        return _end(job, completer, CANCEL, {}, refund=False, outcome=CompletionOutcome.CANCELED)
    changes = {"error_type": verdict.error_type, "error_code": verdict.message}
    return _end(job, completer, FAIL, changes, refund=verdict.refund, outcome=CompletionOutcome.FAILED)


def _retry(job: Job, run: Prediction, completer: Completer) -> CompletionOutcome:
    now = completer.clock()
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
        completer.jobs.move(job.id, RETRY, changes, where={"provider_job_id": job.provider_job_id})
    except TransitionRefused:
        return CompletionOutcome.ALREADY_ENDED
    with suppress(MessageNotSent):  # check_at is set: reconcile sends it
        completer.messages.start(job.id)
    return CompletionOutcome.RETRIED


def _end(
    job: Job,
    completer: Completer,
    transition: Any,
    changes: dict[str, Any],
    *,
    refund: bool,
    outcome: CompletionOutcome,
) -> CompletionOutcome:
    try:
        end_job(job, transition, changes, refund=refund, jobs=completer.jobs, clock=completer.clock)
    except TransitionRefused:
        return CompletionOutcome.ALREADY_ENDED
    return outcome
