"""Delete expired images. Trigger: daily at 03:00 UTC, and RetentionQueue, which continues a run."""

from typing import Any

from enhancer import bootstrap
from enhancer.observability import invocation, logger, put_metrics
from enhancer.sqs_handler import sqs_handler

SPARE_MS = 60_000  # for the message that continues the run

expire_images = bootstrap.expire_images()
delay_retry = bootstrap.retry_delay("RETENTION_QUEUE_URL")


def handler(event: dict[str, Any], context: Any) -> Any:
    """Delete expired images until the time runs short."""

    def expire(message: dict[str, Any]) -> None:
        done = expire_images(
            enough_time=lambda: context.get_remaining_time_in_millis() > SPARE_MS,
            after=message.get("after", ""),
            began=message.get("began", ""),
        )
        logger.info("expired", extra={"done": done})
        if "seen" in done:
            put_metrics(
                {"ImagesScanned": done["seen"], "ImagesDeleted": done["deleted"], "RetentionTime": done["seconds"]}
            )

    if "Records" in event:
        return sqs_handler(expire, delay_retry)(event, context)
    with invocation(context.aws_request_id):
        expire({})
    return None
