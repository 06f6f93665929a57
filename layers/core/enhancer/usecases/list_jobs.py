"""Show an owner's jobs, newest first, a page at a time."""

import base64
import json
from dataclasses import dataclass

from enhancer.domain.job import Job
from enhancer.domain.owner import Caller
from enhancer.errors import ValidationFailed
from enhancer.ports import Jobs

DEFAULT_PAGE = 20
MAX_PAGE = 100


@dataclass(frozen=True, slots=True)
class Page:
    """Some jobs, and where the next page begins; None on the last."""

    jobs: list[Job]
    next_cursor: str | None


def list_jobs(caller: Caller | None, *, jobs: Jobs, limit: int = DEFAULT_PAGE, cursor: str = "") -> Page:
    """A page of the caller's jobs; whoever is not known has none. Raises ValidationFailed for a cursor not of ours."""
    if not 1 <= limit <= MAX_PAGE:
        raise ValidationFailed(
            "{field} is {actual}; it must be from {minimum} to {maximum}.",
            field="limit",
            actual=limit,
            minimum=1,
            maximum=MAX_PAGE,
        )
    before = _read(cursor) if cursor else None
    found = jobs.of_owner(caller.owner, limit, before) if caller else []
    return Page(found, _write(found[-1]) if len(found) == limit else None)


def _write(last: Job) -> str:
    return base64.urlsafe_b64encode(json.dumps([last.created_at, last.id]).encode()).decode().rstrip("=")


def _read(cursor: str) -> tuple[str, str]:
    try:
        created_at, job_id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, TypeError, RecursionError):
        raise ValidationFailed("{field} is not one that this list gave.", field="cursor") from None
    if not isinstance(created_at, str) or not isinstance(job_id, str) or not created_at or not job_id:
        raise ValidationFailed("{field} is not one that this list gave.", field="cursor")
    return created_at, job_id
