"""Two transactions of one owner that meet: DynamoDB cancels one of them, and the writer tries again."""

import dataclasses
import gzip
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import botocore
import pytest
from botocore.exceptions import ClientError

from enhancer.adapters.dynamo_jobs import DynamoJobs
from enhancer.adapters.dynamo_usage import DynamoUsage
from enhancer.contention import TRIES, pause, retry_contended
from enhancer.domain.clock import to_text
from enhancer.domain.job import CLAIM, FAIL, Status
from enhancer.domain.limits import QuotaSlot
from enhancer.errors import ConcurrentUpdate, OutcomeUnknown, Refused, ServiceUnavailable, TransitionRefused
from enhancer.usecases.cancel_job import CancelJob
from enhancer.usecases.delete_job import DeleteJob
from tests.contract.conftest import boto_session, create_table
from tests.contract.test_jobs_and_usage import new_job
from tests.unit.conftest import make_world

TEXT = to_text(datetime(2026, 11, 22, 12, 0, tzinfo=UTC))
OPEN = QuotaSlot(TEXT, opens_window=True, limit=3)
AGAIN = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}


def documented_reasons():
    """Every cancellation code in the service's own description, which AWS ships with botocore."""
    file = Path(botocore.__file__).parent / "data/dynamodb/2012-08-10/service-2.json.gz"
    shapes = json.loads(gzip.decompress(file.read_bytes()))["shapes"]
    found = re.findall(r"Code: <code>(\w+)", shapes["TransactionCanceledException"]["documentation"])
    assert set(found) > AGAIN
    return set(found)


REASONS = sorted(documented_reasons())


class Meetings:
    """Answers the next writes of a client as DynamoDB does when they meet others; what is left goes through."""

    def __init__(self, client):
        self.left = 0
        self.operations = {"TransactWriteItems", "UpdateItem"}
        self.codes = ("TransactionConflict", "None")
        for operation in ("TransactWriteItems", "UpdateItem"):
            client.meta.events.register(f"before-call.dynamodb.{operation}", self._meet)

    def _meet(self, model, **_):
        if not self.left or model.name not in self.operations:
            return None
        self.left -= 1
        if model.name == "UpdateItem":
            return SimpleNamespace(status_code=400), {"Error": {"Code": "TransactionConflictException", "Message": ""}}
        error = {"Code": "TransactionCanceledException", "Message": ""}
        reasons = [{"Code": code} for code in self.codes]
        return SimpleNamespace(status_code=400), {"Error": error, "CancellationReasons": reasons}


class MeetingJobs:
    """The fake table whose next ends meet other transactions."""

    def __init__(self, jobs):
        self._jobs, self.left = jobs, 0

    def __getattr__(self, name):
        return getattr(self._jobs, name)

    def finish(self, *given, **named):
        if self.left:
            self.left -= 1
            raise ConcurrentUpdate
        return self._jobs.finish(*given, **named)


@pytest.fixture
def client(aws):  # noqa: ARG001 - it is there
    return boto_session().client("dynamodb", region_name="us-east-1")


@pytest.fixture
def naps():
    return []


@pytest.fixture
def jobs(client, naps):
    return DynamoJobs(client, create_table(client, "JobsTable"), create_table(client, "UsageTable"), sleep=naps.append)


@pytest.fixture(params=["fake", "dynamo"])
def world(request):
    """The use cases on one of both tables, and `world.meetings.left`: how many of the next writes meet another."""
    world = make_world()
    if request.param == "fake":
        jobs, usage = MeetingJobs(world.jobs), world.usage
        world.meetings = jobs
    else:
        client = request.getfixturevalue("client")
        jobs, usage = request.getfixturevalue("jobs"), DynamoUsage(client, "UsageTable")
        world.meetings = Meetings(client)
    world.jobs, world.usage = jobs, usage
    for name in ("create_job", "start_job", "complete_job", "reconcile_jobs"):
        part = getattr(world, name)
        tables = {"jobs": jobs, "usage": usage} if hasattr(part, "usage") else {"jobs": jobs}
        setattr(world, name, dataclasses.replace(part, **tables))
    world.job = lambda job_id: jobs.get(job_id, consistent=True)
    return world


def used(world):
    return world.usage.quota(world.owner).used


def cancel(world, job):
    CancelJob(jobs=world.jobs, provider=world.provider, clock=world.clock)(job.id, world.caller)


def delete(world, job):
    places = {"images": world.images, "provider": world.provider, "prefix": "ai-enhancer/"}
    DeleteJob(jobs=world.jobs, clock=world.clock, **places)(job.id, world.caller, before=lambda _: None)


def withdraw(world, job):
    world.jobs.update(job, {"cancel_requested": True})
    world.start_job(job.id)


def refuse(world, job):
    world.provider.answers = [Refused("HTTP 422: no")]
    world.start_job(job.id)


def expire(world, job):
    world.clock.advance(hours=23)  # the window is still open
    world.start_job = dataclasses.replace(world.start_job, allowed_models={})
    world.start_job(job.id)


def fail(world, job):
    world.start_job(job.id)
    run = world.provider.finish(world.job(job.id).provider_job_id)
    world.complete_job(job.id, dataclasses.replace(run, status="failed", output_url=None, error="odd"))


def give_up(world, job):
    world.provider.answers = [OutcomeUnknown("HTTP 500")]
    world.start_job(job.id)
    world.clock.advance(hours=2)
    assert world.reconcile_jobs()["failed"] == 1


ENDS = {
    cancel: Status.CANCELED,
    delete: Status.CANCELED,
    withdraw: Status.CANCELED,
    refuse: Status.FAILED,
    expire: Status.FAILED,
    fail: Status.FAILED,
    give_up: Status.FAILED,
}


@pytest.mark.parametrize("meets", [1, 4])
@pytest.mark.parametrize("write", ENDS, ids=lambda write: write.__name__)
def test_every_end_of_a_job_refunds_it_even_if_it_meets_another_write(world, write, meets):
    job = world.new_job()
    other = world.new_job()
    world.meetings.left, world.meetings.operations = meets, {"TransactWriteItems"}
    write(world, job)
    row = world.job(job.id)
    assert (row.status, row.quota_refunded, used(world)) == (ENDS[write], True, 1)
    assert not world.job(other.id).ended
    assert world.meetings.left == 0


def test_a_result_that_meets_another_transaction_is_saved_once(world):
    job = world.new_job()
    world.start_job(job.id)
    run = world.provider.finish(world.job(job.id).provider_job_id)
    world.meetings.left = 4
    assert world.complete_job(job.id, run) == "succeeded"
    assert (world.job(job.id).status, used(world)) == (Status.SUCCEEDED, 1)


def test_a_start_that_meets_another_transaction_makes_one_run(world):
    job = world.new_job()
    world.meetings.left = 4
    assert world.start_job(job.id) == "accepted"
    assert len(world.provider.created) == 1


@pytest.mark.parametrize("write", [cancel, delete])
def test_a_person_is_told_to_come_again_when_it_never_gets_through(world, write):
    job = world.new_job()
    world.meetings.left = 1000
    with pytest.raises(ServiceUnavailable) as refusal:
        write(world, job)
    assert refusal.value.retry_after == 1
    world.meetings.left = 0
    assert world.job(job.id).status is Status.QUEUED
    write(world, job)
    assert (world.job(job.id).status, used(world)) == (Status.CANCELED, 0)


def test_the_sweep_goes_on_with_the_others_when_one_never_gets_through(world, monkeypatch):
    stuck, other = world.new_job(), world.new_job()
    world.clock.advance(days=2)
    end = world.jobs.finish

    def never(job, *given, **named):
        if job.id == stuck.id:
            raise ConcurrentUpdate
        return end(job, *given, **named)

    monkeypatch.setattr(world.jobs, "finish", never, raising=False)
    assert world.reconcile_jobs() == {"postponed": 1, "failed": 1}
    assert world.job(other.id).status is Status.FAILED


WRITES = {
    "create": lambda jobs: jobs.create(new_job(1), QuotaSlot(TEXT, opens_window=False, limit=3)),
    "finish": lambda jobs: jobs.finish(new_job(), FAIL, {}, refund=True),
}


@pytest.mark.parametrize("at", [0, 1], ids=["row", "window"])
@pytest.mark.parametrize("code", REASONS)
@pytest.mark.parametrize("write", WRITES)
def test_each_reason_that_aws_documents_is_told_apart(client, jobs, write, code, at):
    """A refund is left out only where the window's condition says so, and a fault of ours is not tried again."""
    jobs.create(new_job(), OPEN)
    meetings = Meetings(client)
    meetings.codes = tuple(code if place == at else "None" for place in range(2))
    meetings.left = 1

    def written():
        WRITES[write](jobs)

    if code in AGAIN:
        with pytest.raises(ConcurrentUpdate):
            written()
        written()
        assert jobs.get(new_job().id).quota_refunded is (write == "finish")
    elif code == "ConditionalCheckFailed" and write == "finish" and at:
        written()
        row = jobs.get(new_job().id)
        assert (row.status, row.quota_refunded) == (Status.FAILED, False)
    elif code == "ConditionalCheckFailed" and write == "finish":
        with pytest.raises(TransitionRefused):
            written()
    elif code not in {"ConditionalCheckFailed", "None"}:
        with pytest.raises(ClientError):
            written()
        assert jobs.get(new_job().id).status is Status.QUEUED


def test_a_window_that_refuses_while_the_row_is_held_is_asked_again(client, jobs):
    jobs.create(new_job(), OPEN)
    meetings = Meetings(client)
    meetings.codes, meetings.left = ("TransactionConflict", "ConditionalCheckFailed"), 1
    with pytest.raises(ConcurrentUpdate):
        jobs.finish(new_job(), FAIL, {}, refund=True)
    assert jobs.finish(new_job(), FAIL, {}, refund=True)


@pytest.mark.parametrize("meets", [1, TRIES - 1, TRIES])
@pytest.mark.parametrize("write", ["move", "update", "reschedule_check"])
def test_one_row_that_a_transaction_holds_is_written_again(client, jobs, naps, write, meets):
    jobs.create(new_job(), OPEN)
    Meetings(client).left = meets
    later = to_text(datetime(2026, 11, 22, 12, 9, tzinfo=UTC))
    writes = {
        "move": lambda: jobs.move(new_job().id, CLAIM, {"check_at": later}, {}),
        "update": lambda: jobs.update(new_job(), {"check_at": later}),
        "reschedule_check": lambda: jobs.reschedule_check(new_job(), later),
    }
    if meets == TRIES:
        with pytest.raises(ConcurrentUpdate):
            writes[write]()
    else:
        writes[write]()
        assert jobs.get(new_job().id).check_at == later
    assert len(naps) == min(meets, TRIES - 1)


def test_two_that_met_do_not_wait_equally_long_and_neither_waits_long():
    assert len({pause(3) for _ in range(20)}) > 15
    naps = []

    def never():
        raise ConcurrentUpdate

    for _ in range(20):
        naps.clear()
        with pytest.raises(ConcurrentUpdate):
            retry_contended(never, naps.append)
        assert len(naps) == TRIES - 1
        assert all(0 <= nap <= 0.05 * 2**tried for tried, nap in enumerate(naps))
        assert timedelta(seconds=sum(naps)) <= timedelta(seconds=0.75)
