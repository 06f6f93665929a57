"""Put the messages of a dead-letter queue back into the queue they came from, after the cause was fixed.

SQS on AWS can do it itself (StartMessageMoveTask); this also works on the local stack: send, then delete. A crash
between the two leaves a message twice, which is harmless: every consumer is idempotent.
"""

from typing import Any

QUEUES = ("start", "completion", "retention")
BATCH = 10  # SQS's maximum per call


def redrive(client: Any, dead_letters_url: str, queue_url: str) -> int:
    """Move all messages; return how many were moved."""
    moved = 0
    while messages := _receive(client, dead_letters_url):
        for message in messages:
            client.send_message(QueueUrl=queue_url, MessageBody=message["Body"])
            client.delete_message(QueueUrl=dead_letters_url, ReceiptHandle=message["ReceiptHandle"])
            moved += 1
    return moved


def _receive(client: Any, queue_url: str) -> list[Any]:
    """Return up to ten messages. The wait of a second queries all of SQS's servers; without it, messages are missed."""
    answer = client.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=BATCH, WaitTimeSeconds=1)
    found: list[Any] = answer.get("Messages", [])
    return found
