"""Recover stuck jobs. Trigger: every minute."""

from typing import Any

from enhancer import bootstrap
from enhancer.domain.outcomes import ReconcileAction
from enhancer.observability import bind_job, invocation, logger, put_metrics

SPARE_MS = 36_000  # a look at one job may wait for the provider so long
# The webhook of COMPLETION_RESENT arrived.
RECOVERED = frozenset({ReconcileAction.RUN_ADOPTED, ReconcileAction.COMPLETION_SENT})

reconcile_jobs = bootstrap.reconcile_jobs()


class SweepIncomplete(Exception):
    """Jobs could not be reconciled; each has its line in the log. Raised after the sweep, so that the alarm rings."""


def _reconciled(action: ReconcileAction, problem: Exception | None) -> None:
    """Log and count the action on the job that was read last."""
    logger.info("job reconciled", extra={"action": action, **({"problem": type(problem).__name__} if problem else {})})
    put_metrics({"Reconciled": 1}, {"action": action})
    put_metrics({"RunsRecovered": int(action in RECOVERED)})
    if action is ReconcileAction.UNEXPECTED_ERROR:
        logger.error("reconcile failed", exc_info=problem)


def handler(_event: dict[str, Any], context: Any) -> None:
    """Reconcile the jobs that are due. Raises SweepIncomplete if one of them raised an unexpected error."""
    with invocation(context.aws_request_id):
        actions = reconcile_jobs(lambda: context.get_remaining_time_in_millis() > SPARE_MS, _reconciled)
        bind_job(None)
        logger.info("sweep ended", extra={"actions": actions})
    if failed := actions.get(ReconcileAction.UNEXPECTED_ERROR, 0):
        raise SweepIncomplete(f"{failed} of {sum(actions.values())} jobs could not be reconciled")
