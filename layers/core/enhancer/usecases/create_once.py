"""Create a job under an Idempotency-Key: a repeated request returns the job that the first one created."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from enhancer.domain.authorization import owns
from enhancer.domain.clock import Clock
from enhancer.domain.job import Job
from enhancer.domain.limits import DAY
from enhancer.domain.messages import Message
from enhancer.domain.owner import Owner
from enhancer.errors import Conflict, IdempotencyMismatch, NotFound, ValidationFailed
from enhancer.ports import JobRepository, UsageStore
from enhancer.usecases.create_job import NewJob

Route = Literal["jobs", "generate"]
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


@dataclass(frozen=True, slots=True)
class CreateOnce:
    """Creates jobs under an Idempotency-Key."""

    create_job: Callable[[NewJob], Job]
    jobs: JobRepository
    usage: UsageStore
    clock: Clock

    def __call__(self, new: NewJob, key: str, route: Route, request: bytes) -> Job:
        """Create a job, or return the one that the same key created before; without a key just create it.

        `request` must be equal when a key is repeated. The stored job id may have been named by the request, so the
        job is returned only if it is the owner's.

        Raises ValidationFailed for a malformed key, IdempotencyMismatch for another request, NotFound for a job that is
        another owner's or deleted, and what CreateJob raises: then nothing was created, and the key may be used again.
        """
        if not key:
            return self.create_job(new)
        if not _KEY.fullmatch(key):
            raise ValidationFailed(Message.IDEMPOTENCY_KEY_INVALID, field="Idempotency-Key")
        digest = hashlib.sha256(key.encode()).hexdigest()
        wanted = {"fingerprint": hashlib.sha256(request).hexdigest(), "job_id": new.job_id}
        stored = self.usage.put_if_absent(f"once#{route}#{new.owner.reference}#{digest}", wanted, self.clock(), DAY)
        if stored["fingerprint"] != wanted["fingerprint"]:
            raise IdempotencyMismatch(Message.IDEMPOTENCY_KEY_REUSED)
        found = self.jobs.get(stored["job_id"], consistent=True)
        if found:
            return _own(found, new.owner)
        try:
            return self.create_job(replace(new, job_id=stored["job_id"]))
        except Conflict:
            found = self.jobs.get(stored["job_id"], consistent=True)
            if found is None:
                raise
            return _own(found, new.owner)


def _own(job: Job, owner: Owner) -> Job:
    if job.deleted_at or not owns(owner, job):
        raise NotFound(Message.JOB_NOT_FOUND)
    return job
