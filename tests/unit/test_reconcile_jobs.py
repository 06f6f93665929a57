import dataclasses
import itertools
from datetime import UTC, datetime, timedelta

import pytest

from enhancer.domain.clock import to_text
from enhancer.domain.job import Status
from enhancer.domain.messages import Message
from enhancer.domain.prediction import Prediction
from enhancer.errors import ConcurrentUpdate, MessageNotSent, OutcomeUnknown, ProviderError, TransitionRefused


def test_a_lost_start_message_is_sent_again(world):
    job = world.new_job()
    world.messages.starts.clear()
    assert world.reconcile_jobs() == {}
    world.clock.advance(minutes=2)
    assert world.reconcile_jobs() == {"start_resent": 1}
    assert world.messages.starts == [(job.id, 0)]
    assert world.job(job.id).check_at == "2026-11-22T12:03:00.000Z"


def test_a_lost_webhook_is_replaced_by_a_look_at_the_run(world):
    job = world.new_job()
    world.start_job(job.id)
    world.clock.advance(minutes=5)
    assert world.reconcile_jobs() == {"still_running": 1}
    run = world.provider.finish("run1")
    world.clock.advance(minutes=3)
    assert world.reconcile_jobs() == {"completion_sent": 1}
    assert world.messages.completions == [(job.id, run, None)]
    assert world.complete_job(job.id, run) == "succeeded"
    world.clock.advance(hours=1)
    assert world.reconcile_jobs() == {}


def test_a_run_whose_create_answer_was_lost_is_found_by_its_image(world):
    job, other = world.new_job(), world.new_job()
    world.provider.lost = OutcomeUnknown("ReadTimeout")
    for each in (job, other):
        world.start_job(each.id)
    world.clock.advance(minutes=4)
    assert world.reconcile_jobs() == {"run_adopted": 2}
    assert (world.job(job.id).provider_job_id, world.job(other.id).provider_job_id) == ("run1", "run2")


def test_a_run_that_reads_a_prepared_image_is_found_too(world):
    job = world.new_job()
    world.imaging.prepared = dataclasses.replace(world.imaging.prepared, image=b"prepared")
    world.provider.lost = OutcomeUnknown("ReadTimeout")
    world.start_job(job.id)
    world.clock.advance(minutes=4)
    assert world.reconcile_jobs() == {"run_adopted": 1}


def test_the_providers_list_is_read_from_just_before_the_claim_on(world, monkeypatch):
    """Its clock and ours differ; five pages of it bound what one job costs."""
    job = world.new_job()
    world.provider.answers = [OutcomeUnknown("HTTP 500")]
    world.start_job(job.id)
    world.clock.advance(minutes=4)
    asked = []
    others = [Prediction("x", "succeeded")] * 499
    monkeypatch.setattr(world.provider, "recent", lambda *question: asked.append(question) or iter(others))
    assert world.reconcile_jobs() == {"claim_released": 1}
    assert asked == [(datetime(2026, 11, 22, 11, 59, 30, tzinfo=UTC), 5)]
    assert world.job(job.id).check_at == "2026-11-22T12:05:00.000Z"


def test_a_claim_that_made_no_run_is_given_back_once_and_then_ends_with_refund(world):
    job = world.new_job()
    world.provider.answers = [OutcomeUnknown("HTTP 500"), OutcomeUnknown("HTTP 500")]
    world.start_job(job.id)
    world.clock.advance(minutes=4)
    assert world.reconcile_jobs() == {"claim_released": 1}
    assert (world.job(job.id).status, world.messages.starts[-1]) == (Status.QUEUED, (job.id, 0))
    world.start_job(job.id)
    world.clock.advance(minutes=4)
    assert world.reconcile_jobs() == {"failed": 1}
    row = world.job(job.id)
    assert (row.status, row.error_type, row.quota_refunded) == (Status.FAILED, "provider_error", True)
    assert not world.provider.created


def test_a_claim_is_not_given_back_while_a_run_may_hide_behind_a_list_that_is_too_long(world, monkeypatch):
    job = world.new_job()
    world.provider.answers = [OutcomeUnknown("HTTP 500")]
    world.start_job(job.id)
    world.clock.advance(minutes=4)
    monkeypatch.setattr(world.provider, "recent", lambda *_: iter([Prediction("x", "succeeded")] * 500))
    assert world.reconcile_jobs() == {"failed": 1}
    assert world.job(job.id).error_code is Message.RUN_UNCONFIRMED


@pytest.mark.parametrize(("minutes", "action"), [(54.9, "claim_released"), (55, "failed"), (75, "failed")])
def test_a_claim_is_not_given_back_when_the_provider_may_have_erased_its_run(world, minutes, action):
    job = world.new_job()
    world.provider.answers = [OutcomeUnknown("HTTP 500")]
    world.start_job(job.id)
    world.clock.advance(minutes=minutes)
    assert world.reconcile_jobs() == {action: 1}


def test_after_75_minutes_the_providers_list_is_not_even_read(world):
    job = world.new_job()
    world.provider.answers = [OutcomeUnknown("HTTP 500")]
    world.start_job(job.id)
    world.provider.unreadable = ProviderError("HTTP 401: Unauthenticated")
    world.clock.advance(minutes=75)
    assert world.reconcile_jobs() == {"failed": 1}
    assert world.job(job.id).error_code is Message.RUN_UNCONFIRMED


def test_a_run_is_looked_at_ever_less_often_but_well_before_it_is_erased(world):
    job = world.new_job()
    world.start_job(job.id)
    looks = []
    for minute in range(30):
        world.clock.advance(minutes=1)
        if world.reconcile_jobs() == {"still_running": 1}:
            looks.append(minute + 1)
    gaps = [later - earlier for earlier, later in itertools.pairwise(looks)]
    assert gaps == sorted(gaps)
    assert (looks[0], len(looks)) == (2, 7)
    assert looks[-1] >= 25


@pytest.mark.parametrize("status", ["processing", "expired"])
def test_a_run_that_does_not_end_ends_its_job_and_costs_the_person_nothing(world, status):
    """Every run has a deadline of ten minutes: one that is open long after, or whose status is unknown, is given up."""
    job = world.new_job()
    world.start_job(job.id)
    world.provider.runs["run1"] = dataclasses.replace(world.provider.runs["run1"], status=status)
    treated = []
    for _ in range(45):
        world.clock.advance(minutes=1)
        treated += world.reconcile_jobs()
    row = world.job(job.id)
    assert (row.status, row.error_type, row.quota_refunded) == (Status.FAILED, "provider_error", True)
    assert row.error_code is Message.RUN_NOT_ENDED
    assert world.usage.quota(job.owner).refunds == 1
    assert world.provider.cancelled == ["run1"]


def test_jobs_end_also_while_the_providers_answers_can_not_be_read(world):
    """A revoked token does this: nothing can be read, and after the provider's hour there is nothing left to save."""
    running, claimed = world.new_job(), world.new_job()
    world.start_job(running.id)
    world.provider.lost = OutcomeUnknown("ReadTimeout")
    world.start_job(claimed.id)
    world.provider.unreadable = ProviderError("HTTP 401: Unauthenticated")
    for _ in range(90):
        world.clock.advance(minutes=1)
        world.reconcile_jobs()
    for job in (running, claimed):
        row = world.job(job.id)
        assert (row.status, row.error_type, row.quota_refunded) == (Status.FAILED, "provider_error", True)


def test_a_run_that_does_not_end_after_its_cancellation_was_asked_for_is_cancelled(world):
    job = world.new_job()
    world.start_job(job.id)
    world.jobs.rows[job.id] = dataclasses.replace(world.job(job.id), cancel_requested=True)
    treated = set()
    for _ in range(45):
        world.clock.advance(minutes=1)
        treated |= world.reconcile_jobs().keys()
    row = world.job(job.id)
    assert (row.status, row.error_type, row.quota_refunded) == (Status.CANCELED, None, False)
    assert treated == {"still_running", "canceled"}


def test_a_run_that_ends_as_it_is_given_up_is_finished(world):
    job = world.new_job()
    world.start_job(job.id)
    world.provider.cancel = world.provider.finish
    for _ in range(40):
        world.clock.advance(minutes=1)
        world.reconcile_jobs()
    assert [each[0] for each in world.messages.completions][:1] == [job.id]
    assert world.job(job.id).status is Status.PROCESSING


def test_a_model_that_is_still_starting_is_said_so(world):
    job = world.new_job()
    world.start_job(job.id)
    world.clock.advance(minutes=2)
    world.reconcile_jobs()
    assert world.job(job.id).waiting_for == "model"
    world.provider.runs["run1"] = dataclasses.replace(world.provider.runs["run1"], status="processing")
    world.clock.advance(minutes=5)
    world.reconcile_jobs()
    assert world.job(job.id).waiting_for is None


def test_a_run_stops_when_time_is_short(world):
    for _ in range(2):
        world.new_job()
    world.clock.advance(minutes=2)
    assert world.reconcile_jobs(iter([True, False]).__next__) == {
        "start_resent": 1, "left_for_next_run": 1,
    }  # fmt: skip


def test_a_run_that_the_provider_forgot_ends_the_job(world):
    job = world.new_job()
    world.start_job(job.id)
    world.provider.runs.clear()
    world.clock.advance(minutes=5)
    assert world.reconcile_jobs() == {"failed": 1}
    row = world.job(job.id)
    assert (row.status, row.error_type) == (Status.FAILED, "provider_error")
    assert row.error_code is Message.RUN_UNKNOWN_TO_PROVIDER


@pytest.mark.parametrize(
    ("seconds", "action"),
    [(30 * 60, "still_running"), (30 * 60 + 1, "failed"), (75 * 60 + 1, "failed")],
)
def test_a_run_has_thirty_minutes_from_its_acceptance_on(world, seconds, action):
    """Whatever else was written into the row since."""
    job = world.new_job()
    world.start_job(job.id)
    world.clock.advance(seconds=seconds)
    world.jobs.rows[job.id] = dataclasses.replace(world.job(job.id), updated_at=to_text(world.clock()))
    assert world.reconcile_jobs() == {action: 1}


@pytest.mark.parametrize(("seconds", "action"), [(75 * 60, "postponed"), (75 * 60 + 1, "failed")])
def test_a_run_that_can_not_be_read_has_75_minutes(world, seconds, action):
    job = world.new_job()
    world.start_job(job.id)
    world.provider.unreadable = ProviderError("HTTP 401: Unauthenticated")
    world.clock.advance(seconds=seconds)
    world.jobs.rows[job.id] = dataclasses.replace(world.job(job.id), updated_at=to_text(world.clock()))
    assert world.reconcile_jobs() == {action: 1}


def test_a_row_that_was_just_written_is_seen(world):
    world.new_job()
    world.clock.advance(minutes=2)
    world.jobs.lagging = True
    assert world.reconcile_jobs() == {"start_resent": 1}


def test_a_job_that_moves_while_it_is_looked_at_is_left_alone(world, monkeypatch):
    job = world.new_job()
    world.start_job(job.id)
    world.clock.advance(minutes=5)

    def moved(*_):
        raise TransitionRefused("update", None)

    monkeypatch.setattr(world.jobs, "update", moved)
    assert world.reconcile_jobs() == {"changed_concurrently": 1}


@pytest.mark.parametrize(
    ("problem", "expected"),
    [(ProviderError("down"), True), (MessageNotSent(), True), (ConcurrentUpdate(), True), (ZeroDivisionError(), False)],
    ids=lambda value: type(value).__name__,
)
def test_an_outage_postpones_a_job_and_any_other_error_is_unexpected(world, problem, expected):
    job = world.new_job()
    world.start_job(job.id)
    world.clock.advance(minutes=5)
    world.provider.unreadable = problem
    told = []
    action = "postponed" if expected else "unexpected_error"
    assert world.reconcile_jobs(reconciled=lambda *each: told.append(each)) == {action: 1}
    assert told == [(action, problem)]


def test_a_claim_is_looked_at_again_by_its_own_age_and_not_by_its_jobs(world):
    job = world.new_job()
    world.clock.advance(minutes=30)
    world.provider.answers = [OutcomeUnknown("HTTP 500")]
    world.start_job(job.id)
    world.provider.unreadable = ProviderError("down")
    world.clock.advance(minutes=4)
    assert world.reconcile_jobs() == {"postponed": 1}
    assert world.job(job.id).check_at == "2026-11-22T12:36:00.000Z"


def test_a_claim_is_given_back_also_where_its_message_is_lost(world):
    job = world.new_job()
    world.provider.answers = [OutcomeUnknown("HTTP 500")]
    world.start_job(job.id)
    world.clock.advance(minutes=4)
    world.messages.failing = MessageNotSent()
    assert world.reconcile_jobs() == {"claim_released": 1}
    world.messages.failing = None
    world.clock.advance(minutes=2)
    assert world.reconcile_jobs() == {"start_resent": 1}


def test_a_job_that_found_no_place_within_a_day_ends(world):
    job = world.new_job()
    world.clock.advance(hours=24)
    assert world.reconcile_jobs() == {"failed": 1}
    row = world.job(job.id)
    assert (row.error_type, row.error_code) == ("service_unavailable", row.why_not_started)
    assert (row.quota_refunded, world.usage.quota(job.owner).refunds) == (True, 0)


def test_a_second_attempt_that_found_no_place_within_a_day_had_a_run(world):
    """A window gives back only so many places of jobs that had one."""
    job = world.new_job()
    world.start_job(job.id)
    assert world.complete_job(job.id, world.provider.finish("run1", "failed", "E1000")) == "retried"
    world.clock.advance(hours=24)
    assert world.reconcile_jobs() == {"failed": 1}
    assert world.usage.quota(job.owner).refunds == 1


def test_a_provider_that_is_down_is_asked_again_later(world, monkeypatch):
    job = world.new_job()
    world.start_job(job.id)
    world.clock.advance(minutes=5)
    monkeypatch.setattr(world.provider, "get", lambda _: (_ for _ in ()).throw(ProviderError("down")))
    assert world.reconcile_jobs() == {"postponed": 1}
    assert world.job(job.id).check_at == "2026-11-22T12:07:30.000Z"


def test_two_runs_at_once_change_nothing_twice(world):
    world.new_job()
    world.clock.advance(minutes=2)
    assert world.reconcile_jobs() == {"start_resent": 1}
    assert world.reconcile_jobs() == {"lease_held": 1}
    assert world.usage.leases == {"reconcile": world.clock() + timedelta(seconds=55)}, "the next minute's run may begin"


def test_a_run_looks_at_a_hundred_jobs_the_longest_waiting_first(world, monkeypatch):
    asked = []
    monkeypatch.setattr(world.jobs, "due_for_check", lambda *question: asked.append(question) or [])
    assert world.reconcile_jobs() == {}
    assert asked == [("2026-11-22T12:00:00.000Z", 100)]


def test_a_row_that_can_not_be_read_is_passed_over_and_told(world, monkeypatch):
    world.new_job()
    world.clock.advance(minutes=2)
    monkeypatch.setattr(world.jobs, "get", lambda *_, **__: 1 / 0)
    told = []
    assert world.reconcile_jobs(reconciled=lambda *each: told.append(each)) == {"unexpected_error": 1}
    assert [(action, type(problem)) for action, problem in told] == [("unexpected_error", ZeroDivisionError)]


@pytest.mark.parametrize("status", [Status.SUCCEEDED, Status.FAILED, Status.CANCELED])
def test_an_ended_job_in_a_late_index_is_passed_over(world, status):
    job = world.new_job()
    world.jobs.rows[job.id] = dataclasses.replace(job, status=status)
    world.clock.advance(minutes=2)
    assert world.reconcile_jobs() == {}
