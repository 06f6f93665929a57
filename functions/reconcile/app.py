"""Move jobs that nobody moves any more. Trigger: every minute."""

from typing import Any

from enhancer import bootstrap
from enhancer.observability import logger
from enhancer.usecases.reconcile_jobs import reconcile_jobs

SPARE_MS = 15_000  # a look at one job may wait for the provider so long

reconciler = bootstrap.reconciler()


def handler(_event: dict[str, Any], context: Any) -> None:
    """Look once at the jobs that are due."""
    logger.set_correlation_id(context.aws_request_id)
    treated = reconcile_jobs(reconciler, lambda: context.get_remaining_time_in_millis() > SPARE_MS)
    logger.info("reconciled", extra={"treated": treated})
