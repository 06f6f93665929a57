"""Cancel, delete, share, list: what people do about their jobs."""

import base64
import dataclasses
import json
import re
from datetime import timedelta

import pytest

from enhancer.domain import keys
from enhancer.domain.job import Status
from enhancer.domain.owner import Caller, new_guest
from enhancer.errors import (
    ConcurrentUpdate,
    Conflict,
    Forbidden,
    Gone,
    NotFound,
    OutcomeUnknown,
    ServiceUnavailable,
    TransitionRefused,
    Unauthorized,
    ValidationFailed,
)
from enhancer.usecases.cancel_job import CancelJob, stop_run
from enhancer.usecases.delete_job import DeleteJob
from enhancer.usecases.list_jobs import ListJobs
from enhancer.usecases.share_job import ShareJob
from enhancer.usecases.show_image import ShowImage
from tests.fakes import FakePresignedUrls, FakeShareLinks

ADMIN = Caller(new_guest(), role="admin")


@pytest.fixture
def act(world):
    """The use cases on the world, as the world's caller unless another is named."""

    class Act:
        def cancel(self, job, caller=world.caller):
            return CancelJob(jobs=world.jobs, provider=world.provider, clock=world.clock)(job.id, caller)

        def delete(self, job, caller=world.caller, audit=lambda _: None):
            return DeleteJob(
                jobs=world.jobs,
                images=world.images,
                provider=world.provider,
                prefix="ai-enhancer/",
                clock=world.clock,
            )(job.id, caller, before=audit)

        def share(self, job, seconds=86_400, caller=world.caller):
            return ShareJob(jobs=world.jobs, shares=FakeShareLinks(), clock=world.clock)(job.id, caller, seconds)

        def show(self, path, caller=None):
            key, _, share = path.removeprefix("/r2-ai/").partition("?share=")
            return ShowImage(
                jobs=world.jobs,
                urls=FakePresignedUrls(),
                shares=FakeShareLinks(),
                prefix="ai-enhancer/",
                clock=world.clock,
            )(key, caller, share, method="GET")

        def finished(self):
            job = world.new_job()
            world.start_job(job.id)
            world.complete_job(job.id, world.provider.finish(world.job(job.id).provider_job_id))
            return world.job(job.id)

    return Act()


def test_a_queued_job_ends_at_once_with_refund(world, act):
    job = world.new_job()
    ended = act.cancel(job)
    assert (ended.status, ended.quota_refunded, ended.check_at) == (Status.CANCELED, True, None)
    assert world.usage.quota(world.owner).used == 0
    assert world.start_job(job.id) == "skipped"


def test_a_running_job_is_cancelled_at_the_provider_and_follows_its_word(world, act):
    job = world.new_job()
    world.start_job(job.id)
    asked = act.cancel(job)
    assert (asked.status, asked.cancel_requested) == (Status.PROCESSING, True)
    assert world.provider.cancelled == ["run1"]
    assert world.complete_job(job.id, world.provider.finish("run1", "canceled")) == "canceled"
    assert world.usage.quota(world.owner).used == 1, "the run was accepted and may have cost money"


def test_a_run_that_was_done_before_the_wish_arrived_succeeds(world, act):
    job = world.new_job()
    world.start_job(job.id)
    act.cancel(job)
    assert world.complete_job(job.id, world.provider.finish("run1")) == "succeeded"


def test_a_job_that_is_being_claimed_is_cancelled_once_it_was_accepted(world, act):
    job = world.new_job()
    create = world.provider.create

    def create_during_a_cancellation(*arguments):
        act.cancel(job)
        return create(*arguments)

    world.provider.create = create_during_a_cancellation
    assert world.start_job(job.id) == "accepted"
    assert world.provider.cancelled == ["run1"]


def test_an_ended_job_is_a_conflict_that_shows_it(act):
    done = act.finished()
    with pytest.raises(Conflict) as refusal:
        act.cancel(done)
    assert refusal.value.details == {"job": done}


def test_a_queued_job_that_ends_shows_what_it_became(world):
    job = world.new_job()
    world.jobs.lagging = True
    ended = stop_run(job, jobs=world.jobs, provider=world.provider, clock=world.clock)
    assert ended == world.job(job.id)
    assert (ended.cancel_requested, ended.finished_at, ended.updated_at) == (True, ended.created_at, ended.created_at)


@pytest.mark.parametrize("action", ["cancel", "delete"])
@pytest.mark.parametrize("problem", [TransitionRefused("withdraw", None), ConcurrentUpdate()], ids=str)
def test_a_job_that_keeps_moving_is_tried_five_times(world, act, monkeypatch, action, problem):
    job, tries = world.new_job(), []

    def refuse(row, *_, **__):
        tries.append(row)
        raise problem

    monkeypatch.setattr("enhancer.usecases.steps.end_job", refuse)
    with pytest.raises(ServiceUnavailable) as refusal:
        getattr(act, action)(job)
    assert (len(tries), refusal.value.retry_after) == (5, 1)


def test_a_job_that_moved_once_is_cancelled_as_it_then_is(world, act, monkeypatch):
    job, end = world.new_job(), world.jobs.finish

    def start_first(*arguments, **options):
        monkeypatch.setattr(world.jobs, "finish", end)
        world.start_job(job.id)
        return end(*arguments, **options)

    monkeypatch.setattr(world.jobs, "finish", start_first)
    assert act.cancel(job).cancel_requested
    assert world.provider.cancelled == ["run1"]


def test_a_provider_that_does_not_answer_does_not_undo_the_wish(world, act, monkeypatch):
    job = world.new_job()
    world.start_job(job.id)
    world.clock.advance(seconds=1)

    def down(_):
        raise OutcomeUnknown("no answer")

    monkeypatch.setattr(world.provider, "cancel", down)
    asked = act.cancel(job)
    assert (asked.cancel_requested, asked.updated_at) == (True, "2026-11-22T12:00:01.000Z")


def test_deleting_takes_the_images_the_links_and_the_place_in_the_history(world, act):
    done = act.finished()
    world.images.write(keys.prepared_key("ai-enhancer/", done.owner, done.id), b"x", "image/png", "")
    shared = act.share(done).path
    assert act.show(shared).url
    assert act.delete(done).deleted_at == "2026-11-22T12:00:00.000Z"
    assert not world.images.objects
    assert ListJobs(jobs=world.jobs)(world.caller).jobs == []
    for caller, path in [(world.caller, done.output_r2_key), (None, shared)]:
        with pytest.raises(Gone):
            act.show(path, caller)
    with pytest.raises(NotFound):
        act.share(done)
    first = world.job(done.id)
    assert not first.cancel_requested, "it had ended"
    assert world.provider.cancelled == []
    assert act.delete(done) == first


def test_deleting_takes_who_and_what_it_was_out_of_the_row(world, act):
    done = act.finished()
    world.jobs.rows[done.id] = dataclasses.replace(done, user_id="alice@issuer", filename="alice at the beach.jpg")
    act.delete(done)
    row = world.job(done.id)
    assert "alice" not in str(row)
    assert (row.filename, row.user_id, row.updated_at) == ("", None, row.deleted_at)


def test_who_deletes_is_told_before_anything_changes(world, act, monkeypatch):
    done, told = act.finished(), []
    monkeypatch.setattr(world.images, "delete", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        act.delete(done, ADMIN, audit=told.append)
    assert told == [done]


def test_deleting_a_running_job_cancels_it_and_its_result_is_never_stored(world, act):
    job = world.new_job()
    world.start_job(job.id)
    act.delete(job)
    assert world.provider.cancelled == ["run1"]
    assert world.complete_job(job.id, world.provider.finish("run1")) == "canceled"
    assert not world.images.objects
    assert world.job(job.id).status is Status.CANCELED


def test_a_job_that_is_deleted_while_its_result_is_copied_leaves_nothing(world, act):
    job = world.new_job()
    world.start_job(job.id)
    fetch = world.outputs.fetch

    def fetch_during_a_deletion(url):
        act.delete(job)
        return fetch(url)

    world.outputs.fetch = fetch_during_a_deletion
    assert world.complete_job(job.id, world.provider.finish("run1")) == "canceled"
    assert not world.images.objects
    row = world.job(job.id)
    assert (row.status, row.quota_refunded) == (Status.CANCELED, False), "the run was paid"


def test_deleting_a_queued_job_refunds_it(world, act):
    job = world.new_job()
    act.delete(job)
    row = world.job(job.id)
    assert (row.status, row.quota_refunded, bool(row.deleted_at)) == (Status.CANCELED, True, True)


def test_jobs_are_their_owners_and_an_admins(act):
    done = act.finished()
    stranger = Caller(new_guest())
    for action in (act.cancel, act.delete, lambda job, caller: act.share(job, caller=caller)):
        with pytest.raises(NotFound):
            action(done, stranger)
        with pytest.raises(Unauthorized):
            action(done, None)
    for action in (act.cancel, lambda job, caller: act.share(job, caller=caller)):
        with pytest.raises(NotFound):
            action(done, ADMIN)
    assert act.show(done.output_r2_key, ADMIN).url
    assert act.delete(done, ADMIN).deleted_at


def test_a_share_link_shows_the_result_and_nothing_else(world, act):
    done, other = act.finished(), act.finished()
    share = act.share(done, 300)
    assert share.expires_at.isoformat() == "2026-11-22T12:05:00+00:00"
    token = share.path.partition("?")[2]
    assert act.show(f"{done.preview_r2_key}?{token}").url
    for key in (done.input_r2_key, other.output_r2_key):
        with pytest.raises(Forbidden):
            act.show(f"{key}?{token}")
    world.clock.advance(minutes=4, seconds=40)
    assert act.show(share.path).seconds == 20, "the redirect is not kept longer than the link"
    world.clock.advance(seconds=20)
    with pytest.raises(Gone, match="link"):
        act.show(share.path)


def test_a_share_link_never_outlives_its_result(world, act):
    done = act.finished()
    world.clock.advance(days=29)
    assert act.share(done, 7 * 86_400).expires_at.isoformat() == "2026-12-22T12:00:00+00:00"
    world.clock.advance(days=1)
    with pytest.raises(Gone):
        act.share(done)


@pytest.mark.parametrize("seconds", [0, 299, 604_801, -1])
def test_a_share_link_lasts_five_minutes_to_seven_days(act, seconds):
    with pytest.raises(ValidationFailed, match="out_of_range") as refusal:
        act.share(act.finished(), seconds)
    assert refusal.value.details == {"field": "expiresIn", "actual": seconds, "minimum": 300, "maximum": 604_800}


@pytest.mark.parametrize("seconds", [300, 604_800])
def test_a_share_link_ends_on_a_whole_second(world, act, seconds):
    world.clock.advance(microseconds=999_999)
    assert act.share(act.finished(), seconds).expires_at == world.clock().replace(microsecond=0) + timedelta(
        seconds=seconds
    )


def test_there_is_nothing_to_share_before_there_is_a_result(world, act):
    with pytest.raises(Conflict) as refusal:
        act.share(world.new_job())
    assert refusal.value.details == {"status": "queued"}


def test_the_history_goes_backwards_page_by_page(world):
    world.create_job = dataclasses.replace(world.create_job, quota_jobs=100)
    made = []
    for _ in range(5):
        made.append(world.new_job().id)
        world.clock.advance(seconds=1)
    seen, cursor = [], ""
    while cursor is not None:
        page = ListJobs(jobs=world.jobs)(world.caller, limit=2, cursor=cursor)
        seen += [job.id for job in page.jobs]
        cursor = page.next_cursor
    assert seen == made[::-1]
    assert ListJobs(jobs=world.jobs)(None).jobs == []


@pytest.mark.parametrize("length", range(24, 28))
def test_a_cursor_is_safe_in_a_url_whatever_its_length(world, length):
    job = dataclasses.replace(world.new_job(), id="p" * length)
    world.jobs.rows = {each.id: each for each in (job, dataclasses.replace(job, id="o" * length))}
    first = ListJobs(jobs=world.jobs)(world.caller, limit=1)
    assert re.fullmatch(r"[A-Za-z0-9_-]+", first.next_cursor)
    assert [each.id for each in ListJobs(jobs=world.jobs)(world.caller, cursor=first.next_cursor).jobs] == [
        "o" * length
    ]


@pytest.mark.parametrize("change", [lambda c: c + "=", lambda c: c + "AAAA", lambda c: f" {c}", lambda c: c + "\n"])
def test_a_cursor_is_taken_only_as_it_was_given(world, change):
    world.new_job()
    cursor = ListJobs(jobs=world.jobs)(world.caller, limit=1).next_cursor
    assert ListJobs(jobs=world.jobs)(world.caller, limit=1, cursor=cursor).jobs == []
    with pytest.raises(ValidationFailed):
        ListJobs(jobs=world.jobs)(world.caller, limit=1, cursor=change(cursor))


@pytest.mark.parametrize(
    "cursor",
    ["x", "e30", "W10", "WzEsMl0", "W251bGwsbnVsbF0", "ä", "%%%", "A" * 500]
    + [
        base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")
        for content in (
            ["2026-11-22T12:00:00.000Z", "a" * 31],
            ["2026-11-22T12:00:00.000Z" + "0" * 5000, "aaaa"],
            ["\ud800", "aaaa"],
            ["2026-11-22T12:00:00.000Z", "\ud800"],
            ["٢026-11-22T12:00:00.000Z", "aaaa"],
            [" 2026-11-22T12:00:00.000Z", "aaaa"],
            ["2026-11-22T12:00:00.000Z", "a#b"],
            ["", "id"],
            ["time", ""],
            [1, "id"],
            ["time", 1],
            ["time"],
            ["time", "id", "more"],
            {"a": "b"},
        )
    ],
)
def test_a_cursor_that_is_none_is_refused(world, cursor):
    with pytest.raises(ValidationFailed) as refused:
        ListJobs(jobs=world.jobs)(world.caller, cursor=cursor)
    assert refused.value.details == {"field": "cursor"}


@pytest.mark.parametrize("limit", [1, 100])
def test_a_page_may_be_as_short_and_as_long_as_this(world, limit):
    assert len(ListJobs(jobs=world.jobs)(world.caller, limit=limit).jobs) == 0


@pytest.mark.parametrize("limit", [0, -1, 101])
def test_a_page_has_one_to_a_hundred_jobs(world, limit):
    with pytest.raises(ValidationFailed) as refused:
        ListJobs(jobs=world.jobs)(world.caller, limit=limit)
    assert refused.value.details == {"field": "limit", "actual": limit, "minimum": 1, "maximum": 100}
