import dataclasses
from datetime import UTC, datetime, timedelta

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from enhancer.adapters.dynamo_items import from_attribute, to_attribute
from enhancer.domain import job as transitions
from enhancer.domain import limits
from enhancer.domain.clock import to_text
from enhancer.domain.job import ACCEPT, CLAIM, FAIL, RELEASE, Append, Job, Status
from enhancer.domain.limits import Quota, QuotaSlot
from enhancer.domain.owner import new_guest
from enhancer.errors import ConcurrentUpdate, Conflict, TransitionRefused

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TEXT = to_text(NOW)
OPEN = QuotaSlot(TEXT, opens_window=True, limit=3)
NEXT = QuotaSlot(TEXT, opens_window=False, limit=3)


def new_job(number: int = 0, **changes: object) -> Job:
    values = {
        "id": f"j{'a' * 24}{'abcdefghij'[number]}",
        "owner_type": "guest",
        "owner_id": "o" * 26,
        "model": "nightmareai/real-esrgan",
        "params_json": '{"scale": 4, "outputFormat": "png", "outputQuality": 90}',
        "status": Status.QUEUED,
        "filename": "Käse (1).jpg",
        "input_r2_key": "key",
        "input_content_type": "image/jpeg",
        "input_size": 100,
        "input_width": 4,
        "input_height": 3,
        "result_width": 16,
        "result_height": 12,
        "quota_window": TEXT,
        "created_at": TEXT,
        "updated_at": TEXT,
        "check_at": TEXT,
        "expires_at": 1_800_000_000,
    }
    return Job(**values | changes)


def test_a_row_comes_back_as_it_was_written(tables):
    jobs, usage = tables
    job = new_job(user_id="sub", cancel_requested=True)
    jobs.create(job, OPEN)
    assert jobs.get(job.id) == job
    assert jobs.get(job.id, consistent=True) == job
    assert jobs.get("other") is None
    assert usage.quota(job.owner) == Quota(TEXT, 1)
    assert usage.quota(new_guest()) is None


def test_a_second_row_of_the_same_id_is_a_conflict_and_counts_nothing(tables):
    jobs, usage = tables
    jobs.create(new_job(), OPEN)
    with pytest.raises(Conflict):
        jobs.create(new_job(), NEXT)
    assert usage.quota(new_job().owner).used == 1


def test_a_window_takes_its_limit_and_not_one_more(tables):
    jobs, usage = tables
    jobs.create(new_job(0), OPEN)
    jobs.create(new_job(1), NEXT)
    jobs.create(new_job(2), NEXT)
    with pytest.raises(ConcurrentUpdate):
        jobs.create(new_job(3), NEXT)
    assert jobs.get(new_job(3).id) is None
    assert usage.quota(new_job().owner).used == 3


def test_a_window_opens_once_and_again_after_a_day(tables):
    jobs, usage = tables
    jobs.create(new_job(0), OPEN)
    with pytest.raises(ConcurrentUpdate):
        jobs.create(new_job(1), QuotaSlot(to_text(NOW + timedelta(hours=23, minutes=59)), opens_window=True, limit=3))
    later = to_text(NOW + limits.WINDOW)
    jobs.create(new_job(1), QuotaSlot(later, opens_window=True, limit=3))
    assert usage.quota(new_job().owner) == Quota(later, 1)
    with pytest.raises(ConcurrentUpdate):
        jobs.create(new_job(2), NEXT)


def test_a_transition_starts_from_its_states_only_and_returns_the_row(tables):
    jobs, _ = tables
    job = new_job()
    jobs.create(job, OPEN)
    claimed = jobs.move(job.id, CLAIM, {"claimed_at": TEXT}, where={})
    assert claimed == dataclasses.replace(job, status=Status.STARTING, claimed_at=TEXT)
    with pytest.raises(TransitionRefused) as refusal:
        jobs.move(job.id, CLAIM, {}, where={})
    assert refusal.value.current == claimed
    assert str(refusal.value) == "claim refused: the job is starting"
    with pytest.raises(TransitionRefused) as refusal:
        jobs.move("unknown", CLAIM, {}, where={})
    assert refusal.value.current is None


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("transition", transitions.TRANSITIONS, ids=lambda transition: transition.name)
def test_the_table_of_transitions_is_enforced(tables, status, transition):
    jobs, _ = tables
    jobs.create(new_job(status=status), OPEN)
    if status in transition.sources:
        assert jobs.move(new_job().id, transition, {}, where={}).status is transition.target
    else:
        with pytest.raises(TransitionRefused):
            jobs.move(new_job().id, transition, {}, where={})


def test_where_compares_values_and_absence(tables):
    jobs, _ = tables
    jobs.create(new_job(status=Status.STARTING), OPEN)
    with pytest.raises(TransitionRefused):
        jobs.move(new_job().id, ACCEPT, {}, where={"attempt": 2})
    with pytest.raises(TransitionRefused):
        jobs.move(new_job().id, ACCEPT, {}, where={"provider_job_id": "run"})
    accepted = jobs.move(new_job().id, ACCEPT, {"provider_job_id": "run"}, {"provider_job_id": None, "attempt": 1})
    assert accepted.provider_job_id == "run"


def test_none_removes_an_attribute(tables):
    jobs, _ = tables
    jobs.create(new_job(status=Status.STARTING, claimed_at=TEXT), OPEN)
    assert jobs.move(new_job().id, RELEASE, {"claimed_at": None}, where={"claimed_at": TEXT}).claimed_at is None


def test_the_index_of_unfinished_jobs_is_sparse_and_in_order(tables):
    jobs, _ = tables
    for number, minutes in enumerate((3, 1, 2)):
        slot = NEXT if number else OPEN
        jobs.create(new_job(number, check_at=to_text(NOW + timedelta(minutes=minutes))), slot)
    due = to_text(NOW + timedelta(minutes=2))
    assert list(jobs.due_for_check(due, 10)) == [new_job(1).id, new_job(2).id]
    assert list(jobs.due_for_check(due, 1)) == [new_job(1).id]
    jobs.finish(new_job(1), FAIL, {}, refund=False)
    assert list(jobs.due_for_check(due, 10)) == [new_job(2).id]


def test_postponing_holds_only_while_the_job_has_not_moved(tables):
    jobs, _ = tables
    job = new_job()
    jobs.create(job, OPEN)
    later = to_text(NOW + timedelta(minutes=5))
    jobs.reschedule_check(job, later)
    assert jobs.get(job.id).check_at == later
    jobs.reschedule_check(job, TEXT)
    assert jobs.get(job.id).check_at == later


def test_an_end_with_refund_gives_the_job_back_exactly_once(tables):
    jobs, usage = tables
    job = new_job()
    jobs.create(job, OPEN)
    assert jobs.finish(job, FAIL, {"error_type": "provider_error"}, refund=True) is True
    row = jobs.get(job.id)
    assert (row.status, row.quota_refunded, row.check_at) == (Status.FAILED, True, None)
    assert usage.quota(job.owner) == Quota(TEXT, 0, 1)
    with pytest.raises(TransitionRefused):
        jobs.finish(job, FAIL, {}, refund=True)
    assert usage.quota(job.owner) == Quota(TEXT, 0, 1)


def test_a_refund_never_reaches_another_window(tables):
    jobs, usage = tables
    old = new_job(0)
    jobs.create(old, OPEN)
    later = to_text(NOW + limits.WINDOW)
    jobs.create(new_job(1, quota_window=later), QuotaSlot(later, opens_window=True, limit=3))
    assert jobs.finish(old, FAIL, {}, refund=True) is False
    assert jobs.get(old.id).status is Status.FAILED
    assert jobs.get(old.id).quota_refunded is False
    assert usage.quota(old.owner) == Quota(later, 1)


def test_a_window_gives_back_five_jobs_at_most(tables):
    jobs, usage = tables
    for number in range(7):
        job = new_job(number)
        jobs.create(job, NEXT if number else OPEN)
        assert jobs.finish(job, FAIL, {}, refund=True) is (number < 5)
    assert usage.quota(job.owner) == Quota(TEXT, 2, 5)


def test_a_window_gives_back_every_job_that_never_ran(tables):
    jobs, usage = tables
    for number in range(7):
        job = new_job(number)
        jobs.create(job, NEXT if number else OPEN)
        assert jobs.finish(job, FAIL, {}, refund=True, ran=False) is True
    assert usage.quota(job.owner) == Quota(TEXT, 0, 0)


def test_an_end_holds_only_for_the_run_that_was_read(tables):
    jobs, usage = tables
    job = new_job(status=Status.PROCESSING, provider_job_id="run2", attempt=2)
    jobs.create(job, OPEN)
    with pytest.raises(TransitionRefused):
        jobs.finish(dataclasses.replace(job, provider_job_id="run1", attempt=1), FAIL, {}, refund=True)
    assert usage.quota(job.owner).used == 1


def test_an_end_holds_only_while_the_job_is_not_deleted(tables):
    jobs, _ = tables
    job = new_job(status=Status.PROCESSING)
    jobs.create(job, OPEN)
    deleted = jobs.update(job, {"deleted_at": TEXT})
    with pytest.raises(TransitionRefused) as refusal:
        jobs.finish(job, FAIL, {}, refund=True)
    assert refusal.value.current == deleted
    assert jobs.finish(deleted, FAIL, {}, refund=False) is False


def test_a_lease_has_one_holder_at_a_time(tables):
    _, usage = tables
    assert usage.lease("reconcile", NOW, 60) is True
    assert usage.lease("reconcile", NOW + timedelta(seconds=59), 60) is False
    assert usage.lease("retention", NOW, 60) is True
    assert usage.lease("reconcile", NOW + timedelta(seconds=60), 60) is True


def test_a_note_changes_the_row_while_it_stays_as_it_was_read(tables):
    jobs, _ = tables
    job = new_job(status=Status.PROCESSING)
    jobs.create(job, OPEN)
    noted = jobs.update(job, {"cancel_requested": True})
    assert noted == dataclasses.replace(job, cancel_requested=True)
    for read in (new_job(status=Status.QUEUED), new_job(status=Status.PROCESSING, attempt=2)):
        with pytest.raises(TransitionRefused, match="update refused: the job is processing"):
            jobs.update(read, {"cancel_requested": False})


def test_an_owners_jobs_come_newest_first_in_pages_without_deleted_ones(tables):
    jobs, _ = tables
    made = []
    for number in range(4):
        created_at = to_text(NOW + timedelta(seconds=number))
        made.append(new_job(number, created_at=created_at))
        jobs.create(made[-1], QuotaSlot(TEXT, opens_window=number == 0, limit=9))
    newest_first = [job.id for job in reversed(made)]
    page = jobs.list_by_owner(made[0].owner, 3, None)
    assert [job.id for job in page] == newest_first[:3]
    rest = jobs.list_by_owner(made[0].owner, 3, (page[-1].created_at, page[-1].id))
    assert [job.id for job in rest] == newest_first[3:]
    assert jobs.list_by_owner(new_guest(), 3, None) == []
    jobs.update(made[3], {"deleted_at": TEXT})
    assert [job.id for job in jobs.list_by_owner(made[0].owner, 3, None)] == newest_first[1:]
    assert jobs.get(made[3].id).deleted_at == TEXT


def test_a_counter_counts_and_a_hard_one_stops_at_its_limit(tables):
    _, usage = tables
    assert usage.quota_and_counter(new_guest(), "rate#a") == (None, 0)
    assert [usage.count("rate#a", 2, 1_800_000_000) for _ in range(3)] == [1, 2, 3]
    assert [usage.count("runs#a", 2, 1_800_000_000, capped=True) for _ in range(4)] == [1, 2, 3, 3]
    assert [usage.quota_and_counter(new_guest(), counter)[1] for counter in ("rate#a", "runs#a")] == [3, 2]
    assert usage.count("runs#none", 0, 1_800_000_000, capped=True) == 1


def test_what_is_remembered_first_stays_until_its_time_is_over(tables):
    _, usage = tables
    first, second = {"fingerprint": "1", "job_id": "a"}, {"fingerprint": "2", "job_id": "b"}
    assert usage.put_if_absent("once#x", first, NOW, 60) == first
    assert usage.put_if_absent("once#x", second, NOW + timedelta(seconds=59), 60) == first
    assert usage.put_if_absent("once#y", second, NOW, 60) == second
    assert usage.put_if_absent("once#x", second, NOW + timedelta(seconds=60), 60) == second


def test_what_is_remembered_is_recalled_until_it_ends(tables):
    _, usage = tables
    assert usage.get_values("pause#x", NOW) == {}
    usage.put_if_absent("pause#x", {"until": TEXT, "why": "a"}, NOW, 60)
    assert usage.get_values("pause#x", NOW) == {"until": TEXT, "why": "a"}
    assert usage.get_values("pause#x", NOW + timedelta(seconds=59)) == {"until": TEXT, "why": "a"}
    assert usage.get_values("pause#x", NOW + timedelta(seconds=60)) == {}
    assert usage.get_values("pause#y", NOW) == {}


def test_a_line_is_added_to_what_is_there(tables):
    jobs, _ = tables
    jobs.create(new_job(), OPEN)
    for line in ("first", "second", "second"):
        jobs.update(jobs.get(new_job().id), {"deliveries": Append(line)})
    assert jobs.get(new_job().id, consistent=True).deliveries == ("first", "second", "second")


def test_a_lease_that_was_given_back_can_be_taken(tables):
    _, usage = tables
    assert usage.lease("sweep", NOW, 60)
    usage.release("sweep")
    assert usage.lease("sweep", NOW, 60)
    assert not usage.lease("sweep", NOW, 60)


VALUES = st.recursive(st.text() | st.booleans() | st.integers(-(10**30), 10**30), st.lists, max_leaves=5)


@given(VALUES)
def test_attribute_values_are_boto3s(value):
    attribute = to_attribute(value)
    assert attribute == TypeSerializer().serialize(value)
    assert from_attribute(attribute) == TypeDeserializer().deserialize(attribute) == value
