"""End a job, whatever else its owner's requests do at the same time."""

from collections.abc import Mapping
from typing import Any

from enhancer.contention import settled
from enhancer.domain.clock import Clock, to_text
from enhancer.domain.job import Job, Transition
from enhancer.ports import Jobs


def end_job(
    job: Job,
    transition: Transition,
    changes: Mapping[str, Any],
    *,
    refund: bool,
    ran: bool = True,
    jobs: Jobs,
    clock: Clock,
) -> None:
    """Make a terminal transition, tried up to five times while another transaction holds the row or the window.

    `ran` says that the provider may have accepted a run: a window gives back only so many of those. Raises
    TransitionRefused with the row as found, Contended after the fifth try.
    """
    now = to_text(clock())
    final = {**changes, "finished_at": now, "updated_at": now}
    settled(lambda: jobs.end(job, transition, final, refund=refund, ran=ran))
