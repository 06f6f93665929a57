"""Create a job from an uploaded picture or from bytes in hand: look at the file first, then count and write at once.

The row comes first and the message second: a message that gets lost is sent again by reconcile.
"""

import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from enhancer.contention import TRIES, pause
from enhancer.domain import image, keys, limits, sizing
from enhancer.domain.catalogue import InvalidParameter, Offer
from enhancer.domain.clock import Clock, to_text
from enhancer.domain.image import Picture
from enhancer.domain.job import Job, Status
from enhancer.domain.limits import Quota
from enhancer.domain.messages import Message
from enhancer.domain.owner import Owner
from enhancer.domain.retention import RECORD, expiry
from enhancer.errors import (
    CeilingReached,
    Contended,
    Gone,
    ImageTooLarge,
    MessageNotSent,
    NotFound,
    QuotaExceeded,
    RequestError,
    ServiceUnavailable,
    UnsupportedMediaType,
    ValidationFailed,
)
from enhancer.ports import Jobs, Messages, Pictures, Uploaded, Usage
from enhancer.usecases.request_upload import UPLOAD_CACHE, check_size, upload_headers

RESEND_AFTER = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Intake:
    """What creating a job works with. `sleep` takes seconds."""

    jobs: Jobs
    usage: Usage
    pictures: Pictures
    messages: Messages
    offers: Mapping[str, Offer]
    prefix: str
    max_bytes: int
    max_pixels: int
    quota_jobs: int
    spend_ceiling: int
    clock: Clock
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class Choice:
    """What the person asked for."""

    model: str
    params: Mapping[str, Any]
    filename: str


def create_job_from_upload(upload_id: str, choice: Choice, owner: Owner, intake: Intake) -> Job:
    """Turn an upload into a job.

    Raises NotFound while nothing was uploaded under that id by this owner; UnsupportedMediaType, ValidationFailed,
    PayloadTooLarge or ImageTooLarge for a file that can't be enhanced, which is deleted; ValidationFailed for a choice
    that can't be had; QuotaExceeded; Conflict when the upload is spent.
    """
    if not keys.is_job_id(upload_id):
        raise ValidationFailed(Message.UPLOAD_ID_INVALID, field="uploadId")
    key = keys.original_key(intake.prefix, owner, upload_id)
    found = intake.pictures.uploaded(key, image.HEAD_BYTES)
    if found is None:
        raise NotFound(Message.UPLOAD_NOT_FOUND)
    size = found.size
    try:
        _check_signed(found, upload_id, intake)
        picture = _examine(key, size, found.head, keys.content_type_of(upload_id), intake)
    except RequestError:
        intake.pictures.delete([key])
        raise
    offer, params = _choose(choice, picture, intake)
    quota = _within_ceiling(owner, intake)
    return _register(upload_id, picture, size, offer, params, choice.filename, owner, quota, intake)


def look_at(data: bytes, intake: Intake) -> Picture:
    """What a picture in hand is. Raises as `create_job_from_upload`."""
    check_size(len(data), intake.max_bytes)
    return _inspect(data, data[-image.TAIL_BYTES :], len(data), intake.max_pixels)


def create_job_from_bytes(
    job_id: str, data: bytes, picture: Picture, choice: Choice, owner: Owner, intake: Intake
) -> Job:
    """Store a picture that came with the request and turn it into a job; raises as `create_job_from_upload`."""
    offer, params = _choose(choice, picture, intake)
    quota = _within_ceiling(owner, intake)
    key = keys.original_key(intake.prefix, owner, job_id)
    intake.pictures.write(key, data, picture.content_type, UPLOAD_CACHE)
    try:
        return _register(job_id, picture, len(data), offer, params, choice.filename, owner, quota, intake)
    except RequestError:
        intake.pictures.delete([key])
        raise


def create_job_from_job(job_id: str, source: Job, choice: Choice, owner: Owner, intake: Intake) -> Job:
    """Use the original of an earlier job once more, copied inside R2; `source` is the owner's.

    Raises Gone when the original is, and as `create_job_from_upload`.
    """
    content_type = keys.content_type_of(source.id)
    picture = Picture(content_type, source.input_width, source.input_height)
    offer, params = _choose(choice, picture, intake)
    quota = _within_ceiling(owner, intake)
    key = keys.original_key(intake.prefix, owner, job_id)
    due = intake.clock() >= expiry(source.created_at).original
    if due or not intake.pictures.copy(source.input_r2_key, key):
        raise Gone(Message.ORIGINAL_EXPIRED)
    try:
        return _register(job_id, picture, source.input_size, offer, params, choice.filename, owner, quota, intake)
    except RequestError:
        intake.pictures.delete([key])
        raise


def _within_ceiling(owner: Owner, intake: Intake) -> Quota | None:
    """The owner's window, read together with the day's counter. Raises CeilingReached."""
    now = intake.clock()
    quota, spent = intake.usage.standing(owner, limits.spend_key(now))
    if spent >= intake.spend_ceiling:
        reopens = limits.spend_reopens(now)
        wait = int((reopens - now).total_seconds()) + 1
        raise CeilingReached(Message.DAILY_RUNS_EXHAUSTED, retry_after=wait, reopensAt=to_text(reopens))
    return quota


def _choose(choice: Choice, picture: Picture, intake: Intake) -> tuple[Offer, dict[str, Any]]:
    offer = intake.offers.get(choice.model)
    if offer is None:
        known = list(intake.offers)
        raise ValidationFailed(
            Message.MODEL_UNKNOWN,
            field="model",
            model=choice.model[:60],
            allowed=known,
        )
    try:
        return offer, sizing.settle(choice.params, picture.width, picture.height, offer.model)
    except InvalidParameter as problem:
        raise ValidationFailed(problem.message, field=problem.name, **problem.details) from None


def _check_signed(found: Uploaded, upload_id: str, intake: Intake) -> None:
    """Raises ValidationFailed unless the object has the length and the headers that its URL was signed for, no others.

    A bucket that takes headers outside the signature could have made a copy of another object of this upload.
    """
    check_size(found.size, intake.max_bytes)
    if found.headers != upload_headers(upload_id, found.size):
        raise ValidationFailed(Message.UPLOAD_HEADERS_MISMATCH, field="uploadId")


def _examine(key: str, size: int, head: bytes, declared: str, intake: Intake) -> Picture:
    tail = head if size <= len(head) else intake.pictures.read(key, start=size - image.TAIL_BYTES)
    try:
        picture = _inspect(head, tail[-image.TAIL_BYTES :], size, intake.max_pixels)
    except image.MoreNeeded:
        picture = _inspect(intake.pictures.read(key), tail, size, intake.max_pixels)
    if picture.content_type != declared:
        raise UnsupportedMediaType(Message.UPLOAD_TYPE_MISMATCH, declared=declared, actual=picture.content_type)
    return picture


def _inspect(head: bytes, tail: bytes, size: int, max_pixels: int) -> Picture:
    try:
        picture = image.inspect(head, tail, size)
    except image.NotAPicture as problem:
        known: dict[str, Any] = {"actual": problem.actual} if problem.actual else {}
        raise UnsupportedMediaType(Message.NOT_AN_IMAGE, accepted=list(keys.EXTENSIONS), **known) from None
    except image.Damaged:
        raise ValidationFailed(Message.IMAGE_DAMAGED) from None
    except image.TooIntricate:
        raise ValidationFailed(Message.IMAGE_TOO_COMPLEX) from None
    except image.Animated:
        raise UnsupportedMediaType(Message.IMAGE_ANIMATED) from None
    except image.Truncated:
        raise ValidationFailed(Message.FILE_TRUNCATED, size=size) from None
    if picture.pixels > max_pixels:
        raise ImageTooLarge(
            Message.IMAGE_HAS_TOO_MANY_PIXELS,
            width=picture.width,
            height=picture.height,
            pixels=picture.pixels,
            maxPixels=max_pixels,
        )
    return picture


def _register(
    job_id: str,
    picture: Picture,
    size: int,
    offer: Offer,
    params: Mapping[str, Any],
    filename: str,
    owner: Owner,
    quota: Quota | None,
    intake: Intake,
) -> Job:
    for attempt in range(TRIES):
        now = intake.clock()
        seat = limits.seat(quota, intake.quota_jobs, now)
        if seat is None:
            raise _exhausted(limits.usage(quota, intake.quota_jobs, now), intake.quota_jobs, intake.clock)
        promised = sizing.result_size(picture.width, picture.height, float(params["scale"]), offer.model)
        job = Job(
            id=job_id,
            owner_type=owner.type,
            owner_id=owner.id,
            user_id=owner.subject,
            model=offer.model.slug,
            params_json=json.dumps(params),
            status=Status.QUEUED,
            filename=filename,
            input_r2_key=keys.original_key(intake.prefix, owner, job_id),
            input_content_type=picture.content_type,
            input_size=size,
            input_width=picture.width,
            input_height=picture.height,
            result_width=promised[0],
            result_height=promised[1],
            quota_window=seat.window,
            created_at=to_text(now),
            updated_at=to_text(now),
            check_at=to_text(now + RESEND_AFTER),
            expires_at=int((now + RECORD).timestamp()),
        )
        try:
            intake.jobs.create(job, seat)
        except Contended:
            intake.sleep(pause(attempt))
            quota = intake.usage.quota(owner)
            continue
        with suppress(MessageNotSent):  # the row is there, so reconcile will send it
            intake.messages.start(job_id)
        return job
    raise ServiceUnavailable(Message.TOO_MANY_AT_ONCE, retry_after=1)


def _exhausted(usage: limits.Usage, limit: int, clock: Clock) -> QuotaExceeded:
    if usage.reset_at is None:
        return QuotaExceeded(Message.JOBS_DISABLED, limit=limit, used=usage.used)
    wait = max(1, int((usage.reset_at - clock()).total_seconds()) + 1)
    return QuotaExceeded(
        Message.QUOTA_EXCEEDED, retry_after=wait, limit=limit, used=usage.used, resetAt=to_text(usage.reset_at)
    )
