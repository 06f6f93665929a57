"""Create a share link: anyone who has it can see a result until it expires."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from enhancer.domain.authorization import may_change
from enhancer.domain.clock import Clock
from enhancer.domain.messages import Message
from enhancer.domain.owner import Caller
from enhancer.domain.retention import expiry
from enhancer.errors import Conflict, Gone, ValidationFailed
from enhancer.ports import JobRepository, ShareLinks
from enhancer.usecases.steps import find_job

MIN_SECONDS = 300
MAX_SECONDS = 7 * 86_400


@dataclass(frozen=True, slots=True)
class Share:
    """A share link's path with its token, and when it expires."""

    path: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ShareJob:
    """Creates share links."""

    jobs: JobRepository
    shares: ShareLinks
    clock: Clock

    def __call__(self, job_id: str, caller: Caller | None, seconds: int) -> Share:
        """Share a result for so many seconds, at most until it expires.

        Raises Unauthorized, NotFound, ValidationFailed, Conflict while there is no result, Gone if it has expired.
        """
        if not MIN_SECONDS <= seconds <= MAX_SECONDS:
            raise ValidationFailed(
                Message.OUT_OF_RANGE, field="expiresIn", actual=seconds, minimum=MIN_SECONDS, maximum=MAX_SECONDS
            )
        job = find_job(job_id, caller, may_change, jobs=self.jobs)
        if job.output_r2_key is None:
            raise Conflict(Message.JOB_HAS_NO_RESULT, status=job.status.value)
        now, ends = self.clock(), expiry(job.created_at).result
        if now >= ends:
            raise Gone(Message.RESULT_EXPIRED)
        expires_at = min(now + timedelta(seconds=seconds), ends).replace(microsecond=0)
        return Share(f"/r2-ai/{job.output_r2_key}?share={self.shares.sign(job.id, expires_at)}", expires_at)
