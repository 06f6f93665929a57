"""Let an owner see one of a job's pictures: the row decides, then a short-lived link serves it."""

from dataclasses import dataclass
from datetime import datetime

from enhancer.domain import keys
from enhancer.domain.clock import Clock
from enhancer.domain.job import Job
from enhancer.domain.owner import Owner
from enhancer.domain.retention import expiry
from enhancer.errors import Forbidden, Gone, NotFound, Unauthorized
from enhancer.ports import Jobs, ReadLinks


@dataclass(frozen=True, slots=True)
class Link:
    """Where the picture is, and for how many seconds this answer stays true."""

    url: str
    seconds: int


def show_picture(
    key: str, owner: Owner | None, *, method: str, jobs: Jobs, links: ReadLinks, prefix: str, clock: Clock
) -> Link:
    """A link for the picture under `key`, which must equal a key of the row byte for byte.

    Raises NotFound, Unauthorized without an owner, Forbidden for another's picture, Gone when it was deleted or is past
    its time, even while the object still exists.
    """
    named = keys.parse(prefix, key)
    if named is None:
        raise NotFound("There is no such picture.")
    if owner is None:
        raise Unauthorized("Sign in, or send the cookie you got with your upload, to see this picture.")
    job = jobs.get(named.job_id, consistent=True)
    if job is None:
        raise NotFound("There is no such picture.")
    if job.owner.reference != owner.reference:
        raise Forbidden("This picture belongs to somebody else.")
    now = clock()
    ends = _ends(job, key)
    if ends is None:
        raise NotFound("There is no such picture.")
    if job.deleted_at or now >= ends:
        raise Gone("This picture was deleted." if job.deleted_at else "This picture's time is over and it was deleted.")
    url, seconds = links.link(key, method=method, now=now)
    return Link(url, min(seconds, int((ends - now).total_seconds())))


def _ends(job: Job, key: str) -> datetime | None:
    ends = expiry(job.created_at)
    if key == job.input_r2_key:
        return ends.original
    return ends.result if key in (job.output_r2_key, job.preview_r2_key, job.thumb_r2_key) else None
