"""Start jobs at the provider. Trigger: StartQueue."""

from enhancer import bootstrap
from enhancer.domain.outcomes import StartOutcome
from enhancer.observability import count, logger, record
from enhancer.sqs_handler import serve

start_job = bootstrap.start_job()


def _start(message: dict[str, str]) -> None:
    outcome = start_job(message["job_id"])
    logger.info("start", extra={"outcome": outcome})
    record({"Starts": 1}, {"outcome": outcome})
    if outcome is StartOutcome.SPEND_LIMIT_REACHED:
        count("SpendCeilingReached")


handler = serve(_start, bootstrap.pauses("START_QUEUE_URL"))
