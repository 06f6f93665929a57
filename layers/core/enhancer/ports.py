"""What the use cases need of the outside world. Each port has an adapter and a fake under the same contract tests."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, Protocol

from enhancer.domain.job import Job, Transition
from enhancer.domain.limits import Quota, QuotaSlot
from enhancer.domain.owner import Caller, Owner
from enhancer.domain.prediction import Delivery, Prediction


class JobRepository(Protocol):
    """JobsTable, and the transactions that it shares with UsageTable."""

    def create(self, job: Job, slot: QuotaSlot) -> None:
        """Write the row and charge the owner's quota, both or neither.

        Raises Conflict if the row exists, ConcurrentUpdate if the quota is not as the slot assumes or is being written.
        """

    def get(self, job_id: str, *, consistent: bool = False) -> Job | None:
        """Return a row, None if there is none."""

    def move(self, job_id: str, transition: Transition, changes: Mapping[str, Any], where: Mapping[str, Any]) -> Job:
        """Make a transition in one conditional update and return the row after it.

        `changes` maps attributes to new values, `where` to values they must have; None means absent in both. Raises
        TransitionRefused with the row as found, ConcurrentUpdate if transactions held it through several tries.
        """

    def finish(
        self, job: Job, transition: Transition, changes: Mapping[str, Any], *, refund: bool, ran: bool = True
    ) -> bool:
        """Make a terminal transition and, with `refund`, take the job off the quota, both or neither.

        `ran` says that the provider may have accepted a run of it: a quota refunds only so many of those.

        Succeeds only if the job's run is still the one in `job` and the job was not deleted since it was read. Returns
        whether the quota was refunded: it is not when its window has ended, is empty, or has had its refunds. Raises
        TransitionRefused with the row as found; ConcurrentUpdate, with nothing done, while another transaction holds
        the row or the quota, or the table is throttled (`usecases/steps.py` tries again).
        """

    def reschedule_check(self, job: Job, check_at: str) -> None:
        """Set when reconcile checks the job next; nothing happens if the job has changed since it was read.

        Raises ConcurrentUpdate as `move` does.
        """

    def update(self, job: Job, changes: Mapping[str, Any]) -> Job:
        """Change attributes without a transition, while the job is in the state and attempt that was read.

        Returns the row after it. Raises as `move` does.
        """

    def list_by_owner(self, owner: Owner, limit: int, before: tuple[str, str] | None) -> list[Job]:
        """Return at most `limit` jobs, newest first; `before` is `created_at` and id of the last one of a page."""

    def due_for_check(self, due: str, limit: int) -> Iterable[str]:
        """Return ids of at most `limit` jobs whose `check_at` is at or before `due`, longest waiting first."""


class UsageStore(Protocol):
    """UsageTable: quotas, counters, values with an expiry, and leases."""

    def quota(self, owner: Owner) -> Quota | None:
        """Return the owner's quota as stored, also if its window has ended."""

    def quota_and_counter(self, owner: Owner, counter: str) -> tuple[Quota | None, int]:
        """Return the owner's quota as stored and a counter's value, 0 if there is none, in one read."""

    def count(self, key: str, limit: int, expires_at: int, *, by: int = 1, capped: bool = False) -> int:
        """Add `by` to a counter and return it. A `capped` counter stops at `limit` and then returns one more."""

    def get_values(self, key: str, now: datetime) -> dict[str, str]:
        """Return the values that are stored under a key; empty if there are none or they have expired."""

    def put_if_absent(self, key: str, values: Mapping[str, str], now: datetime, seconds: int) -> dict[str, str]:
        """Store values under a key for so many seconds unless there are some; return those that are stored."""

    def lease(self, name: str, now: datetime, seconds: int) -> bool:
        """Take the named lease for so many seconds; return False while another holder has it."""

    def release(self, name: str) -> None:
        """Release the named lease before it expires."""


@dataclass(frozen=True, slots=True)
class PresignedUpload:
    """A URL for one PUT and the headers that must go with it."""

    url: str
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class StoredImage:
    """A listed object: its key and when it was written."""

    key: str
    written_at: datetime


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What lies where an upload was expected: its size in bytes, its first bytes, and the headers stored with it.

    `headers` are all that a client could have had stored, by lower-case names.
    """

    size: int
    head: bytes
    headers: dict[str, str]


class ImageStore(Protocol):
    """The bucket. Keys are whole keys."""

    def presign_put(self, key: str, size: int, headers: Mapping[str, str], seconds: int) -> PresignedUpload:
        """A URL that takes exactly one body of that length, once, with these headers, which are stored with it.

        `headers` are content-type, cache-control and x-amz-meta-upload.
        """

    def uploaded(self, key: str, length: int) -> Uploaded | None:
        """The object with its first `length` bytes, None if there is no object."""

    def head(self, key: str, length: int) -> tuple[int, bytes] | None:
        """The object's size in bytes and its first `length` bytes, None if there is no object."""

    def read(self, key: str, start: int = 0) -> bytes:
        """The object's bytes from `start` on."""

    def write(
        self,
        key: str,
        body: bytes | IO[bytes],
        content_type: str,
        cache_control: str,
        disposition: str | None = None,
    ) -> None:
        """Store an object under its policy, over any earlier one."""

    def copy(self, source: str, target: str) -> bool:
        """Copy an object with its headers inside the bucket; whether there was one."""

    def delete(self, keys: Iterable[str]) -> None:
        """Remove objects; those that are not there count as removed."""

    def list(self, prefix: str, after: str = "") -> Iterator[StoredImage]:
        """All objects below a prefix in the order of their keys, page by page, from the first behind `after` on."""


class PresignedUrls(Protocol):
    """Links with which anyone may read one object for a while."""

    def presign(self, key: str, *, method: str, now: datetime) -> tuple[str, int]:
        """A signed URL for GET or HEAD that stays the same within a window, and the seconds left in the window."""


class ShareLinks(Protocol):
    """Tokens with which anyone may see a job's result."""

    def sign(self, job_id: str, expires_at: datetime) -> str:
        """A token for the job's result."""

    def verify(self, job_id: str, token: str) -> datetime | None:
        """When a token for this job ends; None for any other text."""


class Identities(Protocol):
    """Who makes a request."""

    def caller(self, headers: Mapping[str, str], cookies: Sequence[str]) -> Caller | None:
        """The caller behind headers (lower-case names) and cookies (`name=value`). Raises Unauthorized."""

    def mint(self) -> tuple[Caller, Any]:
        """A new guest and the cookie that lets it come back."""


class Provider(Protocol):
    """The AI provider."""

    def create(self, version: str, inputs: Mapping[str, Any], webhook: str) -> Prediction:
        """Start a run: costs money and is never repeated here. Raises NotCreated or OutcomeUnknown.

        `version` is `owner/name:version`.
        """

    def cancel(self, prediction_id: str) -> None:
        """Ask for a run to be ended; one that has ended stays as it is. Raises ProviderError."""

    def get(self, prediction_id: str) -> Prediction | None:
        """One run, None if the provider does not know it. Raises ProviderError."""

    def recent(self, since: datetime, pages: int) -> Iterator[Prediction]:
        """Runs created at or after `since`, newest first, at most so many pages. Raises ProviderError."""


@dataclass(frozen=True, slots=True)
class Output:
    """What a model made, as it came from the provider: an open file at its start, and its size in bytes."""

    file: IO[bytes]
    size: int


@dataclass(frozen=True, slots=True)
class PreparedImage:
    """An original made fit for a model, its width and height in pixels as the model gets it.

    `image` is None when nothing had to change, else a JPEG or a PNG; `report` says what was done.
    """

    image: bytes | None
    width: int
    height: int
    report: dict[str, Any]


@dataclass(frozen=True, slots=True)
class OutputSpec:
    """What a result has to be: its size in pixels, `png`, `webp` or `jpeg`, with an XMP packet.

    The sides of `size` are in the order of the original as it is stored; the image may lie on its side there.
    `quality` is 1 to 100, of webp and jpeg.
    """

    size: tuple[int, int]
    output_format: str
    quality: int
    xmp: bytes


@dataclass(frozen=True, slots=True)
class RenderedResult:
    """A result: an open file at its start, its digest, size in bytes, type, and width and height in pixels.

    With it reductions as WebP, at most 2048 and 320 pixels on the longer side, and how faithful it is. Each of the
    three is None where it could not be made: a result is not lost for want of them.
    """

    file: IO[bytes]
    sha256: str
    size: int
    content_type: str
    width: int
    height: int
    preview: bytes | None
    thumb: bytes | None
    report: dict[str, Any] | None


class Imaging(Protocol):
    """Work on pixels."""

    def prepare(self, original: bytes, max_pixels: int) -> PreparedImage:
        """Upright, without metadata, within the model's pixels, as RGB or RGBA. Raises UnreadableImage."""

    def finish(self, output: IO[bytes], original: bytes | None, spec: OutputSpec) -> RenderedResult:
        """The output as it was wished for, with its original's profile and transparency. Raises UnreadableImage."""


class Outputs(Protocol):
    """The provider's files."""

    def fetch(self, url: str) -> Output:
        """Copy a result into a temporary file. Raises OutputGone, or ProviderError where a repeat may help."""


class Messages(Protocol):
    """The queues. All raise MessageNotSent."""

    def start(self, job_id: str, delay: int = 0) -> None:
        """Ask for the job to be started, `delay` seconds from now (at most 900)."""

    def complete(self, job_id: str, prediction: Prediction, delivery: Delivery | None = None) -> None:
        """Ask for the job to be finished with what is known of its run."""

    def expire(self, after: str, began: str) -> None:
        """Ask for the deletion of expired images to go on behind a key; its first run began at that instant."""
