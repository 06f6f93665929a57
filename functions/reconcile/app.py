"""Move jobs that nobody moves any more. Trigger: every minute."""

from typing import Any

from enhancer import bootstrap
from enhancer.observability import about, invocation, logger, record
from enhancer.usecases.reconcile_jobs import reconcile_jobs

SPARE_MS = 36_000  # a look at one job may wait for the provider so long
BROUGHT_HOME = frozenset({"run adopted", "completion sent"})  # not "completion resent": its webhook had come

reconciler = bootstrap.reconciler()


class SweepIncomplete(Exception):
    """Jobs could not be treated; each has its line in the log. Raised behind the sweep, so that its alarm can ring."""


def _treated(treatment: str, problem: Exception | None) -> None:
    """Of the job whose row was read last, which the lines are about."""
    logger.info("treated", extra={"treatment": treatment})
    if problem:
        logger.error("treatment failed", exc_info=problem)
    record({"Reconciled": 1}, {"treatment": treatment})
    record({"BroughtHome": int(treatment in BROUGHT_HOME)})


def handler(_event: dict[str, Any], context: Any) -> None:
    """Look once at the jobs that are due. Raises SweepIncomplete where one of them raised what nobody had foreseen."""
    failed = 0

    def told(treatment: str, problem: Exception | None) -> None:
        nonlocal failed
        failed += problem is not None
        _treated(treatment, problem)

    with invocation(context.aws_request_id):
        treated = reconcile_jobs(reconciler, lambda: context.get_remaining_time_in_millis() > SPARE_MS, told)
        about(None)
        logger.info("reconciled", extra={"treated": treated})
    if failed:
        raise SweepIncomplete(f"{failed} of {sum(treated.values())} jobs could not be treated")
