import dataclasses
import io
from contextlib import nullcontext
from datetime import UTC, datetime

import pytest
from PIL import Image

from enhancer.domain import image, keys
from enhancer.domain.job import Job, Status
from enhancer.domain.owner import new_guest
from enhancer.errors import (
    ConcurrentUpdate,
    Conflict,
    ImageTooLarge,
    MessageNotSent,
    NotFound,
    PayloadTooLarge,
    QuotaExceeded,
    ServiceUnavailable,
    UnsupportedMediaType,
    ValidationFailed,
)
from enhancer.usecases.create_job import FromUpload, JobOptions, NewJob
from enhancer.usecases.request_upload import upload_headers
from tests.images import make_image
from tests.images.png_files import chunk

CHOICE = JobOptions("nightmareai/real-esrgan", {"scale": 4}, "cat.jpg")


def moving(form):
    buffer = io.BytesIO()
    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "blue")]
    frames[0].save(buffer, form, save_all=True, append_images=frames[1:])
    return buffer.getvalue()


def uploaded(world, data, content_type="image/jpeg"):
    job_id = keys.new_job_id(content_type)
    key = keys.original_key(world.create_job.prefix, world.owner, job_id)
    world.images.put(key, data, upload_headers(job_id, len(data)))
    return job_id


def test_an_upload_becomes_a_queued_job_that_is_counted_and_announced(world):
    job_id = uploaded(world, make_image("JPEG"))
    user = dataclasses.replace(world.owner, subject="alice")
    job = world.create_job(NewJob(job_id, FromUpload(), CHOICE, user))
    assert job.params == {"scale": 4, "faceEnhance": False, "outputFormat": "png", "outputQuality": 90}
    assert job == Job(
        id=job_id,
        owner_type="guest",
        owner_id=user.id,
        user_id="alice",
        model="nightmareai/real-esrgan",
        params_json=job.params_json,
        status=Status.QUEUED,
        filename="cat.jpg",
        input_r2_key=f"ai-enhancer/uploads/guest/{user.id}/{job_id}/input.jpg",
        input_content_type="image/jpeg",
        input_size=len(make_image("JPEG")),
        input_width=40,
        input_height=30,
        result_width=160,
        result_height=120,
        quota_window="2026-11-22T12:00:00.000Z",
        created_at="2026-11-22T12:00:00.000Z",
        updated_at="2026-11-22T12:00:00.000Z",
        check_at="2026-11-22T12:02:00.000Z",
        expires_at=int(datetime(2027, 2, 20, 12, tzinfo=UTC).timestamp()),
    )
    assert world.jobs.rows[job_id] == job
    assert world.usage.quota(world.owner).used == 1
    assert world.messages.starts == [(job_id, 0)]


ACCEPTED = ["image/jpeg", "image/png", "image/webp"]


@pytest.mark.parametrize(
    ("data", "error", "says", "details"),
    [
        (b"a text", UnsupportedMediaType, "not_an_image", {"accepted": ACCEPTED}),
        (b"GIF89a", UnsupportedMediaType, "not_an_image", {"accepted": ACCEPTED, "actual": "image/gif"}),
        (moving("PNG"), UnsupportedMediaType, "image_animated", {}),
        (b"", ValidationFailed, "empty", {"size": 0}),
        (make_image("JPEG")[:-200], ValidationFailed, "file_truncated", {"size": len(make_image("JPEG")) - 200}),
        (make_image("PNG")[:-10], ValidationFailed, "file_truncated", {"size": len(make_image("PNG")) - 10}),
        (make_image("WEBP")[:-10], ValidationFailed, "file_truncated", {"size": len(make_image("WEBP")) - 10}),
        (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", bytes(13)) + chunk(b"IEND", b""), ValidationFailed, "damaged", {}),
        (
            make_image("JPEG")[:2] + b"\xff\x01" * 20_001 + make_image("JPEG")[2:], ValidationFailed,
            "image_too_complex", {},
        ),
        (
            make_image("PNG"), UnsupportedMediaType, "upload_type_mismatch",
            {"declared": "image/jpeg", "actual": "image/png"},
        ),
        (
            make_image("JPEG") + b"\0" * 50_000, PayloadTooLarge, "file_too_large",
            {"size": len(make_image("JPEG")) + 50_000, "maxBytes": 50_000},
        ),
        (
            make_image("JPEG", size=(1200, 1000)), ImageTooLarge, "image_has_too_many_pixels",
            {"width": 1200, "height": 1000, "pixels": 1_200_000, "maxPixels": 1_000_000},
        ),
    ],
)  # fmt: skip
def test_a_bad_file_is_refused_and_leaves_no_job_and_no_object(world, data, error, says, details):
    world.images.objects.clear()
    job_id = uploaded(world, data)
    with pytest.raises(error, match=says) as refusal:
        world.create_job(NewJob(job_id, FromUpload(), CHOICE, world.owner))
    assert refusal.value.details == details
    assert not world.jobs.rows
    assert not world.images.objects
    assert world.usage.quota(world.owner) is None


@pytest.mark.parametrize(("sides", "taken"), [((1000, 1000), True), ((1001, 1000), False)])
def test_an_image_may_have_as_many_pixels_as_the_limit(world, sides, taken):
    data = make_image("PNG", size=sides)
    with nullcontext() if taken else pytest.raises(ImageTooLarge):
        assert world.create_job.inspect(data).pixels == 1_000_000


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_file_in_hand_is_looked_at_whole(world, form):
    assert world.create_job.inspect(make_image(form)).content_type == f"image/{form.lower()}"
    with pytest.raises(ValidationFailed):
        world.create_job.inspect(make_image(form)[:-8])


def test_a_file_in_hand_may_have_as_many_bytes_as_the_limit(world):
    data = make_image("JPEG")
    for limit, taken in ((len(data), True), (len(data) - 1, False)):
        with nullcontext() if taken else pytest.raises(PayloadTooLarge):
            dataclasses.replace(world.create_job, max_bytes=limit).inspect(data)


@pytest.mark.parametrize("appended", [0, 300_000])
def test_a_file_longer_than_its_head_is_read_where_its_end_is(world, appended):
    world.create_job = dataclasses.replace(world.create_job, max_bytes=1_000_000)
    data = make_image("JPEG", icc_profile=b"\0" * 200_000, exif=b"Exif\0\0" + b"\0" * 60_000) + b"\0" * appended
    assert (len(data) > image.HEAD_BYTES) or not appended
    job = world.create_job(NewJob(uploaded(world, data), FromUpload(), CHOICE, world.owner))
    assert (job.input_width, job.input_height, job.input_size) == (40, 30, len(data))


@pytest.mark.parametrize("length", [image.HEAD_BYTES, image.HEAD_BYTES + 1])
def test_of_a_long_file_only_the_head_and_the_last_bytes_are_read(world, monkeypatch, length):
    """A function has a few hundred MB, and R2 bills each read."""
    world.create_job = dataclasses.replace(world.create_job, max_bytes=1_000_000)
    plain = make_image("PNG")
    data = plain[:-12] + chunk(b"teSt", bytes(length - len(plain) - 12)) + plain[-12:]
    read, asked = world.images.read, []
    monkeypatch.setattr(world.images, "read", lambda key, start=0: asked.append(start) or read(key, start))
    head, lengths = world.images.uploaded, []
    monkeypatch.setattr(world.images, "uploaded", lambda key, n: lengths.append(n) or head(key, n))
    world.create_job(NewJob(uploaded(world, data, "image/png"), FromUpload(), CHOICE, world.owner))
    assert lengths == [256 * 1024]
    assert asked == ([] if length == image.HEAD_BYTES else [length - 64])


@pytest.mark.parametrize("upload_id", ["", "x", "j" * 25, "j" + "a" * 25 + "/"])
def test_an_id_that_no_upload_got_is_refused(world, upload_id):
    with pytest.raises(ValidationFailed) as refusal:
        world.create_job(NewJob(upload_id, FromUpload(), CHOICE, world.owner))
    assert refusal.value.details == {"field": "uploadId"}


def test_an_upload_can_be_spent_once(world):
    job_id = uploaded(world, make_image("JPEG"))
    world.create_job(NewJob(job_id, FromUpload(), CHOICE, world.owner))
    with pytest.raises(Conflict):
        world.create_job(NewJob(job_id, FromUpload(), CHOICE, world.owner))
    assert world.usage.quota(world.owner).used == 1


def test_an_upload_belongs_to_its_owner(world):
    job_id = uploaded(world, make_image("JPEG"))
    with pytest.raises(NotFound):
        world.create_job(NewJob(job_id, FromUpload(), CHOICE, new_guest()))


@pytest.mark.parametrize(
    ("choice", "says", "field"),
    [
        (JobOptions("unknown/model", {}, "x"), "model_unknown", "model"),
        (JobOptions("nightmareai/real-esrgan", {"scale": 9}, "x"), "not_a_number_in_range", "scale"),
        (JobOptions("nightmareai/real-esrgan", {"scale": "many"}, "x"), "not_a_number_in_range", "scale"),
        (JobOptions("nightmareai/real-esrgan", {"scale": float("nan")}, "x"), "not_a_number_in_range", "scale"),
        (JobOptions("nightmareai/real-esrgan", {"scale": True}, "x"), "not_a_number_in_range", "scale"),
        (JobOptions("nightmareai/real-esrgan", {"faceEnhance": 1}, "x"), "not_a_boolean", "faceEnhance"),
        (JobOptions("nightmareai/real-esrgan", {"sharpness": 1}, "x"), "parameter_unknown", "sharpness"),
    ],
)
def test_a_wrong_choice_is_told_and_keeps_the_upload(world, choice, says, field):
    job_id = uploaded(world, make_image("JPEG"))
    with pytest.raises(ValidationFailed, match=says) as refusal:
        world.create_job(NewJob(job_id, FromUpload(), choice, world.owner))
    assert refusal.value.details["field"] == field
    assert world.images.objects
    assert not world.jobs.rows


def test_a_model_that_is_not_on_offer_is_named_by_its_first_60_letters(world):
    with pytest.raises(ValidationFailed) as refusal:
        world.create_job(
            NewJob(uploaded(world, make_image("JPEG")), FromUpload(), JobOptions("m" * 61, {}, "x"), world.owner)
        )
    assert refusal.value.details == {"field": "model", "model": "m" * 60, "allowed": ["nightmareai/real-esrgan"]}


def test_the_quota_is_a_window_that_opens_with_the_first_job_and_ends_after_a_day(world):
    for _ in range(3):
        world.new_job()
    world.clock.advance(hours=23)
    with pytest.raises(QuotaExceeded, match="quota_exceeded") as refusal:
        world.new_job()
    assert refusal.value.retry_after == 3601
    assert refusal.value.details == {"limit": 3, "used": 3, "resetAt": "2026-11-23T12:00:00.000Z"}
    world.clock.advance(seconds=3599.5)
    with pytest.raises(QuotaExceeded) as refusal:
        world.new_job()
    assert refusal.value.retry_after == 1
    world.clock.advance(seconds=0.5)
    assert world.new_job().quota_window == "2026-11-23T12:00:00.000Z"
    assert world.usage.quota(world.owner).used == 1


def test_a_refused_multipart_job_leaves_no_object(world):
    for _ in range(3):
        world.new_job()
    before = set(world.images.objects)
    with pytest.raises(QuotaExceeded):
        world.new_job()
    assert set(world.images.objects) == before


def test_a_lost_start_message_does_not_lose_the_job(world):
    world.messages.failing = MessageNotSent()
    job = world.new_job()
    assert world.jobs.rows[job.id].check_at == "2026-11-22T12:02:00.000Z"


def test_contention_is_retried_and_then_told(world, monkeypatch):
    create, calls, naps = world.jobs.create, [], []

    def contended(job, slot):
        calls.append(slot)
        if len(calls) < 4:
            raise ConcurrentUpdate
        create(job, slot)

    monkeypatch.setattr(world.jobs, "create", contended)
    world.create_job = dataclasses.replace(world.create_job, sleep=naps.append)
    world.new_job()
    assert len(calls) == 4
    assert len(naps) == 3
    assert all(0 <= nap <= most for nap, most in zip(naps, (0.05, 0.1, 0.2), strict=True))
    assert len(set(naps)) == 3, "two that collided do not wait equally long again"
    monkeypatch.setattr(world.jobs, "create", lambda *_: (_ for _ in ()).throw(ConcurrentUpdate))
    with pytest.raises(ServiceUnavailable) as refusal:
        world.new_job()
    assert refusal.value.retry_after == 1


def test_a_request_that_meets_another_of_its_owner_counts_in_the_window_as_it_then_is(world, monkeypatch):
    create = world.jobs.create

    def after_another(job, slot):
        monkeypatch.setattr(world.jobs, "create", create)
        world.new_job()
        create(job, slot)

    monkeypatch.setattr(world.jobs, "create", after_another)
    job = world.new_job()
    assert world.usage.quota(world.owner).used == 2
    assert world.jobs.rows[job.id] == job


def test_an_installation_without_a_quota_takes_no_jobs(world):
    world.create_job = dataclasses.replace(world.create_job, quota_jobs=0)
    with pytest.raises(QuotaExceeded, match="disabled") as refusal:
        world.new_job()
    assert refusal.value.details == {"limit": 0, "used": 0}
    assert refusal.value.retry_after is None


def test_an_image_in_hand_is_stored_with_its_type_for_signed_links(world):
    job = world.new_job()
    assert world.images.objects[job.input_r2_key][0] == make_image()
    assert world.images.headers[job.input_r2_key] == {
        "type": "image/png", "cache": "public, max-age=900, immutable", "disposition": None
    }  # fmt: skip


def test_a_second_job_counts_in_the_open_window_at_the_first_try(world):
    world.create_job = dataclasses.replace(world.create_job, sleep=pytest.fail)
    first, second = (world.new_job() for _ in range(2))
    third = world.create_job(NewJob(uploaded(world, make_image("JPEG")), FromUpload(), CHOICE, world.owner))
    assert first.quota_window == second.quota_window == third.quota_window
    assert world.usage.quota(world.owner).used == 3


@pytest.mark.parametrize(
    "changed",
    [
        {"content-type": "text/html"},
        {"cache-control": "no-store"},
        {"content-disposition": "attachment"},
        {"content-encoding": "gzip"},
        {"content-language": "de"},
        {"expires": "Thu, 01 Jan 1970 00:00:00 GMT"},
        {"x-amz-website-redirect-location": "https://foreign.invalid/"},
        {"x-amz-tagging-count": "1"},
        {"x-amz-meta-more": "x"},
        {"x-amz-meta-upload": ""},
        {"x-amz-meta-upload": f"{'j' + 'a' * 25}.{len(make_image('JPEG'))}"},
    ],
    ids=str,
)
def test_an_upload_with_other_headers_than_were_signed_becomes_no_job(world, changed):
    job_id = uploaded(world, make_image("JPEG"))
    key = keys.original_key(world.create_job.prefix, world.owner, job_id)
    world.images.stored[key] |= changed
    with pytest.raises(ValidationFailed, match="upload_headers_mismatch") as refusal:
        world.create_job(NewJob(job_id, FromUpload(), CHOICE, world.owner))
    assert refusal.value.details == {"field": "uploadId"}
    assert key not in world.images.objects
    assert world.usage.quota(world.owner) is None


@pytest.mark.parametrize("of", ["an original", "a result", "an upload"])
def test_an_upload_that_is_a_copy_of_another_object_becomes_no_job(world, of):
    """As a bucket makes it that takes x-amz-copy-source outside the signature."""
    job_id = uploaded(world, make_image("JPEG"))
    key = keys.original_key(world.create_job.prefix, world.owner, job_id)
    theirs = dataclasses.replace(world.owner, id="v" * 26)
    other = keys.original_key(world.create_job.prefix, theirs, keys.new_job_id("image/jpeg"))
    if of == "an upload":
        world.images.put(other, make_image("JPEG"), upload_headers(other.split("/")[-2], len(make_image("JPEG"))))
    else:
        world.images.write(other, make_image("JPEG"), "image/jpeg", "public, max-age=900, immutable")
    world.images.copy(other, key)
    with pytest.raises(ValidationFailed, match="upload_headers_mismatch"):
        world.create_job(NewJob(job_id, FromUpload(), CHOICE, world.owner))
    assert key not in world.images.objects


def test_an_upload_of_another_length_than_was_signed_becomes_no_job(world):
    """As a copy has whose metadata was replaced by the request's."""
    data = make_image("JPEG")
    job_id = keys.new_job_id("image/jpeg")
    key = keys.original_key(world.create_job.prefix, world.owner, job_id)
    world.images.put(key, data, upload_headers(job_id, len(data) + 1))
    with pytest.raises(ValidationFailed, match="upload_headers_mismatch"):
        world.create_job(NewJob(job_id, FromUpload(), CHOICE, world.owner))
