"""Messages in: one after the other, each failing for itself."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from enhancer.observability import about, begin, count, logger

Handler = Callable[[dict[str, Any], Any], Any]


def serve(work: Callable[[dict[str, Any]], None]) -> Handler:
    """The Lambda handler that gives each message's JSON body to `work`; a message that raises is delivered again."""
    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)

    def handle(record: SQSRecord, lambda_context: Any) -> None:  # Powertools passes them by these names
        begin(lambda_context.aws_request_id)
        try:
            body = record.json_body
            about(body.get("job_id"))
            work(body)
        except Exception:
            logger.exception("message failed")
            count("MessagesFailed")
            raise

    def handler(event: dict[str, Any], context: Any) -> Any:
        return process_partial_response(event=event, record_handler=handle, processor=processor, context=context)

    return handler
