import json

import pytest

from enhancer.adapters.sqs import SqsRetryDelay
from enhancer.domain.prediction import Delivery, Prediction
from enhancer.errors import MessageNotSent

RUN = Prediction("run", "succeeded", "/bucket/key", "https://files.test/out.png", None, 900)


def received(client, url):
    return [json.loads(message["Body"]) for message in client.receive_message(QueueUrl=url).get("Messages", [])]


def test_messages_carry_ids_and_what_is_known_of_the_run(queues):
    messages, client, start, completion, retention = queues
    messages.start("job")
    assert received(client, start) == [{"job_id": "job"}]
    messages.complete("job", RUN, Delivery("msg", 1_700_000_000, "digest", RUN))
    [body] = received(client, completion)
    assert body["job_id"] == "job"
    assert Prediction.from_message(body["prediction"]) == RUN
    assert Delivery.from_message(body["delivery"], RUN) == Delivery("msg", 1_700_000_000, "digest", RUN)
    messages.expire("some/key", "2026-11-25T03:00:00.000Z")
    assert received(client, retention) == [{"after": "some/key", "began": "2026-11-25T03:00:00.000Z"}]


def test_a_later_release_may_add_to_a_message():
    assert Prediction.from_message({**RUN.to_message(), "novelty": 1}) == RUN


def test_a_queue_that_is_not_there_is_told(queues):
    messages, client, start, *_ = queues
    client.delete_queue(QueueUrl=start)
    with pytest.raises(MessageNotSent, match="QueueDoesNotExist"):
        messages.start("job")


def test_a_delay_is_the_queues(queues):
    messages, client, start, completion, _ = queues
    delays = []
    client.meta.events.register(
        "provide-client-params.sqs.SendMessage",
        lambda params, **_: delays.append((params["QueueUrl"], params["DelaySeconds"])),
    )
    messages.start("job", delay=30)
    messages.start("job")
    messages.complete("job", RUN)
    assert delays == [(start, 30), (start, 0), (completion, 0)]


def test_a_received_message_comes_again_when_its_reader_wants_it(queues):
    messages, client, start, *_ = queues
    messages.start("job")
    retry_delay = SqsRetryDelay(client, start)
    [first] = client.receive_message(QueueUrl=start, VisibilityTimeout=600)["Messages"]
    assert received(client, start) == [], "hidden"
    retry_delay.delay(first["ReceiptHandle"], 0)
    [again] = client.receive_message(QueueUrl=start, AttributeNames=["ApproximateReceiveCount"])["Messages"]
    assert again["Attributes"]["ApproximateReceiveCount"] == "2"
    retry_delay.delay(again["ReceiptHandle"], 600)
    assert received(client, start) == []


def test_a_pause_of_a_message_that_is_gone_is_told(queues):
    _, client, start, *_ = queues
    with pytest.raises(MessageNotSent, match="ReceiptHandleIsInvalid"):
        SqsRetryDelay(client, start).delay("no such receipt", 5)
