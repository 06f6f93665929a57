"""What only DynamoDB has: time to live, consistent reads, and answers that moto never gives."""

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError
from botocore.stub import ANY, Stubber

from enhancer.adapters.dynamo_items import Expression, item_job, job_item
from enhancer.adapters.dynamo_jobs import DynamoJobs
from enhancer.adapters.dynamo_usage import DynamoUsage
from enhancer.domain.clock import to_text
from enhancer.domain.job import ACCEPT, CLAIM, FAIL, Status
from enhancer.domain.limits import Quota, QuotaSlot
from enhancer.domain.owner import new_guest
from enhancer.errors import ConcurrentUpdate, Conflict, TransitionRefused
from tests.contract.conftest import boto_session, create_table
from tests.contract.test_jobs_and_usage import new_job

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TEXT = to_text(NOW)
OPEN = QuotaSlot(TEXT, opens_window=True, limit=3)


@pytest.fixture
def client(aws):  # noqa: ARG001 - it is there
    return boto_session().client("dynamodb", region_name="us-east-1")


@pytest.fixture
def jobs(client):
    return DynamoJobs(client, create_table(client, "JobsTable"), create_table(client, "UsageTable"))


@pytest.fixture
def usage(client, jobs):  # noqa: ARG001 - makes the tables
    return DynamoUsage(client, "UsageTable")


@pytest.fixture
def stubbed(client):
    with Stubber(client) as stub:
        yield stub
        stub.assert_no_pending_responses()


def row(client, key):
    return client.get_item(TableName="UsageTable", Key={"key": {"S": key}})["Item"]


def seconds(**after):
    return {"N": str(int((NOW + timedelta(**after)).timestamp()))}


def test_a_window_stays_a_day_longer_than_it_counts(client, jobs):
    job = new_job()
    jobs.create(job, OPEN)
    assert row(client, f"quota#{job.owner.reference}") == {
        "key": {"S": f"quota#{job.owner.reference}"},
        "window": {"S": TEXT},
        "used": {"N": "1"},
        "refunds": {"N": "0"},
        "expires_at": seconds(days=2),
    }


def test_what_is_counted_leased_or_remembered_ends_by_itself(client, usage):
    usage.count("rate#a", 2, int((NOW + timedelta(minutes=2)).timestamp()), by=2)
    usage.lease("sweep", NOW, 60)
    usage.put_if_absent("once#a", {"job_id": "a"}, NOW, 3600)
    assert row(client, "rate#a") == {"key": {"S": "rate#a"}, "used": {"N": "2"}, "expires_at": seconds(minutes=2)}
    assert row(client, "lease#sweep") == {
        "key": {"S": "lease#sweep"},
        "held_until": {"S": to_text(NOW + timedelta(minutes=1))},
        "expires_at": seconds(days=1, minutes=1),
    }
    assert row(client, "once#a") == {"key": {"S": "once#a"}, "job_id": {"S": "a"}, "expires_at": seconds(hours=1)}


def test_reads_that_decide_are_consistent(client, jobs, usage):
    asked = []
    client.meta.events.register("provide-client-params.dynamodb", lambda params, **_: asked.append(params))
    jobs.get("id")
    jobs.get("id", consistent=True)
    usage.quota(new_guest())
    usage.quota_and_counter(new_guest(), "spend")
    single, batch = asked[:3], asked[3]
    assert [request["ConsistentRead"] for request in single] == [False, True, True]
    assert batch["RequestItems"]["UsageTable"]["ConsistentRead"] is True


def test_a_job_that_moved_or_was_postponed_meanwhile_is_not_postponed(jobs):
    job = new_job()
    jobs.create(job, OPEN)
    for stale in (
        new_job(status=Status.STARTING),
        new_job(check_at=to_text(NOW + timedelta(minutes=1))),
    ):
        jobs.reschedule_check(stale, to_text(NOW + timedelta(minutes=9)))
        assert jobs.get(job.id) == job


def test_a_second_job_of_an_upload_says_which_it_was(jobs):
    jobs.create(new_job(), OPEN)
    with pytest.raises(Conflict) as refusal:
        jobs.create(new_job(), OPEN)
    assert refusal.value.details == {"jobId": new_job().id}


def cancelled(stub, *codes):
    reasons = [{"Code": code} for code in codes]
    stub.add_client_error(
        "transact_write_items", "TransactionCanceledException", modeled_fields={"CancellationReasons": reasons}
    )


@pytest.mark.parametrize("codes", [("TransactionConflict", "None"), ("None", "TransactionConflict")])
def test_a_conflict_of_transactions_is_contention(client, stubbed, codes):
    """AWS, DynamoDB API reference, TransactWriteItems, cancellation reasons, read 2026-11-25."""
    jobs = DynamoJobs(client, "JobsTable", "UsageTable")
    for call in (
        lambda: jobs.create(new_job(), OPEN),
        lambda: jobs.finish(new_job(), FAIL, {}, refund=True),
    ):
        cancelled(stubbed, *codes)
        with pytest.raises(ConcurrentUpdate):
            call()


@pytest.mark.parametrize("code", ["TransactionConflictException", "TransactionInProgressException"])
def test_a_transaction_that_meets_another_is_contention(client, stubbed, code):
    jobs = DynamoJobs(client, "JobsTable", "UsageTable")
    for call in (
        lambda: jobs.create(new_job(), OPEN),
        lambda: jobs.finish(new_job(), FAIL, {}, refund=True),
    ):
        stubbed.add_client_error("transact_write_items", code)
        with pytest.raises(ConcurrentUpdate):
            call()


def stored(client):
    return client.get_item(TableName="JobsTable", Key={"id": {"S": new_job().id}})["Item"]


def test_a_row_holds_what_is_known_and_what_the_indexes_need(client, jobs):
    jobs.create(new_job(), OPEN)
    row = stored(client)
    values = {field.name: getattr(new_job(), field.name) for field in dataclasses.fields(new_job())}
    assert set(row) == {name for name, value in values.items() if value not in (None, ())} | {"owner", "shard"}
    assert (row["owner"], row["shard"]) == ({"S": new_job().owner.reference}, {"S": "unfinished"})
    assert (row["status"], row["attempt"], row["quota_refunded"]) == ({"S": "queued"}, {"N": "1"}, {"BOOL": False})


def test_a_refused_end_shows_the_row_as_it_is_now(client, jobs):
    job = new_job()
    jobs.create(job, OPEN)
    jobs.finish(job, FAIL, {}, refund=True)
    asked = []
    client.meta.events.register("provide-client-params.dynamodb.GetItem", lambda params, **_: asked.append(params))
    with pytest.raises(TransitionRefused, match=r"^fail refused: the job is failed$") as refusal:
        jobs.finish(job, FAIL, {}, refund=True)
    assert refusal.value.current.status is Status.FAILED
    assert [request["ConsistentRead"] for request in asked] == [True]


def test_a_row_without_a_next_look_is_not_in_the_index(client, jobs):
    jobs.create(new_job(check_at=None), OPEN)
    assert "shard" not in stored(client)
    for transition, changes, shard in (
        (CLAIM, {"check_at": TEXT}, {"S": "unfinished"}),
        (ACCEPT, {"updated_at": TEXT}, {"S": "unfinished"}),
        (FAIL, {"check_at": None}, None),
    ):
        jobs.move(new_job().id, transition, changes, {})
        assert stored(client).get("shard") == shard


def test_a_deleted_job_is_in_no_history(client, jobs):
    jobs.create(new_job(), OPEN)
    jobs.update(new_job(), {"deleted_at": TEXT})
    assert "owner" not in stored(client)


def test_a_row_with_deliveries_comes_back_as_it_was_written():
    job = new_job(deliveries=("one", "two"), tries=("2026-11-22T12:00:00.000Z",))
    assert item_job(job_item(job)) == job


def test_an_update_sets_and_removes_and_has_no_empty_part():
    assert Expression().update({"a": None}) == "REMOVE #a"
    assert Expression().update({"a": 1}) == "SET #a = :v0"
    assert Expression().update({"a": 1, "b": None, "c": "x", "d": None}) == "SET #a = :v0, #c = :v1 REMOVE #b, #d"


def test_any_other_refusal_is_an_error(client, stubbed):
    stubbed.add_client_error("transact_write_items", "AccessDeniedException")
    with pytest.raises(ClientError):
        DynamoJobs(client, "JobsTable", "UsageTable").create(new_job(), OPEN)


def test_what_a_throttled_table_leaves_out_is_asked_for_again(client, stubbed):
    guest = new_guest()
    quota, counter = {"key": {"S": f"quota#{guest.reference}"}}, {"key": {"S": "runs#a"}}
    rest = {"UsageTable": {"Keys": [counter], "ConsistentRead": True}}
    first = {"RequestItems": {"UsageTable": {"Keys": [quota, counter], "ConsistentRead": True}}}
    found = {**quota, "window": {"S": TEXT}, "used": {"N": "2"}}  # no refunds
    stubbed.add_response("batch_get_item", {"Responses": {"UsageTable": [found]}, "UnprocessedKeys": rest}, first)
    stubbed.add_response(
        "batch_get_item", {"Responses": {"UsageTable": [{**counter, "used": {"N": "7"}}]}}, {"RequestItems": rest}
    )
    assert DynamoUsage(client, "UsageTable").quota_and_counter(guest, "runs#a") == (Quota(TEXT, 2, 0), 7)
    stubbed.add_response("batch_get_item", {"Responses": {}}, {"RequestItems": ANY})
    assert DynamoUsage(client, "UsageTable").quota_and_counter(guest, "runs#a") == (None, 0)
