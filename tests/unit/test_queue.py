import json
from pathlib import Path
from types import SimpleNamespace

from enhancer.queue import serve

EVENT = json.loads((Path(__file__).parents[2] / "events/job_start.json").read_text())
CONTEXT = SimpleNamespace(aws_request_id="request")


def batch(*bodies):
    [record] = EVENT["Records"]
    return {"Records": [{**record, "messageId": f"m{n}", "body": body} for n, body in enumerate(bodies)]}


def test_each_message_reaches_the_work():
    seen = []
    answer = serve(seen.append)(batch('{"job_id": "a"}', '{"job_id": "b"}'), CONTEXT)
    assert seen == [{"job_id": "a"}, {"job_id": "b"}]
    assert answer == {"batchItemFailures": []}


def test_a_message_fails_for_itself_and_says_why(caplog):
    def work(message):
        if message["job_id"] == "bad":
            raise RuntimeError

    answer = serve(work)(batch('{"job_id": "a"}', '{"job_id": "bad"}', "no json"), CONTEXT)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m1"}, {"itemIdentifier": "m2"}]}
    assert "RuntimeError" in caplog.text


def test_a_batch_of_failures_is_no_error_of_the_function():
    def work(_):
        raise RuntimeError

    assert serve(work)(batch('{"job_id": "a"}'), CONTEXT) == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
