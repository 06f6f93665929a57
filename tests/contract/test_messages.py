import json

import pytest

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
    assert Prediction.from_message(body["prediction"]) == RUN
    assert Delivery.from_message(body["delivery"], RUN) == Delivery("msg", 1_700_000_000, "digest", RUN)
    messages.expire("some/key", "2026-11-25T03:00:00.000Z")
    assert received(client, retention) == [{"after": "some/key", "began": "2026-11-25T03:00:00.000Z"}]


def test_a_later_release_may_add_to_a_message():
    assert Prediction.from_message({**RUN.to_message(), "novelty": 1}) == RUN


def test_a_queue_that_is_not_there_is_told(queues):
    messages, client, start, *_ = queues
    client.delete_queue(QueueUrl=start)
    with pytest.raises(MessageNotSent):
        messages.start("job")
