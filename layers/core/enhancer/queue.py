"""Messages in: one after the other, each failing for itself."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from enhancer.observability import logger

Handler = Callable[[dict[str, Any], Any], Any]


def serve(work: Callable[[dict[str, Any]], None]) -> Handler:
    """The Lambda handler that gives each message's JSON body to `work`; a message that raises is delivered again."""
    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)

    def handle(record: SQSRecord) -> None:  # Powertools passes it by this name
        try:
            body = record.json_body
            logger.append_keys(job_id=body.get("job_id"))
            work(body)
        except Exception as problem:
            logger.error("message failed", extra={"error": type(problem).__name__}, exc_info=problem)
            raise

    def handler(event: dict[str, Any], context: Any) -> Any:
        logger.set_correlation_id(context.aws_request_id)
        return process_partial_response(event=event, record_handler=handle, processor=processor, context=context)

    return handler
