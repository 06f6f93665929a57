import pytest

from enhancer.domain import keys
from enhancer.domain.job import Status
from enhancer.domain.owner import new_guest
from enhancer.errors import (
    Conflict,
    Contended,
    ImageTooLarge,
    MessageNotSent,
    NotFound,
    PayloadTooLarge,
    QuotaExceeded,
    ServiceUnavailable,
    UnsupportedMediaType,
    ValidationFailed,
)
from enhancer.usecases.create_job import Choice, create_job_from_upload
from tests.pictures import picture

CHOICE = Choice("nightmareai/real-esrgan", {"scale": 4}, "cat.jpg")


def uploaded(world, data, content_type="image/jpeg"):
    job_id = keys.new_job_id(content_type)
    world.pictures.write(keys.original_key(world.intake.prefix, world.owner, job_id), data, content_type, "")
    return job_id


def test_an_upload_becomes_a_queued_job_that_is_counted_and_announced(world):
    job_id = uploaded(world, picture("JPEG"))
    job = create_job_from_upload(job_id, CHOICE, world.owner, world.intake)
    assert job.id == job_id
    assert job.status is Status.QUEUED
    assert (job.input_width, job.input_height) == (40, 30)
    assert job.params == {"scale": 4, "faceEnhance": False, "outputFormat": "png", "outputQuality": 90}
    assert world.jobs.rows[job_id] == job
    assert world.usage.quota(world.owner).used == 1
    assert world.messages.starts == [(job_id, 0)]


@pytest.mark.parametrize(
    ("data", "error", "says"),
    [
        (b"just a text, whatever its name says", UnsupportedMediaType, "not a JPEG, PNG or WebP"),
        (b"", ValidationFailed, "empty"),
        (picture("JPEG", size=(90, 90))[:-200], ValidationFailed, "cut off"),
        (picture("PNG")[:-10], ValidationFailed, "cut off"),
        (picture("WEBP")[:-10], ValidationFailed, "cut off"),
        (picture("PNG"), UnsupportedMediaType, "declared as image/jpeg, but its content is image/png"),
        (picture("JPEG") + b"\0" * 50_000, PayloadTooLarge, "at most 50,000"),
        (picture("JPEG", size=(1200, 1000)), ImageTooLarge, "1,200,000 pixels; at most 1,000,000"),
    ],
)
def test_a_bad_file_is_refused_and_leaves_no_job_and_no_object(world, data, error, says):
    world.pictures.objects.clear()
    job_id = uploaded(world, data)
    with pytest.raises(error, match=says):
        create_job_from_upload(job_id, CHOICE, world.owner, world.intake)
    assert not world.jobs.rows
    assert not world.pictures.objects
    assert world.usage.quota(world.owner) is None


def test_an_upload_can_be_spent_once(world):
    job_id = uploaded(world, picture("JPEG"))
    create_job_from_upload(job_id, CHOICE, world.owner, world.intake)
    with pytest.raises(Conflict):
        create_job_from_upload(job_id, CHOICE, world.owner, world.intake)
    assert world.usage.quota(world.owner).used == 1


def test_an_upload_belongs_to_its_owner(world):
    job_id = uploaded(world, picture("JPEG"))
    with pytest.raises(NotFound):
        create_job_from_upload(job_id, CHOICE, new_guest(), world.intake)


@pytest.mark.parametrize(
    ("choice", "says"),
    [
        (Choice("nobody/nothing", {}, "x"), "choose nightmareai/real-esrgan"),
        (Choice("nightmareai/real-esrgan", {"scale": 9}, "x"), "a number from 1 to 4"),
        (Choice("nightmareai/real-esrgan", {"scale": "many"}, "x"), "a number from 1 to 4"),
        (Choice("nightmareai/real-esrgan", {"scale": float("nan")}, "x"), "a number from 1 to 4"),
        (Choice("nightmareai/real-esrgan", {"scale": True}, "x"), "a number from 1 to 4"),
        (Choice("nightmareai/real-esrgan", {"faceEnhance": 1}, "x"), "true or false"),
        (Choice("nightmareai/real-esrgan", {"sharpness": 1}, "x"), "it takes scale, faceEnhance"),
    ],
)
def test_a_wrong_choice_is_told_and_keeps_the_upload(world, choice, says):
    job_id = uploaded(world, picture("JPEG"))
    with pytest.raises(ValidationFailed, match=says):
        create_job_from_upload(job_id, choice, world.owner, world.intake)
    assert world.pictures.objects
    assert not world.jobs.rows


def test_the_quota_is_a_window_that_opens_with_the_first_job_and_ends_after_a_day(world):
    for _ in range(3):
        world.new_job()
    world.clock.advance(hours=23)
    with pytest.raises(QuotaExceeded, match="used 3 of 3") as refusal:
        world.new_job()
    assert refusal.value.retry_after == pytest.approx(3600, abs=2)
    world.clock.advance(hours=1)
    assert world.new_job().quota_window == "2026-11-23T12:00:00.000Z"
    assert world.usage.quota(world.owner).used == 1


def test_a_refused_multipart_job_leaves_no_object(world):
    for _ in range(3):
        world.new_job()
    before = set(world.pictures.objects)
    with pytest.raises(QuotaExceeded):
        world.new_job()
    assert set(world.pictures.objects) == before


def test_a_lost_start_message_does_not_lose_the_job(world):
    world.messages.failing = MessageNotSent()
    job = world.new_job()
    assert world.jobs.rows[job.id].check_at == "2026-11-22T12:02:00.000Z"


def test_contention_is_retried_and_then_told(world, monkeypatch):
    create, calls = world.jobs.create, []

    def contended(job, seat):
        calls.append(seat)
        if len(calls) < 4:
            raise Contended
        create(job, seat)

    monkeypatch.setattr(world.jobs, "create", contended)
    world.new_job()
    assert len(calls) == 4
    monkeypatch.setattr(world.jobs, "create", lambda *_: (_ for _ in ()).throw(Contended))
    with pytest.raises(ServiceUnavailable) as refusal:
        world.new_job()
    assert refusal.value.retry_after == 1
