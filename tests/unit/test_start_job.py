import dataclasses
import json
from datetime import UTC, datetime, timedelta

import pytest

from enhancer.domain.clock import to_text
from enhancer.domain.job import CLAIM, Status
from enhancer.domain.limits import run_counter_key
from enhancer.domain.messages import Message
from enhancer.errors import (
    AccountRefused,
    MessageNotSent,
    OutcomeUnknown,
    ProviderError,
    Refused,
    Throttled,
    TransitionRefused,
    Unreachable,
    UnreadableImage,
)
from enhancer.ports import PreparedImage


def test_a_queued_job_is_claimed_created_and_accepted(world):
    job = world.new_job({"scale": 2})
    assert world.start_job(job.id) == "accepted"
    row = world.job(job.id)
    assert (row.status, row.provider_job_id, row.stage) == (Status.PROCESSING, "run1", "enhancing")
    version, inputs, webhook = world.provider.created[0]
    assert version == world.start_job.allowed_models["nightmareai/real-esrgan"].version
    assert inputs == {
        "image": f"https://r2.test/bucket/{job.input_r2_key}?signed=GET",
        "scale": 4,
        "face_enhance": False,
    }
    assert webhook == f"https://x.test/hook?job={job.id}"


def test_a_repeated_start_message_creates_nothing(world):
    job = world.new_job()
    assert [world.start_job(job.id) for _ in range(3)] == ["accepted", "skipped", "skipped"]
    assert len(world.provider.created) == 1
    assert world.start_job("j" + "a" * 25) == "skipped"


def test_throttling_releases_the_claim_and_comes_back_later(world):
    job = world.new_job()
    world.provider.answers = [Throttled(8)]
    assert world.start_job(job.id) == "throttled"
    row = world.job(job.id)
    assert (row.status, row.claimed_at, row.quota_refunded) == (Status.QUEUED, None, False)
    sent, delay = world.messages.starts[-1]
    assert sent == job.id
    assert 8 <= delay <= 13
    assert world.start_job(job.id) == "accepted"


def test_a_throttled_job_is_not_prepared_again(world, monkeypatch):
    job = world.new_job()
    world.imaging.prepared = PreparedImage(b"upright", 30, 40, {"oriented": True})
    world.provider.answers = [Throttled(8)]
    world.start_job(job.id)
    monkeypatch.setattr(world.imaging, "prepare", lambda *_: pytest.fail("prepared twice"))
    assert world.start_job(job.id) == "accepted"
    assert world.provider.created[0][1]["image"].endswith("prepared.png?signed=GET")
    assert world.job(job.id).prepared == {"oriented": True}


def test_a_preparation_without_its_size_is_made_again(world):
    job = world.new_job()
    world.jobs.rows[job.id] = dataclasses.replace(job, prepared_json='{"oriented": true}', prepared_width=40)
    assert world.start_job(job.id) == "accepted"
    assert world.provider.created[0][1]["image"] == f"https://r2.test/bucket/{job.input_r2_key}?signed=GET"
    assert world.job(job.id).prepared == {"oriented": False}


def test_what_fails_before_the_claim_leaves_the_job_for_the_next_delivery(world, monkeypatch):
    job = world.new_job()
    head = world.images.head
    monkeypatch.setattr(world.images, "head", lambda *_: (_ for _ in ()).throw(TimeoutError))
    with pytest.raises(TimeoutError):
        world.start_job(job.id)
    assert world.job(job.id).status is Status.QUEUED
    monkeypatch.setattr(world.images, "head", head)
    assert world.start_job(job.id) == "accepted"


def test_a_refused_connection_is_tried_again(world):
    job = world.new_job()
    world.provider.answers = [Unreachable("NewConnectionError")]
    assert world.start_job(job.id) == "unreachable"
    assert world.job(job.id).status is Status.QUEUED
    assert world.messages.starts[-1] == (job.id, 30)


def test_a_refusal_ends_the_job_and_gives_the_quota_back(world):
    job = world.new_job()
    world.provider.answers = [Refused("HTTP 402")]
    assert world.start_job(job.id) == "refused"
    row = world.job(job.id)
    assert (row.status, row.error_type, row.quota_refunded, row.check_at) == (
        Status.FAILED, "provider_error", True, None,
    )  # fmt: skip
    assert world.usage.quota(world.owner).used == 0
    assert row.error_code is Message.PROVIDER_REFUSED_JOB


@pytest.mark.parametrize(
    ("answer", "outcome", "delay"),
    [
        (Throttled(8), "throttled", (8, 13)),
        (Throttled(0), "throttled", (1, 5)),
        (Throttled(10_000), "throttled", (900, 900)),
        (Unreachable("NewConnectionError"), "unreachable", (30, 30)),
        (AccountRefused("HTTP 402"), "account_refused", (300, 330)),
    ],
    ids=str,
)
@pytest.mark.parametrize("jitter", [0, 1])
@pytest.mark.parametrize("lost", [None, MessageNotSent()])
def test_a_job_that_got_no_run_comes_again(world, monkeypatch, answer, outcome, delay, jitter, lost):
    """By its message, or a minute later by reconcile; many jobs are not sent again at the same instant."""
    monkeypatch.setattr("random.uniform", lambda low, high: (low, high)[jitter])
    job = world.new_job()
    world.messages.starts.clear()
    world.provider.answers = [answer]
    world.messages.failing = lost
    assert world.start_job(job.id) == outcome
    assert world.messages.starts == ([] if lost else [(job.id, delay[jitter])])
    assert world.job(job.id).check_at == to_text(world.clock() + timedelta(seconds=delay[jitter] + 60))
    assert world.job(job.id).claimed_at is None


def test_a_size_that_the_model_can_no_longer_give_ends_the_job_with_refund(world):
    """What its head says of its size was not true."""
    job = world.new_job()
    world.imaging.prepared = PreparedImage(None, 8000, 6000, {"oriented": False})
    assert world.start_job(job.id) == "image_too_large"
    row = world.job(job.id)
    assert (row.status, row.error_type, row.quota_refunded) == (Status.FAILED, "image_too_large", True)
    assert row.error_code is Message.MODEL_CANNOT_GIVE_SIZE
    assert not world.provider.created


def test_a_model_that_is_no_longer_on_offer_ends_the_job_with_refund(world):
    job = world.new_job()
    assert dataclasses.replace(world.start_job, allowed_models={})(job.id) == "model_not_offered"
    row = world.job(job.id)
    assert (row.status, row.error_type, row.quota_refunded) == (Status.FAILED, "service_unavailable", True)
    assert row.error_code is Message.MODEL_NOT_OFFERED


def test_a_job_that_is_a_day_old_is_not_started(world):
    job = world.new_job()
    world.clock.advance(hours=24)
    assert world.start_job(job.id) == "job_expired"
    row = world.job(job.id)
    assert (row.status, row.error_type, row.quota_refunded) == (Status.FAILED, "service_unavailable", True)
    assert row.error_code is job.why_not_started


def test_a_day_whose_runs_are_used_up_ends_the_job_with_refund(world):
    job = world.new_job()
    assert dataclasses.replace(world.start_job, daily_run_limit=0)(job.id) == "daily_run_limit_reached"
    row = world.job(job.id)
    assert (row.status, row.error_type, row.quota_refunded) == (Status.FAILED, "service_unavailable", True)
    assert row.error_code is Message.NO_RUNS_LEFT_TODAY
    assert not world.provider.created


def test_the_days_last_run_is_made_and_its_counter_outlives_the_day(world):
    start_job = dataclasses.replace(world.start_job, daily_run_limit=1)
    assert [start_job(world.new_job().id) for _ in range(2)] == ["accepted", "daily_run_limit_reached"]
    ends = world.usage.ends[run_counter_key(world.clock())]
    assert ends == int(datetime(2026, 11, 24, tzinfo=UTC).timestamp())


def test_a_run_that_the_provider_refuses_is_taken_off_the_days_count(world):
    job = world.new_job()
    world.provider.answers = [Throttled(8)]
    world.start_job(job.id)
    assert world.usage.counters[run_counter_key(world.clock())] == 0


def test_imaging_gets_the_whole_original_and_the_models_cap(world, monkeypatch):
    job = world.new_job()
    prepare, given = world.imaging.prepare, []
    monkeypatch.setattr(world.imaging, "prepare", lambda *each: given.append(each) or prepare(*each))
    world.start_job(job.id)
    cap = world.start_job.allowed_models["nightmareai/real-esrgan"].model.max_pixels
    assert given == [(world.images.objects[job.input_r2_key][0], cap)]


def test_an_original_that_needs_nothing_is_sent_as_it_is_at_every_attempt(world):
    job = world.new_job()
    world.provider.answers = [Throttled(8)]
    world.start_job(job.id)
    assert world.start_job(job.id) == "accepted"
    assert world.provider.created[0][1]["image"] == f"https://r2.test/bucket/{job.input_r2_key}?signed=GET"


def test_a_job_that_another_claims_meanwhile_is_left_to_it(world, monkeypatch):
    job = world.new_job()
    move = world.jobs.move

    def claimed(job_id, transition, changes, where):
        if transition is CLAIM:
            raise TransitionRefused(transition.name, None)
        return move(job_id, transition, changes, where)

    monkeypatch.setattr(world.jobs, "move", claimed)
    assert world.start_job(job.id) == "skipped"
    assert not world.provider.created


def test_a_webhook_is_awaited_for_four_times_the_usual_run(world):
    job = world.new_job()
    usual = world.start_job.allowed_models["nightmareai/real-esrgan"].model.usual_seconds
    assert world.start_job(job.id) == "accepted"
    assert world.job(job.id).check_at == to_text(world.clock() + timedelta(minutes=1, seconds=4 * usual))


def test_a_run_of_a_job_that_was_cancelled_meanwhile_is_cancelled(world, monkeypatch):
    """Also where the provider does not answer: reconcile looks at it again."""
    job = world.new_job()
    asked = []

    def create(*given):
        world.jobs.rows[job.id] = dataclasses.replace(world.job(job.id), cancel_requested=True)
        return created(*given)

    def cancel(run_id):
        asked.append(run_id)
        raise ProviderError("HTTP 503")

    created = world.provider.create
    monkeypatch.setattr(world.provider, "create", create)
    monkeypatch.setattr(world.provider, "cancel", cancel)
    assert world.start_job(job.id) == "accepted"
    assert asked == ["run1"]


def test_an_unknown_outcome_is_never_repeated(world):
    job = world.new_job()
    world.provider.lost = OutcomeUnknown("ReadTimeout")
    assert world.start_job(job.id) == "unknown"
    assert world.start_job(job.id) == "skipped"
    assert len(world.provider.created) == 1
    assert world.job(job.id).status is Status.STARTING


def test_a_webhook_that_is_faster_than_the_answer_adopts_the_run(world):
    job = world.new_job()
    create = world.provider.create

    def create_and_call_back(version, inputs, webhook):
        run = create(version, inputs, webhook)
        assert world.complete_job(job.id, world.provider.finish(run.id)) == "succeeded"
        return run

    world.provider.create = create_and_call_back
    assert world.start_job(job.id) == "adopted"
    assert world.job(job.id).status is Status.SUCCEEDED
    assert world.job(job.id).prepared == {"oriented": False}


def test_a_run_whose_job_ended_and_moved_on_meanwhile_is_left_to_it(world, monkeypatch):
    job = world.new_job()
    create = world.provider.create

    def moved(*_):
        raise TransitionRefused("update", None)

    def create_and_call_back(version, inputs, webhook):
        run = create(version, inputs, webhook)
        world.complete_job(job.id, world.provider.finish(run.id))
        monkeypatch.setattr(world.jobs, "update", moved)
        return run

    world.provider.create = create_and_call_back
    assert world.start_job(job.id) == "adopted"


def test_a_prepared_image_goes_to_the_provider_and_the_job_says_what_was_done(world):
    job = world.new_job()
    world.imaging.prepared = PreparedImage(b"upright", 30, 40, {"oriented": True})
    world.start_job(job.id)
    key = job.input_r2_key.replace("input.png", "prepared.png")
    assert world.provider.created[0][1]["image"] == f"https://r2.test/bucket/{key}?signed=GET"
    assert world.images.objects[key][0] == b"upright"
    assert world.images.headers[key] == {
        "type": "image/png",
        "cache": "public, max-age=900, immutable",
        "disposition": None,
    }
    assert json.loads(world.job(job.id).prepared_json) == {"oriented": True}


def test_an_unreadable_image_costs_nothing(world, monkeypatch):
    def unreadable(*_):
        raise UnreadableImage("broken data stream")

    job = world.new_job()
    monkeypatch.setattr(world.imaging, "prepare", unreadable)
    assert world.start_job(job.id) == "image_unreadable"
    assert not world.provider.created
    assert world.job(job.id).error_code is Message.IMAGE_DAMAGED
    assert world.usage.quota(world.owner).used == 0


@pytest.mark.parametrize("state", ["succeeded", "failed", "canceled"])
def test_an_ended_job_is_left_alone(world, state):
    job = world.new_job()
    world.jobs.rows[job.id] = dataclasses.replace(job, status=Status(state))
    assert world.start_job(job.id) == "skipped"


def test_a_job_whose_original_is_gone_ends_with_refund(world):
    job = world.new_job()
    world.images.objects.clear()
    assert world.start_job(job.id) == "original_expired"
    row = world.job(job.id)
    assert (row.status, row.error_type, row.quota_refunded) == (Status.FAILED, "gone", True)


def test_a_job_that_was_cancelled_while_it_was_claimed_is_not_started_again(world):
    job = world.new_job()
    world.jobs.rows[job.id] = dataclasses.replace(job, cancel_requested=True)
    assert world.start_job(job.id) == "canceled"
    assert (world.job(job.id).status, world.job(job.id).quota_refunded) == (Status.CANCELED, True)
    assert world.usage.quota(job.owner).refunds == 0, "of those that had a run a window gives back only so many"
    assert not world.provider.created


def test_a_job_that_ends_as_it_is_withdrawn_stays_as_it_ended(world, monkeypatch):
    job = world.new_job()
    world.jobs.rows[job.id] = dataclasses.replace(job, cancel_requested=True)

    def ended(*_, **__):
        raise TransitionRefused("withdraw", None)

    monkeypatch.setattr(world.jobs, "finish", ended)
    assert world.start_job(job.id) == "skipped"
