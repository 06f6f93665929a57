"""Give access to one of a job's images: the row decides, then a presigned URL serves it."""

from dataclasses import dataclass
from datetime import datetime

from enhancer.domain import keys
from enhancer.domain.authorization import may_read
from enhancer.domain.clock import Clock
from enhancer.domain.job import Job
from enhancer.domain.messages import Message
from enhancer.domain.owner import Caller
from enhancer.domain.retention import expiry
from enhancer.errors import Forbidden, Gone, NotFound, Unauthorized
from enhancer.ports import JobRepository, PresignedUrls, ShareLinks


@dataclass(frozen=True, slots=True)
class Link:
    """A presigned URL of an image, the seconds for which it may be cached, and the image's job."""

    url: str
    seconds: int
    job: Job


@dataclass(frozen=True, slots=True)
class ShowImage:
    """Gives access to images."""

    jobs: JobRepository
    urls: PresignedUrls
    shares: ShareLinks
    prefix: str
    clock: Clock

    def __call__(self, key: str, caller: Caller | None, share: str, method: str) -> Link:
        """Return a presigned URL of the image under `key`, which must equal a key of the row byte for byte.

        The job's owner and admins have access; with a `share` token, anyone has access to the result. Raises NotFound,
        Unauthorized for a caller without identity, Forbidden for another owner's image, Gone if the image was deleted
        or if it or the share link has expired, even while the object still exists.
        """
        job_id = keys.job_id_in(self.prefix, key)
        if job_id is None:
            raise NotFound(Message.IMAGE_NOT_FOUND)
        if caller is None and not share:
            raise Unauthorized(Message.SIGN_IN_TO_SEE_IMAGE)
        job = self.jobs.get(job_id, consistent=True)
        if job is None:
            raise NotFound(Message.IMAGE_NOT_FOUND)
        now, ends = self.clock(), _expiry_of(key, job)
        if ends is None:
            raise NotFound(Message.IMAGE_NOT_FOUND)
        if caller is None or not may_read(caller, job):
            ends = min(ends, self._share_expiry(job, key, share, now))
        if job.deleted_at or now >= ends:
            raise Gone(Message.IMAGE_DELETED if job.deleted_at else Message.IMAGE_EXPIRED)
        url, seconds = self.urls.presign(key, method=method, now=now)
        return Link(url, min(seconds, int((ends - now).total_seconds())), job)

    def _share_expiry(self, job: Job, key: str, share: str, now: datetime) -> datetime:
        """Return when the share link expires. Raises Forbidden, Gone."""
        ends = self.shares.verify(job.id, share) if share and key != job.input_r2_key else None
        if ends is None:
            raise Forbidden(Message.IMAGE_FORBIDDEN)
        if now >= ends:
            raise Gone(Message.SHARE_LINK_EXPIRED)
        return ends


def _expiry_of(key: str, job: Job) -> datetime | None:
    ends = expiry(job.created_at)
    if key == job.input_r2_key:
        return ends.original
    return ends.result if key in (job.output_r2_key, job.preview_r2_key, job.thumb_r2_key) else None
