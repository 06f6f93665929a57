"""Let an owner see one of a job's pictures: the row decides, then a short-lived link serves it."""

from dataclasses import dataclass
from datetime import datetime

from enhancer.domain import keys
from enhancer.domain.clock import Clock
from enhancer.domain.job import Job
from enhancer.domain.messages import Message
from enhancer.domain.owner import Caller
from enhancer.domain.retention import expiry
from enhancer.errors import Forbidden, Gone, NotFound, Unauthorized
from enhancer.ports import Jobs, ReadLinks, ShareLinks


@dataclass(frozen=True, slots=True)
class Link:
    """Where the picture is, for how many seconds this answer stays true, and the picture's job."""

    url: str
    seconds: int
    job: Job


def show_picture(
    key: str,
    caller: Caller | None,
    share: str,
    *,
    method: str,
    jobs: Jobs,
    links: ReadLinks,
    shares: ShareLinks,
    prefix: str,
    clock: Clock,
) -> Link:
    """A presigned URL for the image under `key`, which must equal a key of the row byte for byte.

    Its owner and admins have access; with its `share` token, anyone has access to a result. Raises NotFound,
    Unauthorized for a caller without identity, Forbidden for another owner's image, Gone if the image was deleted or
    if it or the share link has expired, even while the object still exists.
    """
    job_id = keys.job_id_in(prefix, key)
    if job_id is None:
        raise NotFound(Message.IMAGE_NOT_FOUND)
    if caller is None and not share:
        raise Unauthorized(Message.SIGN_IN_TO_SEE_IMAGE)
    job = jobs.get(job_id, consistent=True)
    if job is None:
        raise NotFound(Message.IMAGE_NOT_FOUND)
    now, ends = clock(), _ends(job, key)
    if ends is None:
        raise NotFound(Message.IMAGE_NOT_FOUND)
    if caller is None or not (caller.is_admin or job.owner.reference == caller.owner.reference):
        ends = min(ends, _shared(job, key, share, shares, now))
    if job.deleted_at or now >= ends:
        raise Gone(Message.IMAGE_DELETED if job.deleted_at else Message.IMAGE_EXPIRED)
    url, seconds = links.link(key, method=method, now=now)
    return Link(url, min(seconds, int((ends - now).total_seconds())), job)


def _shared(job: Job, key: str, share: str, shares: ShareLinks, now: datetime) -> datetime:
    """When the link that was brought ends. Raises Forbidden, Gone."""
    ends = shares.verify(job.id, share) if share and key != job.input_r2_key else None
    if ends is None:
        raise Forbidden(Message.IMAGE_FORBIDDEN)
    if now >= ends:
        raise Gone(Message.SHARE_LINK_EXPIRED)
    return ends


def _ends(job: Job, key: str) -> datetime | None:
    ends = expiry(job.created_at)
    if key == job.input_r2_key:
        return ends.original
    return ends.result if key in (job.output_r2_key, job.preview_r2_key, job.thumb_r2_key) else None
