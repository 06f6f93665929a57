"""Finish jobs whose run has ended: store the result in R2, then update the row. Trigger: CompletionQueue."""

from typing import Any

from enhancer import bootstrap
from enhancer.domain.prediction import Delivery, Prediction
from enhancer.observability import bind_job, logger
from enhancer.sqs_handler import sqs_handler

complete_job = bootstrap.complete_job()


def _complete(message: dict[str, Any]) -> None:
    run = Prediction.from_message(message["prediction"])
    bind_job(message["job_id"], run.id)
    delivery = Delivery.from_message(message["delivery"], run) if "delivery" in message else None
    outcome = complete_job(message["job_id"], run, delivery)
    logger.info("completion", extra={"outcome": outcome, "provider_status": run.status})


handler = sqs_handler(_complete, bootstrap.retry_delay("COMPLETION_QUEUE_URL"))
