import dataclasses
import json

import pytest

from enhancer.domain.job import Status
from enhancer.domain.keys import prepared_key
from enhancer.domain.messages import Message
from enhancer.domain.prediction import Decision, Delivery, Prediction, belongs_to, decide

RUN = Prediction("run1", "failed", "/bucket/x", "https://files.test/1.png", "out of memory", 900, "5c7d5dc6")


def verdict_on(status, error=None, *, attempt=1, cancel_requested=False):
    run = Prediction("run1", status, error=error)
    return decide(run, attempt=attempt, cancel_requested=cancel_requested)


@pytest.mark.parametrize(
    ("status", "error", "error_type", "message", "refund"),
    [
        ("succeeded", None, "provider_error", Message.RESULT_ERASED, True),
        ("canceled", None, "provider_error", Message.RUN_CANCELED_BY_PROVIDER, True),
        ("aborted", "E8765", "provider_error", Message.RUN_CANCELED_BY_PROVIDER, True),
        ("failed", None, "provider_error", Message.MODEL_FAILED, True),
        ("failed", "out of memory", "image_too_large", Message.IMAGE_TOO_LARGE_FOR_MODEL, True),
        ("failed", "NSFW content detected", "validation_error", Message.CONTENT_FILTERED, False),
    ],
)
def test_a_run_without_a_result_ends_its_job_with_a_message(status, error, error_type, message, refund):
    for attempt in (1, 2):
        assert verdict_on(status, error, attempt=attempt) == Decision("fail", error_type, message, refund)


def test_a_fault_of_the_platform_is_repeated_once():
    assert verdict_on("failed", "E1000", attempt=1) == Decision("retry")
    assert verdict_on("failed", "E1000", attempt=2) == Decision(
        "fail", "provider_error", Message.PROVIDER_FAILED_TWICE, refund=True
    )


@pytest.mark.parametrize("status", ["succeeded", "failed", "canceled", "aborted"])
def test_a_job_that_was_asked_to_stop_stops(status):
    assert verdict_on(status, "E1000", cancel_requested=True) == Decision("cancel")


def test_a_run_is_the_jobs_own_by_the_image_it_reads(world):
    """A run that the row does not know is adopted by the path of its input alone, while the row waits for one."""
    job = dataclasses.replace(world.new_job(), status=Status.STARTING)
    original, prepared = f"/bucket/{job.input_r2_key}", "/bucket/" + prepared_key("ai-enhancer/", job.owner, job.id)

    def is_own(row, path, run_id="run1", bucket="bucket", prefix="ai-enhancer/"):
        return belongs_to(Prediction(run_id, "starting", path), row, bucket, prefix)

    assert is_own(job, original)
    assert is_own(job, prepared)
    for path in (None, original[1:], f"/other/{job.input_r2_key}", original + "x"):
        assert not is_own(job, path)
    assert not is_own(job, prepared, prefix="other/")
    assert not is_own(job, original, bucket="other")
    assert not is_own(dataclasses.replace(job, previous_provider_job_id="run1"), original)
    assert is_own(dataclasses.replace(job, previous_provider_job_id="run0"), original)
    assert not is_own(dataclasses.replace(job, provider_job_id="run2"), original)
    for status in set(Status) - {Status.STARTING}:
        assert not is_own(dataclasses.replace(job, status=status), original)


def test_what_a_queue_carries_comes_back_as_it_went_in():
    assert Prediction.from_message(json.loads(json.dumps(RUN.to_message() | {"of a later release": 1}))) == RUN
    delivery = Delivery("msg_1", 1_700_000_000, "ab12", RUN)
    assert Delivery.from_message(json.loads(json.dumps(delivery.to_message())), RUN) == delivery


def test_what_is_kept_of_a_delivery_is_short_and_has_no_address():
    run = dataclasses.replace(RUN, error="x" * 201)
    line = Delivery("msg_1", 1_700_000_000, "ab12", run).line("2026-11-22T12:00:00.000Z")
    assert json.loads(line) == {
        "applied_at": "2026-11-22T12:00:00.000Z",
        "webhook_id": "msg_1",
        "timestamp": 1_700_000_000,
        "sha256": "ab12",
        "run": "run1",
        "status": "failed",
        "error": "x" * 200,
        "model_ms": 900,
    }
    assert json.loads(Delivery("msg_1", 1, "", dataclasses.replace(run, error="")).line(""))["error"] is None
