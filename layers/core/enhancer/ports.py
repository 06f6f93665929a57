"""The ports: interfaces to the outside world. Each has an adapter and a fake that pass the same contract tests."""

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
    """The object of an upload: its size in bytes, its first bytes, and the headers stored with it.

    `headers` are all that a client could have had stored, by lower-case names.
    """

    size: int
    head: bytes
    headers: dict[str, str]


class ImageStore(Protocol):
    """The bucket. Keys are complete, with the prefix."""

    def presign_put(self, key: str, size: int, headers: Mapping[str, str], seconds: int) -> PresignedUpload:
        """Return a URL for one PUT of exactly that length with these headers, which are stored with the object.

        `headers` are content-type, cache-control and x-amz-meta-upload.
        """

    def uploaded(self, key: str, length: int) -> Uploaded | None:
        """Return the object with its first `length` bytes, None if there is none."""

    def head(self, key: str, length: int) -> tuple[int, bytes] | None:
        """Return the object's size in bytes and its first `length` bytes, None if there is none."""

    def read(self, key: str, start: int = 0) -> bytes:
        """Return the object's bytes from `start` to the end."""

    def write(
        self,
        key: str,
        body: bytes | IO[bytes],
        content_type: str,
        cache_control: str,
        disposition: str | None = None,
    ) -> None:
        """Store an object with its headers, replacing any earlier one."""

    def copy(self, source: str, target: str) -> bool:
        """Copy an object with its headers inside the bucket; return False if there is none."""

    def delete(self, keys: Iterable[str]) -> None:
        """Delete objects; missing ones count as deleted."""

    def list(self, prefix: str, after: str = "") -> Iterator[StoredImage]:
        """Return the objects under a prefix whose keys come after `after`, in the order of keys, page by page."""


class PresignedUrls(Protocol):
    """Presigned URLs with which anyone can read one object until they expire."""

    def presign(self, key: str, *, method: str, now: datetime) -> tuple[str, int]:
        """Return a URL for GET or HEAD that stays the same within a window, and the seconds left in the window."""


class ShareLinks(Protocol):
    """Tokens with which anyone can see a job's result until they expire."""

    def sign(self, job_id: str, expires_at: datetime) -> str:
        """Return a token for the job's result."""

    def verify(self, job_id: str, token: str) -> datetime | None:
        """Return when a token for this job expires; None for any other text."""


class Identities(Protocol):
    """Identities of callers."""

    def caller(self, headers: Mapping[str, str], cookies: Sequence[str]) -> Caller | None:
        """Identify the caller by headers (lower-case names) and cookies (`name=value`). Raises Unauthorized."""

    def mint(self) -> tuple[Caller, Any]:
        """Create a guest and the cookie that identifies it in later requests."""


class Provider(Protocol):
    """The AI provider."""

    def create(self, version: str, inputs: Mapping[str, Any], webhook: str) -> Prediction:
        """Start a run. It costs money, so the call is never repeated here. Raises NotCreated or OutcomeUnknown.

        `version` is `owner/name:version`.
        """

    def cancel(self, prediction_id: str) -> None:
        """Ask the provider to cancel a run; one that has ended does not change. Raises ProviderError."""

    def get(self, prediction_id: str) -> Prediction | None:
        """Return a run, None if the provider does not know it. Raises ProviderError."""

    def recent(self, since: datetime, pages: int) -> Iterator[Prediction]:
        """Return runs created at or after `since`, newest first, at most so many pages. Raises ProviderError."""


@dataclass(frozen=True, slots=True)
class Output:
    """A model's output as the provider sent it: an open file at its start, and its size in bytes."""

    file: IO[bytes]
    size: int


@dataclass(frozen=True, slots=True)
class PreparedImage:
    """An original prepared for a model, with its width and height in pixels as the model gets it.

    `image` is None if nothing had to change, else a JPEG or a PNG; `report` lists the changes.
    """

    image: bytes | None
    width: int
    height: int
    report: dict[str, Any]


@dataclass(frozen=True, slots=True)
class OutputSpec:
    """The required properties of a result: its size in pixels, `png`, `webp` or `jpeg`, and an XMP packet.

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

    `preview` and `thumb` are WebP, at most 2048 and 320 pixels on the longer side; `report` says how faithful the
    result is. Each of the three is None if it could not be made: the result is kept without it.
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
    """Image processing."""

    def prepare(self, original: bytes, max_pixels: int) -> PreparedImage:
        """Prepare an original: upright, no metadata, at most `max_pixels`, RGB or RGBA. Raises UnreadableImage."""

    def finish(self, output: IO[bytes], original: bytes | None, spec: OutputSpec) -> RenderedResult:
        """Render the output as specified, with its original's profile and transparency. Raises UnreadableImage."""


class Outputs(Protocol):
    """The provider's files."""

    def fetch(self, url: str) -> Output:
        """Copy a result into a temporary file. Raises OutputGone, or ProviderError if a repeat may succeed."""


class Messages(Protocol):
    """The queues. All raise MessageNotSent."""

    def start(self, job_id: str, delay: int = 0) -> None:
        """Ask for the job to be started, `delay` seconds from now (at most 900)."""

    def complete(self, job_id: str, prediction: Prediction, delivery: Delivery | None = None) -> None:
        """Ask for the job to be finished with the reported state of its run."""

    def expire(self, after: str, began: str) -> None:
        """Ask for the deletion of expired images to continue after a key; the first run `began` at that instant."""
