"""Create a job under an Idempotency-Key: the same request makes the same job, however often it is sent."""

import hashlib
import re
from collections.abc import Callable
from typing import Literal

from enhancer.domain.clock import Clock
from enhancer.domain.job import Job
from enhancer.domain.limits import DAY
from enhancer.domain.messages import Message
from enhancer.domain.owner import Owner
from enhancer.errors import Conflict, IdempotencyMismatch, ValidationFailed
from enhancer.ports import Jobs, Usage
from enhancer.usecases.read_job import own_job

Route = Literal["jobs", "generate"]
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


def create_once(
    key: str,
    route: Route,
    request: bytes,
    job_id: str,
    owner: Owner,
    create: Callable[[str], Job],
    *,
    jobs: Jobs,
    usage: Usage,
    clock: Clock,
) -> Job:
    """Call `create` with `job_id`, or with the id that the same key got before; without a key just `create`.

    `request` is what must be equal for the key to mean the same. The id may be one that the request named, so the job
    behind it is returned only if it is the owner's.

    Raises ValidationFailed for a malformed key, IdempotencyMismatch for another request, NotFound for a job that is
    another's or deleted, and what `create` raises: then nothing was made, and the same key may try again.
    """
    if not key:
        return create(job_id)
    if not _KEY.fullmatch(key):
        raise ValidationFailed(Message.IDEMPOTENCY_KEY_INVALID, field="Idempotency-Key")
    digest = hashlib.sha256(key.encode()).hexdigest()
    wanted = {"fingerprint": hashlib.sha256(request).hexdigest(), "job_id": job_id}
    kept = usage.remember(f"once#{route}#{owner.reference}#{digest}", wanted, clock(), DAY)
    if kept["fingerprint"] != wanted["fingerprint"]:
        raise IdempotencyMismatch(Message.IDEMPOTENCY_KEY_REUSED)
    found = jobs.get(kept["job_id"], consistent=True)
    if found:
        return own_job(found, owner)
    try:
        return create(kept["job_id"])
    except Conflict:
        found = jobs.get(kept["job_id"], consistent=True)
        if found is None:
            raise
        return own_job(found, owner)
