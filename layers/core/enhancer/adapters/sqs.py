"""SQS: sending messages, and delaying the redelivery of failed ones."""

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from enhancer.domain.prediction import Delivery, Prediction
from enhancer.errors import MessageNotSent

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient


class SqsMessages:
    """The port `Messages` on SQS. A function has the URLs of the queues that it may send to."""

    def __init__(
        self,
        client: "SQSClient",
        start_queue_url: str = "",
        completion_queue_url: str = "",
        retention_queue_url: str = "",
    ) -> None:
        self._client = client
        self._start = start_queue_url
        self._completion = completion_queue_url
        self._retention = retention_queue_url

    def start(self, job_id: str, delay: int = 0) -> None:
        """See `ports.Messages.start`. Raises MessageNotSent."""
        self._send(self._start, {"job_id": job_id}, delay)

    def complete(self, job_id: str, prediction: Prediction, delivery: Delivery | None = None) -> None:
        """See `ports.Messages.complete`. Raises MessageNotSent."""
        message = {"job_id": job_id, "prediction": prediction.to_message()}
        if delivery:
            message["delivery"] = delivery.to_message()
        self._send(self._completion, message, 0)

    def expire(self, after: str, began: str) -> None:
        """See `ports.Messages.expire`. Raises MessageNotSent."""
        self._send(self._retention, {"after": after, "began": began}, 0)

    def _send(self, queue_url: str, message: dict[str, Any], delay: int) -> None:
        try:
            self._client.send_message(QueueUrl=queue_url, MessageBody=json.dumps(message), DelaySeconds=delay)
        except (BotoCoreError, ClientError) as problem:
            raise MessageNotSent(type(problem).__name__) from problem


class SqsRetryDelay:
    """Delays the next delivery of a failed message of one queue.

    Lambda leaves a failed message hidden for what is left of the queue's visibility time-out (AWS, "Handling errors
    for an SQS event source in Lambda", read 2026-11-25), which has to be long.
    """

    def __init__(self, client: "SQSClient", queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def delay(self, receipt_handle: str, seconds: int) -> None:
        """Hide a message that was received for so many seconds from now. Raises MessageNotSent."""
        try:
            self._client.change_message_visibility(
                QueueUrl=self._queue_url, ReceiptHandle=receipt_handle, VisibilityTimeout=seconds
            )
        except (BotoCoreError, ClientError) as problem:
            raise MessageNotSent(type(problem).__name__) from problem
