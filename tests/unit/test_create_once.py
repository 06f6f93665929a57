import dataclasses

import pytest

from enhancer.domain import keys
from enhancer.domain.messages import Message
from enhancer.domain.owner import new_guest
from enhancer.errors import (
    Conflict,
    DailyRunLimitReached,
    Gone,
    IdempotencyMismatch,
    NotFound,
    QuotaExceeded,
    ServiceUnavailable,
    ValidationFailed,
)
from enhancer.usecases.create_job import FromJob, FromUpload, JobOptions, NewJob
from enhancer.usecases.create_once import CreateOnce


@pytest.fixture
def once(world):
    def call(key, request=b"request", owner=None, create=None, route="jobs", job_id=""):
        def make(new):
            calls.append(new.job_id)
            return world.new_job() if create is None else create(new.job_id)

        options = JobOptions("nightmareai/real-esrgan", {}, "cat.png")
        new = NewJob(job_id or keys.new_job_id("image/png"), FromUpload(), options, owner or world.owner)
        return CreateOnce(make, world.jobs, world.usage, world.clock)(new, key, route, request)

    calls = []
    call.calls = calls
    return call


def from_bytes(world):
    """Makes a job under the id that it is given."""

    def create(job_id):
        made = world.new_job()
        row = world.jobs.rows.pop(made.id)
        if job_id in world.jobs.rows:
            raise Conflict(Message.UPLOAD_ALREADY_USED)
        world.jobs.rows[job_id] = dataclasses.replace(row, id=job_id)
        return world.jobs.rows[job_id]

    return create


def test_the_same_key_makes_one_job(world, once):
    first = once("key", create=from_bytes(world))
    assert once("key", create=from_bytes(world)) == first
    assert len(once.calls) == 1


def test_another_key_makes_another_job(world, once):
    assert once("key", create=from_bytes(world)) != once("other", b"another", create=from_bytes(world))


def test_without_a_key_every_request_makes_one(once):
    assert once("").id != once("").id


def test_the_same_key_with_another_request_is_refused(world, once):
    once("key", create=from_bytes(world))
    with pytest.raises(IdempotencyMismatch):
        once("key", b"another")


def test_keys_belong_to_an_owner_and_a_route_and_end_after_a_day(world, once):
    ids = {once("key", create=from_bytes(world)).id, once("key", owner=new_guest(), create=from_bytes(world)).id}
    ids.add(once("key", route="generate", create=from_bytes(world)).id)
    assert len(ids) == 3
    world.clock.advance(hours=24)
    assert once("key", b"another", create=from_bytes(world)).id not in ids


def test_what_failed_may_be_tried_again_under_the_same_id(world, once):
    def fail(_):
        raise ServiceUnavailable(Message.TOO_MANY_AT_ONCE)

    with pytest.raises(ServiceUnavailable):
        once("key", create=fail)
    once("key", create=from_bytes(world))
    assert once.calls[0] == once.calls[1]


def test_two_at_the_same_time_both_get_the_one_job(world, once):
    world.jobs.lagging = True

    def lose_the_race(job_id):
        from_bytes(world)(job_id)
        raise Conflict(Message.UPLOAD_ALREADY_USED)

    assert once("key", create=lose_the_race).id == once.calls[0]


@pytest.mark.parametrize("key", ["with space", "ä", "a" * 256, "tab\t", "\x7f"])
def test_a_key_is_visible_ascii(once, key):
    with pytest.raises(ValidationFailed) as refusal:
        once(key)
    assert refusal.value.details == {"field": "Idempotency-Key"}


@pytest.mark.parametrize("key", ["!", "~", "a" * 255])
def test_any_visible_ascii_is_a_key(world, once, key):
    assert once(key, create=from_bytes(world)) == once(key)


def test_a_repeat_right_after_the_first_sees_its_job(world, once):
    world.jobs.lagging = True
    first = once("key", create=from_bytes(world))
    assert once("key", create=from_bytes(world)) == first
    assert len(once.calls) == 1


def test_a_conflict_without_a_job_is_told(once):
    def conflict(_):
        raise Conflict(Message.UPLOAD_ALREADY_USED)

    with pytest.raises(Conflict):
        once("key", create=conflict)


def test_at_the_ceiling_creating_says_when_it_reopens(world):
    for _ in range(2):
        world.start_job(world.new_job().id)
    world.usage.counters["runs#2026-11-22"] = 10
    with pytest.raises(ServiceUnavailable, match="daily_runs_exhausted") as refusal:
        world.new_job()
    assert refusal.value.retry_after == 12 * 3600 + 1
    world.clock.advance(hours=12)
    assert world.new_job()


def test_the_ceiling_holds_at_claim_time_and_gives_the_quota_back(world):
    job = world.new_job()
    world.usage.counters["runs#2026-11-22"] = 10
    assert world.start_job(job.id) == "daily_run_limit_reached"
    assert not world.provider.created
    row = world.job(job.id)
    assert (row.status, row.error_type, row.quota_refunded) == ("failed", "service_unavailable", True)
    assert world.usage.counters["runs#2026-11-22"] == 10


AGAIN = JobOptions("nightmareai/real-esrgan", {"scale": 2}, "again.png")


def again(world, source):
    return world.create_job(NewJob(keys.new_job_id("image/png"), FromJob(source), AGAIN, world.owner))


def test_an_earlier_original_makes_another_job(world):
    source = world.new_job()
    world.clock.advance(hours=23, minutes=59)
    world.create_job = dataclasses.replace(world.create_job, sleep=pytest.fail)  # nothing has to be tried twice
    job = again(world, source)
    for name in ("input_content_type", "input_size", "input_width", "input_height"):
        assert getattr(job, name) == getattr(source, name)
    assert (job.params["scale"], job.filename) == (2, "again.png")
    assert world.images.objects[job.input_r2_key][0] == world.images.objects[source.input_r2_key][0]
    assert world.usage.quota(world.owner).used == 2
    assert job.quota_window == source.quota_window


@pytest.mark.parametrize(
    "end", [lambda world: world.images.objects.clear(), lambda world: world.clock.advance(hours=24)]
)
def test_an_original_that_is_gone_makes_none(world, end):
    source = world.new_job()
    end(world)
    with pytest.raises(Gone):
        again(world, source)
    assert len(world.jobs.rows) == 1


def test_a_refused_job_of_an_earlier_original_leaves_no_copy(world):
    source, *_ = (world.new_job() for _ in range(3))
    before = set(world.images.objects)
    with pytest.raises(QuotaExceeded):
        again(world, source)
    assert set(world.images.objects) == before


def test_the_ceiling_holds_for_earlier_originals_too(world):
    source = world.new_job()
    world.usage.counters["runs#2026-11-22"] = 10
    with pytest.raises(DailyRunLimitReached):
        again(world, source)
    assert len(world.images.objects) == 1


def test_a_key_opens_no_other_owners_job(world, once):
    """The id may be one that the request named: a caller who names another's gets the same as one who names nothing."""
    theirs = world.new_job()

    def nothing_there(_):
        raise NotFound(Message.UPLOAD_NOT_FOUND)

    for _ in range(2):
        with pytest.raises(NotFound):
            once("key", owner=new_guest(), create=nothing_there, job_id=theirs.id)


def test_a_key_whose_job_belongs_to_another_owner_by_now_gives_nothing(world, once):
    made = once("key", create=from_bytes(world))
    world.jobs.rows[made.id] = dataclasses.replace(made, owner_id=new_guest().id)
    with pytest.raises(NotFound):
        once("key")


def test_a_key_whose_job_was_deleted_gives_nothing(world, once):
    made = once("key", create=from_bytes(world))
    world.jobs.rows[made.id] = dataclasses.replace(made, deleted_at="2026-11-22T12:00:00.000Z")
    with pytest.raises(NotFound):
        once("key")


@pytest.mark.parametrize("changes", [{"owner_id": "a" * 26}, {"deleted_at": "2026-11-22T12:00:00.000Z"}])
def test_losing_the_race_gives_nothing_of_another_owner_either(world, once, changes):
    world.jobs.lagging = True

    def lose_the_race(job_id):
        made = from_bytes(world)(job_id)
        world.jobs.rows[job_id] = dataclasses.replace(made, **changes)
        raise Conflict(Message.UPLOAD_ALREADY_USED)

    with pytest.raises(NotFound):
        once("key", create=lose_the_race)
