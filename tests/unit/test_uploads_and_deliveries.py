import pytest

from enhancer.domain.prediction import Delivery, Prediction
from enhancer.errors import MessageNotSent, PayloadTooLarge, UnsupportedMediaType, ValidationFailed
from enhancer.http.response_bodies import upload_json
from enhancer.usecases.await_job import AwaitJob
from enhancer.usecases.receive_delivery import ReceiveDelivery
from enhancer.usecases.request_upload import RequestUpload


def ask(world, content_type="image/jpeg", size=1000):
    return RequestUpload(images=world.images, max_bytes=5000, prefix="ai-enhancer/", clock=world.clock)(
        content_type, size, world.owner
    )


def test_an_upload_is_signed_for_its_owner_type_and_size(world):
    upload = upload_json(ask(world))
    assert upload["url"] == (
        f"https://r2.test/ai-enhancer/uploads/guest/{world.owner.id}/{upload['uploadId']}/input.jpg?1000&600"
    )
    assert upload["uploadId"][0] == "j"
    assert (upload["method"], upload["maxBytes"]) == ("PUT", 5000)
    assert upload["expiresAt"] == "2026-11-22T12:10:00.000Z"
    assert upload["headers"] == {
        "content-type": "image/jpeg",
        "cache-control": "public, max-age=900, immutable",
        "x-amz-meta-upload": f"{upload['uploadId']}.1000",
        "if-none-match": "*",
    }


@pytest.mark.parametrize(
    ("content_type", "size", "error", "says", "details"),
    [
        (
            "image/gif", 10, UnsupportedMediaType, "content_type_unsupported",
            {"contentType": "image/gif", "accepted": ["image/jpeg", "image/png", "image/webp"]},
        ),
        (
            "x" * 61, 10, UnsupportedMediaType, "content_type_unsupported",
            {"contentType": "x" * 60, "accepted": ["image/jpeg", "image/png", "image/webp"]},
        ),
        ("image/jpeg", 0, ValidationFailed, "empty", {"size": 0}),
        ("image/jpeg", -5, ValidationFailed, "empty", {"size": -5}),
        ("image/jpeg", 5001, PayloadTooLarge, "file_too_large", {"size": 5001, "maxBytes": 5000}),
    ],
)  # fmt: skip
def test_what_is_not_accepted_is_told_before_it_is_sent(world, content_type, size, error, says, details):
    with pytest.raises(error, match=says) as refusal:
        ask(world, content_type, size)
    assert refusal.value.details == details


@pytest.mark.parametrize(
    ("name", "means"), [("image/jpg", "image/jpeg"), ("image/pjpeg", "image/jpeg"), ("image/x-png", "image/png")]
)
def test_a_name_that_programs_use_is_signed_as_the_registered_one(world, name, means):
    assert upload_json(ask(world, name))["headers"]["content-type"] == means


@pytest.mark.parametrize("size", [1, 5000])
def test_the_smallest_and_the_largest_file_may_be_sent(world, size):
    assert ask(world, size=size).max_bytes == 5000


def deliver(world, status="succeeded", job_id="j" + "a" * 25):
    delivery = Delivery("msg", 1_700_000_000, "digest", Prediction("run", status))
    return ReceiveDelivery(messages=world.messages)(job_id, delivery)


def test_the_end_of_a_run_is_passed_on(world):
    assert deliver(world) == "queued"
    [(job_id, run, delivery)] = world.messages.completions
    assert (job_id, run.id, delivery.webhook_id) == ("j" + "a" * 25, "run", "msg")


@pytest.mark.parametrize(("status", "job_id"), [("processing", "j" + "a" * 25), ("succeeded", ""), ("succeeded", "x")])
def test_what_can_not_matter_is_ignored(world, status, job_id):
    assert deliver(world, status, job_id) == "ignored"
    assert not world.messages.completions


def test_a_delivery_that_can_not_be_kept_is_not_acknowledged(world):
    world.messages.failing = MessageNotSent()
    with pytest.raises(MessageNotSent):
        deliver(world)


def test_waiting_for_an_end_takes_no_longer_than_asked(world):
    job, naps = world.new_job(), []
    assert AwaitJob(jobs=world.jobs, sleep=naps.append)(job, seconds=3) == job
    assert sum(naps) == 3


def test_waiting_ends_with_the_job(world):
    job, naps = world.new_job(), []

    def sleep(seconds):
        naps.append(seconds)
        world.start_job(job.id)
        world.complete_job(job.id, world.provider.finish("run1"))

    assert AwaitJob(jobs=world.jobs, sleep=sleep)(job, seconds=25).status == "succeeded"
    assert len(naps) == 1
