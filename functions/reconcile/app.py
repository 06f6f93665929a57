"""Move jobs that nobody moves any more. Trigger: every minute."""

from typing import Any

from enhancer import bootstrap
from enhancer.observability import logger
from enhancer.usecases.reconcile_jobs import reconcile_jobs

reconciler = bootstrap.reconciler()


def handler(_event: dict[str, Any], context: Any) -> None:
    """Look once at the jobs that are due."""
    logger.set_correlation_id(context.aws_request_id)
    logger.info("reconciled", extra={"treated": reconcile_jobs(reconciler)})
