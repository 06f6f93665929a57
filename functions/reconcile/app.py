"""Recover stuck jobs. Trigger: every minute."""

from typing import Any

from enhancer import bootstrap
from enhancer.domain.outcomes import ReconcileAction
from enhancer.observability import bind_job, invocation, logger, put_metrics

SPARE_MS = 36_000  # a look at one job may wait for the provider so long
RECOVERED = frozenset(
    {ReconcileAction.RUN_ADOPTED, ReconcileAction.COMPLETION_SENT}
)  # of COMPLETION_RESENT the webhook came

reconcile_jobs = bootstrap.reconcile_jobs()


class SweepIncomplete(Exception):
    """Jobs could not be treated; each has its line in the log. Raised behind the sweep, so that its alarm can ring."""


def _reconciled(treatment: ReconcileAction, problem: Exception | None) -> None:
    """Log the treatment of the job that was read last, and count it."""
    logger.info("treated", extra={"treatment": treatment, **({"problem": type(problem).__name__} if problem else {})})
    put_metrics({"Reconciled": 1}, {"treatment": treatment})
    put_metrics({"RunsRecovered": int(treatment in RECOVERED)})
    if treatment is ReconcileAction.UNEXPECTED_ERROR:
        logger.error("treatment failed", exc_info=problem)


def handler(_event: dict[str, Any], context: Any) -> None:
    """Look once at the jobs that are due. Raises SweepIncomplete if one of them raised an unexpected error."""
    with invocation(context.aws_request_id):
        treated = reconcile_jobs(lambda: context.get_remaining_time_in_millis() > SPARE_MS, _reconciled)
        bind_job(None)
        logger.info("reconciled", extra={"treated": treated})
    if failed := treated.get(ReconcileAction.UNEXPECTED_ERROR, 0):
        raise SweepIncomplete(f"{failed} of {sum(treated.values())} jobs could not be treated")
