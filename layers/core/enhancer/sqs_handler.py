"""SQS batches with partial failures: a message that fails is delivered again soon, the others are not."""

import random
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from enhancer.errors import MessageNotSent
from enhancer.observability import bind_job, count, logger, reset_log_context

Handler = Callable[[dict[str, Any], Any], Any]
DelayRetry = Callable[[str, int], None]

RETRY_DELAYS = (5, 30, 150, 600)
"""Seconds from a failure to the next delivery. After the last one a message goes to the dead-letter queue at once, a
quarter of an hour after its first failure: well before the provider erases a result, an hour after its run. If the
process dies, the message is delivered again when the queue's visibility timeout expires."""
JITTER = 0.2


def sqs_handler(work: Callable[[dict[str, Any]], None], delay_retry: DelayRetry) -> Handler:
    """Make the Lambda handler that passes each message's JSON body to `work`; a message that raises is delivered again.

    `delay_retry` hides a message, by its receipt handle, for so many more seconds.
    """
    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)

    def handle(record: SQSRecord, lambda_context: Any) -> None:  # Powertools passes them by these names
        reset_log_context(lambda_context.aws_request_id)
        try:
            body = record.json_body
            bind_job(body.get("job_id"))
            work(body)
        except Exception:
            logger.exception("message failed")
            count("MessagesFailed")
            _delay(record, delay_retry)
            raise

    def handler(event: dict[str, Any], context: Any) -> Any:
        return process_partial_response(event=event, record_handler=handle, processor=processor, context=context)

    return handler


def _delay(record: SQSRecord, delay_retry: DelayRetry) -> None:
    seconds = retry_delay_after(int(record.attributes.approximate_receive_count))
    try:
        delay_retry(record.receipt_handle, seconds)
    except MessageNotSent:  # it is delivered again in any case, when the visibility timeout expires
        logger.exception("message not hidden for the pause")


def retry_delay_after(received: int) -> int:
    """Return the seconds until a failed message is delivered again, by its number of deliveries; 0 after the last."""
    if received > len(RETRY_DELAYS):
        return 0
    return round(RETRY_DELAYS[received - 1] * random.uniform(1 - JITTER, 1 + JITTER))  # noqa: S311 - jitter
