import json
from pathlib import Path
from types import SimpleNamespace

from enhancer.errors import MessageNotSent
from enhancer.sqs_handler import retry_delay_after, sqs_handler

EVENT = json.loads((Path(__file__).parents[2] / "events/job_start.json").read_text())
CONTEXT = SimpleNamespace(aws_request_id="request")


def batch(*bodies, received=1):
    [record] = EVENT["Records"]
    attributes = {**record["attributes"], "ApproximateReceiveCount": str(received)}
    each = {**record, "attributes": attributes}
    return {
        "Records": [
            {**each, "messageId": f"m{n}", "receiptHandle": f"r{n}", "body": body} for n, body in enumerate(bodies)
        ]
    }


class Pauses:
    """Remembers how long which message was hidden."""

    def __init__(self, problem=None):
        self.asked, self.problem = [], problem

    def __call__(self, receipt_handle, seconds):
        self.asked.append((receipt_handle, seconds))
        if self.problem:
            raise self.problem


def failing(_):
    raise RuntimeError


def test_each_message_reaches_the_work():
    seen = []
    answer = sqs_handler(seen.append, Pauses())(batch('{"job_id": "a"}', '{"job_id": "b"}'), CONTEXT)
    assert seen == [{"job_id": "a"}, {"job_id": "b"}]
    assert answer == {"batchItemFailures": []}


def test_a_message_fails_for_itself_and_says_why(caplog):
    def work(message):
        if message["job_id"] == "bad":
            raise RuntimeError

    answer = sqs_handler(work, Pauses())(batch('{"job_id": "a"}', '{"job_id": "bad"}', "no json"), CONTEXT)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m1"}, {"itemIdentifier": "m2"}]}
    assert "RuntimeError" in caplog.text


def test_a_batch_of_failures_is_no_error_of_the_function():
    assert sqs_handler(failing, Pauses())(batch('{"job_id": "a"}'), CONTEXT) == {
        "batchItemFailures": [{"itemIdentifier": "m0"}]
    }


def test_just_the_messages_that_failed_come_again_after_a_pause():
    def work(message):
        if message["job_id"] == "bad":
            raise RuntimeError

    retry_delay = Pauses()
    sqs_handler(work, retry_delay)(batch('{"job_id": "a"}', '{"job_id": "bad"}', "no json"), CONTEXT)
    assert [handle for handle, _ in retry_delay.asked] == ["r1", "r2"]
    assert all(4 <= seconds <= 6 for _, seconds in retry_delay.asked)


def test_pauses_grow_and_after_the_last_the_message_goes_to_the_dead_letters_at_once():
    for received, (shortest, longest) in enumerate([(4, 6), (24, 36), (120, 180), (480, 720)], start=1):
        assert shortest <= retry_delay_after(received) <= longest
    assert len({retry_delay_after(3) for _ in range(50)}) > 10, (
        "a crowd that failed together does not come again together"
    )
    retry_delay = Pauses()
    sqs_handler(failing, retry_delay)(batch("{}", received=5), CONTEXT)
    assert retry_delay.asked == [("r0", 0)]


def test_a_pause_that_can_not_be_had_leaves_the_failure_as_it_is(caplog):
    answer = sqs_handler(failing, Pauses(MessageNotSent("ClientError")))(batch("{}"), CONTEXT)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    assert "RuntimeError" in caplog.text
    assert "not hidden" in caplog.text
