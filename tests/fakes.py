"""The ports in memory, with a memory: each passes the same contract tests as its adapter (tests/contract)."""

import dataclasses
import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import IO, Any

from enhancer.domain.clock import from_text
from enhancer.domain.job import Append, Job, Transition
from enhancer.domain.limits import MAX_REFUNDS, WINDOW, Quota, QuotaSlot
from enhancer.domain.messages import Message
from enhancer.domain.owner import Owner
from enhancer.domain.prediction import Delivery, Prediction
from enhancer.errors import ConcurrentUpdate, Conflict, OutputGone, TransitionRefused
from enhancer.ports import Output, OutputSpec, PreparedImage, PresignedUpload, RenderedResult, StoredImage, Uploaded


class FakeClock:
    """A clock that stands still until it is told to go on."""

    def __init__(self, now: datetime = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


class FakeUsage:
    def __init__(self) -> None:
        self.quotas: dict[str, Quota] = {}
        self.counters: dict[str, int] = {}
        self.ends: dict[str, int] = {}
        self.kept: dict[str, tuple[dict[str, str], datetime]] = {}
        self.leases: dict[str, datetime] = {}

    def quota(self, owner: Owner) -> Quota | None:
        return self.quotas.get(owner.reference)

    def quota_and_counter(self, owner: Owner, counter: str) -> tuple[Quota | None, int]:
        return self.quota(owner), self.counters.get(counter, 0)

    def count(self, key: str, limit: int, expires_at: int, *, by: int = 1, capped: bool = False) -> int:
        used = self.counters.get(key, 0)
        if capped and used >= limit:
            return limit + 1
        self.ends.setdefault(key, expires_at)
        self.counters[key] = used + by
        return used + by

    def get_values(self, key: str, now: datetime) -> dict[str, str]:
        values, ends = self.kept.get(key, ({}, now))
        return dict(values) if ends > now else {}

    def put_if_absent(self, key: str, values: Mapping[str, str], now: datetime, seconds: int) -> dict[str, str]:
        if key not in self.kept or self.kept[key][1] <= now:
            self.kept[key] = (dict(values), now + timedelta(seconds=seconds))
        return self.kept[key][0]

    def lease(self, name: str, now: datetime, seconds: int) -> bool:
        if self.leases.get(name, now) > now:
            return False
        self.leases[name] = now + timedelta(seconds=seconds)
        return True

    def release(self, name: str) -> None:
        self.leases.pop(name, None)


class FakeJobs:
    """With `lagging`, reads that are not consistent see no row, as right after a write."""

    def __init__(self, usage: FakeUsage) -> None:
        self.rows: dict[str, Job] = {}
        self.lagging = False
        self._usage = usage

    def create(self, job: Job, slot: QuotaSlot) -> None:
        if job.id in self.rows:
            raise Conflict(Message.UPLOAD_ALREADY_USED, jobId=job.id)
        quota = self._usage.quotas.get(job.owner.reference)
        if slot.opens_window:
            if quota and from_text(quota.window) + WINDOW > from_text(slot.window):
                raise ConcurrentUpdate
            self._usage.quotas[job.owner.reference] = Quota(slot.window, 1)
        else:
            if quota is None or quota.window != slot.window or quota.used >= slot.limit:
                raise ConcurrentUpdate
            self._usage.quotas[job.owner.reference] = dataclasses.replace(quota, used=quota.used + 1)
        self.rows[job.id] = job

    def get(self, job_id: str, *, consistent: bool = False) -> Job | None:
        return None if self.lagging and not consistent else self.rows.get(job_id)

    def move(self, job_id: str, transition: Transition, changes: Mapping[str, Any], where: Mapping[str, Any]) -> Job:
        row = self.rows.get(job_id)
        holds = row and row.status in transition.sources and all(getattr(row, k) == v for k, v in where.items())
        if not row or not holds:
            raise TransitionRefused(transition.name, row)
        applied: dict[str, Any] = {
            name: (*(getattr(row, name) or ()), value.line) if isinstance(value, Append) else value
            for name, value in changes.items()
        }
        self.rows[job_id] = dataclasses.replace(row, **applied, status=transition.target)
        return self.rows[job_id]

    def finish(
        self, job: Job, transition: Transition, changes: Mapping[str, Any], *, refund: bool, ran: bool = True
    ) -> bool:
        where = {"provider_job_id": job.provider_job_id, "attempt": job.attempt, "deleted_at": job.deleted_at}
        self.move(job.id, transition, {**changes, "check_at": None}, where)
        quota = self._usage.quotas.get(job.owner.reference)
        if not refund or job.quota_refunded or quota is None or quota.window != job.quota_window:
            return False
        if quota.used < 1 or (ran and quota.refunds >= MAX_REFUNDS):
            return False
        self._usage.quotas[job.owner.reference] = dataclasses.replace(
            quota, used=quota.used - 1, refunds=quota.refunds + ran
        )
        self.rows[job.id] = dataclasses.replace(self.rows[job.id], quota_refunded=True)
        return True

    def update(self, job: Job, changes: Mapping[str, Any]) -> Job:
        stay = Transition("update", frozenset({job.status}), job.status)
        return self.move(job.id, stay, changes, {"attempt": job.attempt})

    def list_by_owner(self, owner: Owner, limit: int, before: tuple[str, str] | None) -> list[Job]:
        shown = [row for row in self.rows.values() if row.owner.reference == owner.reference and not row.deleted_at]
        shown.sort(key=lambda row: (row.created_at, row.id), reverse=True)
        return [row for row in shown if before is None or (row.created_at, row.id) < before][:limit]

    def reschedule_check(self, job: Job, check_at: str) -> None:
        row = self.rows[job.id]
        if (row.status, row.check_at) == (job.status, job.check_at):
            self.rows[job.id] = dataclasses.replace(row, check_at=check_at)

    def due_for_check(self, due: str, limit: int) -> Iterable[str]:
        waiting = sorted((row.check_at, row.id) for row in self.rows.values() if row.check_at and row.check_at <= due)
        return [job_id for _, job_id in waiting[:limit]]


class FakeImageStore:
    def __init__(self, clock: FakeClock) -> None:
        self.objects: dict[str, tuple[bytes, datetime]] = {}
        self.headers: dict[str, dict[str, str | None]] = {}
        self.stored: dict[str, dict[str, str]] = {}
        self._clock = clock

    def presign_put(self, key: str, size: int, headers: Mapping[str, str], seconds: int) -> PresignedUpload:
        return PresignedUpload(f"https://r2.test/{key}?{size}&{seconds}", {**headers, "if-none-match": "*"})

    def put(self, key: str, data: bytes, headers: Mapping[str, str]) -> None:
        """What a client sends to an upload's URL."""
        self.objects[key] = (data, self._clock())
        self.stored[key] = dict(headers)

    def uploaded(self, key: str, length: int) -> Uploaded | None:
        if key not in self.objects:
            return None
        data = self.objects[key][0]
        return Uploaded(len(data), data[:length], self.stored.get(key, {}))

    def head(self, key: str, length: int) -> tuple[int, bytes] | None:
        if key not in self.objects:
            return None
        data = self.objects[key][0]
        return len(data), data[:length]

    def read(self, key: str, start: int = 0) -> bytes:
        return self.objects[key][0][start:]

    def write(
        self, key: str, body: bytes | IO[bytes], content_type: str, cache_control: str, disposition: str | None = None
    ) -> None:
        self.objects[key] = (body if isinstance(body, bytes) else body.read(), self._clock())
        self.stored[key] = {"content-type": content_type, "cache-control": cache_control}
        self.headers[key] = {"type": content_type, "cache": cache_control, "disposition": disposition}

    def copy(self, source: str, target: str) -> bool:
        if source not in self.objects:
            return False
        self.objects[target] = (self.objects[source][0], self._clock())
        self.stored[target] = dict(self.stored[source])
        return True

    def delete(self, keys: Iterable[str]) -> None:
        for key in keys:
            self.objects.pop(key, None)

    def list(self, prefix: str, after: str = "") -> Iterator[StoredImage]:
        stored = sorted((key, at) for key, (_, at) in self.objects.items() if key.startswith(prefix) and key > after)
        yield from [StoredImage(key, at) for key, at in stored]


class FakeMessages:
    def __init__(self) -> None:
        self.starts: list[tuple[str, int]] = []
        self.completions: list[tuple[str, Prediction, Delivery | None]] = []
        self.expiries: list[tuple[str, str]] = []
        self.failing: Exception | None = None

    def start(self, job_id: str, delay: int = 0) -> None:
        if self.failing:
            raise self.failing
        self.starts.append((job_id, delay))

    def complete(self, job_id: str, prediction: Prediction, delivery: Delivery | None = None) -> None:
        if self.failing:
            raise self.failing
        self.completions.append((job_id, prediction, delivery))

    def expire(self, after: str, began: str) -> None:
        if self.failing:
            raise self.failing
        self.expiries.append((after, began))


class FakePresignedUrls:
    def presign(self, key: str, *, method: str, now: datetime) -> tuple[str, int]:  # noqa: ARG002
        return f"https://r2.test/bucket/{key}?signed={method}", 600


class FakeShareLinks:
    def sign(self, job_id: str, expires_at: datetime) -> str:
        return f"{job_id}:{expires_at.isoformat()}"

    def verify(self, job_id: str, token: str) -> datetime | None:
        named, _, ends = token.partition(":")
        return datetime.fromisoformat(ends) if named == job_id else None


class FakeProvider:
    """Answers creations with what `answers` holds, in turn; an exception is raised, after the run when `lost`."""

    def __init__(self) -> None:
        self.answers: list[Exception] = []
        self.lost: Exception | None = None
        self.unreadable: Exception | None = None
        self.runs: dict[str, Prediction] = {}
        self.created: list[tuple[str, dict[str, Any], str]] = []
        self.cancelled: list[str] = []

    def create(self, version: str, inputs: Mapping[str, Any], webhook: str) -> Prediction:
        if self.answers:
            raise self.answers.pop(0)
        self.created.append((version, dict(inputs), webhook))
        url = next((value for value in inputs.values() if str(value).startswith("https://")), "")
        run = Prediction(f"run{len(self.created)}", "starting", input_path="/bucket/" + _key(str(url)))
        self.runs[run.id] = run
        if self.lost:
            raise self.lost
        return run

    def cancel(self, prediction_id: str) -> None:
        self.cancelled.append(prediction_id)

    def get(self, prediction_id: str) -> Prediction | None:
        if self.unreadable:
            raise self.unreadable
        return self.runs.get(prediction_id)

    def recent(self, since: datetime, pages: int) -> Iterator[Prediction]:  # noqa: ARG002
        if self.unreadable:
            raise self.unreadable
        yield from reversed(self.runs.values())

    def finish(self, run_id: str, status: str = "succeeded", error: str | None = None) -> Prediction:
        """Let a run end; returns it as a webhook would tell."""
        output = f"https://files.test/{run_id}.png" if status == "succeeded" else None
        ended = dataclasses.replace(self.runs[run_id], status=status, output_url=output, error=error, model_ms=900)
        self.runs[run_id] = ended
        return ended


def _key(url: str) -> str:
    return url.removeprefix("https://r2.test/bucket/").partition("?")[0]


class FakeOutputs:
    def __init__(self, image: bytes) -> None:
        self.image = image
        self.gone = False
        self.failing: Exception | None = None

    def fetch(self, url: str) -> Output:  # noqa: ARG002
        if self.failing:
            raise self.failing
        if self.gone:
            raise OutputGone("the provider answers 404 for its file")
        return Output(io.BytesIO(self.image), len(self.image))


class FakeImaging:
    """Gives the output back as it came, called an image of the wished format."""

    def __init__(self) -> None:
        self.prepared = PreparedImage(None, 40, 30, {"oriented": False})
        self.wishes: list[OutputSpec] = []
        self.originals: list[bytes | None] = []

    def prepare(self, original: bytes, max_pixels: int) -> PreparedImage:  # noqa: ARG002
        return self.prepared

    def finish(self, output: IO[bytes], original: bytes | None, spec: OutputSpec) -> RenderedResult:
        self.wishes.append(spec)
        self.originals.append(original)
        data = output.read()
        return RenderedResult(
            io.BytesIO(data),
            hashlib.sha256(data).hexdigest(),
            len(data),
            f"image/{spec.output_format}",
            160,
            120,
            preview=b"preview",
            thumb=b"thumb",
            report={"colourShift": 0.5} if original else None,
        )
