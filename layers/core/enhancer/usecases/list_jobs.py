"""List an owner's jobs, newest first, in pages."""

import base64
import json
import re
from dataclasses import dataclass

from enhancer.domain.job import Job
from enhancer.domain.messages import Message
from enhancer.domain.owner import Caller
from enhancer.errors import ValidationFailed
from enhancer.ports import JobRepository

DEFAULT_PAGE = 20
MAX_PAGE = 100
_LONGEST = 100  # characters of a cursor; ours have 80
_CURSOR = re.compile(r'\["(?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)", "(?P<id>[a-z2-7]{1,30})"\]', re.ASCII)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of jobs and the cursor of the next page, None on the last."""

    jobs: list[Job]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class ListJobs:
    """Lists jobs."""

    jobs: JobRepository

    def __call__(self, caller: Caller | None, limit: int = DEFAULT_PAGE, cursor: str = "") -> Page:
        """Return a page of the caller's jobs, none without identity. Raises ValidationFailed for an invalid cursor."""
        if not 1 <= limit <= MAX_PAGE:
            raise ValidationFailed(Message.OUT_OF_RANGE, field="limit", actual=limit, minimum=1, maximum=MAX_PAGE)
        before = _read(cursor) if cursor else None
        found = self.jobs.list_by_owner(caller.owner, limit, before) if caller else []
        return Page(found, _write(found[-1].created_at, found[-1].id) if len(found) == limit else None)


def _write(created_at: str, job_id: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([created_at, job_id]).encode()).decode().rstrip("=")


def _read(cursor: str) -> tuple[str, str]:
    """Read a cursor that `_write` wrote; raises ValidationFailed for any other text.

    DynamoDB would answer a malformed or too long key with an error of its own.
    """
    try:
        text = base64.urlsafe_b64decode(cursor[:_LONGEST] + "=" * (-len(cursor) % 4)).decode()
    except ValueError:
        text = ""
    found = _CURSOR.fullmatch(text)
    if not found or _write(found["at"], found["id"]) != cursor:
        raise ValidationFailed(Message.CURSOR_INVALID, field="cursor")
    return found["at"], found["id"]
