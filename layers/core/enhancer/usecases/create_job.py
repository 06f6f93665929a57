"""Create a job from an upload, from the bytes of an image, or from an earlier job's original.

The file is inspected first; then the row is written and the quota charged in one transaction.

The row is written before the message is sent: reconcile sends a lost message again.
"""

import json
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field
from typing import Any

from enhancer.contention import TRIES, pause
from enhancer.domain import image, keys, limits, sizing
from enhancer.domain.caching import ORIGINAL_CACHE
from enhancer.domain.catalogue import AllowedModel, InvalidParameter
from enhancer.domain.clock import Clock, to_text
from enhancer.domain.image import ImageInfo
from enhancer.domain.job import RESEND_AFTER, Job, Status
from enhancer.domain.limits import Quota
from enhancer.domain.messages import Message
from enhancer.domain.owner import Owner
from enhancer.domain.retention import RECORD, expiry
from enhancer.errors import (
    ConcurrentUpdate,
    DailyRunLimitReached,
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
from enhancer.ports import ImageStore, JobRepository, Messages, Uploaded, UsageStore
from enhancer.usecases.request_upload import upload_headers
from enhancer.usecases.steps import check_size


@dataclass(frozen=True, slots=True)
class JobOptions:
    """The options of a request: a model by its slug, its parameters, and the image's file name."""

    model: str
    params: Mapping[str, Any]
    filename: str


@dataclass(frozen=True, slots=True)
class FromUpload:
    """The original is the upload whose id is the job's."""


@dataclass(frozen=True, slots=True)
class FromBytes:
    """The original came with the request; `info` is what `CreateJob.inspect` returned."""

    data: bytes
    info: ImageInfo


@dataclass(frozen=True, slots=True)
class FromJob:
    """The original is that of an earlier job of the same owner."""

    job: Job


@dataclass(frozen=True, slots=True)
class NewJob:
    """A request for a job. `limits` is entered while the job is created, to count it against daily limits."""

    job_id: str
    source: FromUpload | FromBytes | FromJob
    options: JobOptions
    owner: Owner
    limits: AbstractContextManager[None] = field(default_factory=nullcontext)


@dataclass(frozen=True, slots=True)
class CreateJob:
    """Creates jobs. `sleep` takes seconds."""

    jobs: JobRepository
    usage: UsageStore
    images: ImageStore
    messages: Messages
    allowed_models: Mapping[str, AllowedModel]
    prefix: str
    max_bytes: int
    max_pixels: int
    quota_jobs: int
    daily_run_limit: int
    clock: Clock
    sleep: Callable[[float], None] = time.sleep

    def __call__(self, new: NewJob) -> Job:
        """Create a job and send its start message.

        Raises NotFound while nothing was uploaded under the id by this owner; UnsupportedMediaType, ValidationFailed,
        PayloadTooLarge or ImageTooLarge for a file that can't be enhanced, which is deleted; ValidationFailed for
        options that the model does not offer; Gone when an earlier job's original has expired; QuotaExceeded;
        DailyRunLimitReached; Conflict when the upload was already used; and what entering `limits` raises.
        """
        with new.limits:
            match new.source:
                case FromUpload():
                    return self._from_upload(new)
                case FromBytes(data, info):
                    return self._from_bytes(new, data, info)
                case FromJob(job):
                    return self._from_job(new, job)

    def inspect(self, data: bytes) -> ImageInfo:
        """Inspect the bytes of an image. Raises as `__call__`."""
        check_size(len(data), self.max_bytes)
        return _inspect(data, data[-image.TAIL_BYTES :], len(data), self.max_pixels)

    def _from_upload(self, new: NewJob) -> Job:
        if not keys.is_job_id(new.job_id):
            raise ValidationFailed(Message.UPLOAD_ID_INVALID, field="uploadId")
        key = keys.original_key(self.prefix, new.owner, new.job_id)
        found = self.images.uploaded(key, image.HEAD_BYTES)
        if found is None:
            raise NotFound(Message.UPLOAD_NOT_FOUND)
        try:
            self._check_signed(found, new.job_id)
            info = self._examine(key, found.size, found.head, keys.content_type_of(new.job_id))
        except RequestError:
            self.images.delete([key])
            raise
        allowed, params = self._choose(new.options, info)
        quota = self._within_daily_run_limit(new.owner)
        return self._register(new, info, found.size, allowed, params, quota)

    def _from_bytes(self, new: NewJob, data: bytes, info: ImageInfo) -> Job:
        allowed, params = self._choose(new.options, info)
        quota = self._within_daily_run_limit(new.owner)
        key = keys.original_key(self.prefix, new.owner, new.job_id)
        self.images.write(key, data, info.content_type, ORIGINAL_CACHE)
        try:
            return self._register(new, info, len(data), allowed, params, quota)
        except RequestError:
            self.images.delete([key])
            raise

    def _from_job(self, new: NewJob, source: Job) -> Job:
        info = ImageInfo(keys.content_type_of(source.id), source.input_width, source.input_height)
        allowed, params = self._choose(new.options, info)
        quota = self._within_daily_run_limit(new.owner)
        key = keys.original_key(self.prefix, new.owner, new.job_id)
        due = self.clock() >= expiry(source.created_at).original
        if due or not self.images.copy(source.input_r2_key, key):
            raise Gone(Message.ORIGINAL_EXPIRED)
        try:
            return self._register(new, info, source.input_size, allowed, params, quota)
        except RequestError:
            self.images.delete([key])
            raise

    def _within_daily_run_limit(self, owner: Owner) -> Quota | None:
        """Return the owner's quota, read together with the day's counter of runs. Raises DailyRunLimitReached."""
        now = self.clock()
        quota, spent = self.usage.quota_and_counter(owner, limits.run_counter_key(now))
        if spent >= self.daily_run_limit:
            reopens = limits.run_limit_resets_at(now)
            wait = int((reopens - now).total_seconds()) + 1
            raise DailyRunLimitReached(Message.DAILY_RUNS_EXHAUSTED, retry_after=wait, reopensAt=to_text(reopens))
        return quota

    def _choose(self, options: JobOptions, info: ImageInfo) -> tuple[AllowedModel, dict[str, Any]]:
        allowed = self.allowed_models.get(options.model)
        if allowed is None:
            known = list(self.allowed_models)
            raise ValidationFailed(
                Message.MODEL_UNKNOWN,
                field="model",
                model=options.model[:60],
                allowed=known,
            )
        try:
            return allowed, sizing.resolve_params(options.params, info.width, info.height, allowed.model)
        except InvalidParameter as problem:
            raise ValidationFailed(problem.message, field=problem.name, **problem.details) from None

    def _check_signed(self, found: Uploaded, upload_id: str) -> None:
        """Check that the object has the length and exactly the headers that its URL was signed for.

        A bucket that accepts unsigned headers could have made this upload a copy of another object. Raises
        ValidationFailed.
        """
        check_size(found.size, self.max_bytes)
        if found.headers != upload_headers(upload_id, found.size):
            raise ValidationFailed(Message.UPLOAD_HEADERS_MISMATCH, field="uploadId")

    def _examine(self, key: str, size: int, head: bytes, declared: str) -> ImageInfo:
        tail = head if size <= len(head) else self.images.read(key, start=size - image.TAIL_BYTES)
        try:
            info = _inspect(head, tail[-image.TAIL_BYTES :], size, self.max_pixels)
        except image.MoreNeeded:
            info = _inspect(self.images.read(key), tail, size, self.max_pixels)
        if info.content_type != declared:
            raise UnsupportedMediaType(Message.UPLOAD_TYPE_MISMATCH, declared=declared, actual=info.content_type)
        return info

    def _register(
        self,
        new: NewJob,
        info: ImageInfo,
        size: int,
        allowed: AllowedModel,
        params: Mapping[str, Any],
        quota: Quota | None,
    ) -> Job:
        for attempt in range(TRIES):
            now = self.clock()
            slot = limits.slot(quota, self.quota_jobs, now)
            if slot is None:
                raise _exhausted(limits.usage(quota, self.quota_jobs, now), self.quota_jobs, self.clock)
            promised = sizing.result_size(info.width, info.height, float(params["scale"]), allowed.model)
            job = Job(
                id=new.job_id,
                owner_type=new.owner.type,
                owner_id=new.owner.id,
                user_id=new.owner.subject,
                model=allowed.model.slug,
                params_json=json.dumps(params),
                status=Status.QUEUED,
                filename=new.options.filename,
                input_r2_key=keys.original_key(self.prefix, new.owner, new.job_id),
                input_content_type=info.content_type,
                input_size=size,
                input_width=info.width,
                input_height=info.height,
                result_width=promised[0],
                result_height=promised[1],
                quota_window=slot.window,
                created_at=to_text(now),
                updated_at=to_text(now),
                check_at=to_text(now + RESEND_AFTER),
                expires_at=int((now + RECORD).timestamp()),
            )
            try:
                self.jobs.create(job, slot)
            except ConcurrentUpdate:
                self.sleep(pause(attempt))
                quota = self.usage.quota(new.owner)
                continue
            with suppress(MessageNotSent):  # the row is there, so reconcile will send it
                self.messages.start(new.job_id)
            return job
        raise ServiceUnavailable(Message.TOO_MANY_AT_ONCE, retry_after=1)


def _inspect(head: bytes, tail: bytes, size: int, max_pixels: int) -> ImageInfo:
    try:
        info = image.inspect(head, tail, size)
    except image.NotAnImage as problem:
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
    if info.pixels > max_pixels:
        raise ImageTooLarge(
            Message.IMAGE_HAS_TOO_MANY_PIXELS,
            width=info.width,
            height=info.height,
            pixels=info.pixels,
            maxPixels=max_pixels,
        )
    return info


def _exhausted(usage: limits.Usage, limit: int, clock: Clock) -> QuotaExceeded:
    if usage.reset_at is None:
        return QuotaExceeded(Message.JOBS_DISABLED, limit=limit, used=usage.used)
    wait = max(1, int((usage.reset_at - clock()).total_seconds()) + 1)
    return QuotaExceeded(
        Message.QUOTA_EXCEEDED, retry_after=wait, limit=limit, used=usage.used, resetAt=to_text(usage.reset_at)
    )
