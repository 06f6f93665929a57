"""Start jobs at the provider. Trigger: StartQueue."""

from enhancer import bootstrap
from enhancer.domain.outcomes import StartOutcome
from enhancer.observability import count, logger, put_metrics
from enhancer.sqs_handler import sqs_handler

start_job = bootstrap.start_job()


def _start(message: dict[str, str]) -> None:
    outcome = start_job(message["job_id"])
    logger.info("start", extra={"outcome": outcome})
    put_metrics({"StartOutcomes": 1}, {"outcome": outcome})
    if outcome is StartOutcome.DAILY_RUN_LIMIT_REACHED:
        count("DailyRunLimitReached")


handler = sqs_handler(_start, bootstrap.retry_delay("START_QUEUE_URL"))
