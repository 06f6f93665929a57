"""JobsTable: rows and their transitions as single conditional writes."""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from enhancer.adapters.dynamo_items import UNFINISHED, Expression, item_job, job_item, to_item
from enhancer.domain.clock import from_text, to_text
from enhancer.domain.job import Job, Transition
from enhancer.domain.limits import MAX_REFUNDS, WINDOW, QuotaSlot
from enhancer.domain.messages import Message
from enhancer.domain.owner import Owner
from enhancer.errors import ConcurrentUpdate, Conflict, TransitionRefused

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

# Of a transaction: DynamoDB API reference, TransactWriteItems, "cancellation reason codes", read 2026-11-28.
_BUSY_REASONS = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})
# Of one call: DynamoDB developer guide, "Error handling", read 2026-11-28; botocore has repeated the throttled ones.
_BUSY_ERRORS = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)


class DynamoJobs:
    """The port `JobRepository` on DynamoDB."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        usage_table: str = "",
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._table = table
        self._usage_table = usage_table
        self._sleep = sleep

    def create(self, job: Job, slot: QuotaSlot) -> None:
        """See `ports.JobRepository.create`."""
        put = {
            "TableName": self._table,
            "Item": job_item(job),
            "ConditionExpression": "attribute_not_exists(id)",
        }
        row_refused, quota_refused = self._transact({"Put": put}, {"Update": self._charge_quota(job, slot)})
        if row_refused:
            raise Conflict(Message.UPLOAD_ALREADY_USED, jobId=job.id)
        if quota_refused:
            raise ConcurrentUpdate

    def get(self, job_id: str, *, consistent: bool = False) -> Job | None:
        """See `ports.JobRepository.get`."""
        answer = self._client.get_item(TableName=self._table, Key={"id": {"S": job_id}}, ConsistentRead=consistent)
        return item_job(answer["Item"]) if "Item" in answer else None

    def move(self, job_id: str, transition: Transition, changes: Mapping[str, Any], where: Mapping[str, Any]) -> Job:
        """See `ports.JobRepository.move`."""
        request = self._update(job_id, transition, changes, where)
        try:
            answer = self._update_item(request | {"ReturnValues": "ALL_NEW"})
        except self._client.exceptions.ConditionalCheckFailedException as refusal:
            item: Any = refusal.response.get("Item")
            raise TransitionRefused(transition.name, item_job(item) if item else None) from None
        return item_job(answer["Attributes"])

    def finish(
        self, job: Job, transition: Transition, changes: Mapping[str, Any], *, refund: bool, ran: bool = True
    ) -> bool:
        """See `ports.JobRepository.finish`."""
        where = {"provider_job_id": job.provider_job_id, "attempt": job.attempt, "deleted_at": job.deleted_at}
        final = {**changes, "check_at": None}
        if refund and not job.quota_refunded:
            update = self._update(job.id, transition, {**final, "quota_refunded": True}, where)
            refund_quota = {"Update": self._refund_quota(job, ran=ran)}
            row_refused, refund_refused = self._transact({"Update": update}, refund_quota)
            if row_refused:
                raise TransitionRefused(transition.name, self.get(job.id, consistent=True))
            if not refund_refused:
                return True
        self.move(job.id, transition, final, where)
        return False

    def reschedule_check(self, job: Job, check_at: str) -> None:
        """See `ports.JobRepository.reschedule_check`."""
        expression = Expression()
        update = expression.update({"check_at": check_at})
        where = expression.condition({"status": job.status.value, "check_at": job.check_at})
        try:
            self._update_item(
                {
                    "TableName": self._table,
                    "Key": {"id": {"S": job.id}},
                    "UpdateExpression": update,
                    "ConditionExpression": " AND ".join(where),
                    "ExpressionAttributeNames": expression.names,
                    "ExpressionAttributeValues": expression.values,
                }
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return

    def update(self, job: Job, changes: Mapping[str, Any]) -> Job:
        """See `ports.JobRepository.update`."""
        stay = Transition("update", frozenset({job.status}), job.status)
        return self.move(job.id, stay, changes, where={"attempt": job.attempt})

    def list_by_owner(self, owner: Owner, limit: int, before: tuple[str, str] | None) -> list[Job]:
        """See `ports.JobRepository.list_by_owner`."""
        request: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": "by_owner",
            "KeyConditionExpression": "#owner = :owner",
            "ExpressionAttributeNames": {"#owner": "owner"},
            "ExpressionAttributeValues": {":owner": {"S": owner.reference}},
            "ScanIndexForward": False,
            "Limit": limit,
        }
        if before:
            created_at, job_id = before
            request["ExclusiveStartKey"] = to_item({"owner": owner.reference, "created_at": created_at, "id": job_id})
        return [item_job(item) for item in self._client.query(**request)["Items"]]

    def due_for_check(self, due: str, limit: int) -> Iterable[str]:
        """See `ports.JobRepository.due_for_check`."""
        answer = self._client.query(
            TableName=self._table,
            IndexName="unfinished",
            KeyConditionExpression="#shard = :shard AND check_at <= :due",
            ExpressionAttributeNames={"#shard": "shard"},
            ExpressionAttributeValues={":shard": {"S": UNFINISHED}, ":due": {"S": due}},
            Limit=limit,
        )
        return [item["id"]["S"] for item in answer["Items"]]

    def _update(
        self, job_id: str, transition: Transition, changes: Mapping[str, Any], where: Mapping[str, Any]
    ) -> dict[str, Any]:
        expression = Expression()
        final = dict(changes) | {"status": transition.target.value}
        if final.get("deleted_at"):
            final["owner"] = None  # a deleted job leaves the history, which is the index by_owner
        if "check_at" in final:
            final["shard"] = UNFINISHED if final["check_at"] else None
        sources = ", ".join(expression.value(source.value) for source in sorted(transition.sources))
        clauses = [f"{expression.name('status')} IN ({sources})", *expression.condition(where)]
        return {
            "TableName": self._table,
            "Key": {"id": {"S": job_id}},
            "UpdateExpression": expression.update(final),
            "ConditionExpression": " AND ".join(clauses),
            "ExpressionAttributeNames": expression.names,
            "ExpressionAttributeValues": expression.values,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }

    def _charge_quota(self, job: Job, slot: QuotaSlot) -> dict[str, Any]:
        expression = Expression()
        window, used = expression.name("window"), expression.name("used")
        if slot.opens_window:
            ended = expression.value(to_text(from_text(slot.window) - WINDOW))
            condition = f"attribute_not_exists({window}) OR {window} <= {ended}"
            expires = int((from_text(slot.window) + 2 * WINDOW).timestamp())
            update = expression.update({"window": slot.window, "used": 1, "refunds": 0, "expires_at": expires})
        else:
            condition = f"{window} = {expression.value(slot.window)} AND {used} < {expression.value(slot.limit)}"
            update = f"SET {used} = {used} + {expression.value(1)}"
        return self._quota_update(job, update, condition, expression)

    def _refund_quota(self, job: Job, *, ran: bool) -> dict[str, Any]:
        expression = Expression()
        window, used = expression.name("window"), expression.name("used")
        one = expression.value(1)
        condition = f"{window} = {expression.value(job.quota_window)} AND {used} > {expression.value(0)}"
        update = f"SET {used} = {used} - {one}"
        if ran:
            refunds = expression.name("refunds")
            condition += f" AND {refunds} < {expression.value(MAX_REFUNDS)}"
            update += f", {refunds} = {refunds} + {one}"
        return self._quota_update(job, update, condition, expression)

    def _quota_update(self, job: Job, update: str, condition: str, expression: Expression) -> dict[str, Any]:
        return {
            "TableName": self._usage_table,
            "Key": {"key": {"S": f"quota#{job.owner.reference}"}},
            "UpdateExpression": update,
            "ConditionExpression": condition,
            "ExpressionAttributeNames": expression.names,
            "ExpressionAttributeValues": expression.values,
        }

    def _update_item(self, request: Mapping[str, Any]) -> Any:
        """Update one item, with retries while a transaction holds it. Raises ConcurrentUpdate after five tries."""
        from enhancer.contention import retry_contended

        return retry_contended(lambda: _detect_contention(lambda: self._client.update_item(**request)), self._sleep)

    def _transact(self, *items: dict[str, Any]) -> list[bool]:
        """Run a transaction; return for each item whether its condition failed: for none if it succeeded.

        Raises ConcurrentUpdate if a repeat may succeed in a moment.
        """
        try:
            _detect_contention(lambda: self._client.transact_write_items(TransactItems=list(items)))  # type: ignore[arg-type]
        except self._client.exceptions.TransactionCanceledException as cancellation:
            reasons = [reason.get("Code", "None") for reason in cancellation.response["CancellationReasons"]]
            refused = [reason == "ConditionalCheckFailed" for reason in reasons]
            if refused[0] or (any(refused) and set(reasons) <= {"None", "ConditionalCheckFailed"}):
                return refused
            if _BUSY_REASONS.intersection(reasons):
                raise ConcurrentUpdate from None
            raise
        return [False] * len(items)


def _detect_contention(call: Callable[[], Any]) -> Any:
    """Return what `call` returns. Raises ConcurrentUpdate if a repeat may succeed in a moment."""
    try:
        return call()
    except ClientError as problem:
        if problem.response["Error"]["Code"] in _BUSY_ERRORS:
            raise ConcurrentUpdate from None
        raise
