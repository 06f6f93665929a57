"""UsageTable: quotas, counters, values with an expiry, and leases."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from enhancer.adapters.dynamo_items import from_item, to_item
from enhancer.domain.clock import to_text
from enhancer.domain.limits import Quota
from enhancer.domain.owner import Owner

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


class DynamoUsage:
    """The port `UsageStore` on DynamoDB."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def quota(self, owner: Owner) -> Quota | None:
        """See `ports.UsageStore.quota`."""
        key = to_item({"key": _quota_key(owner)})
        answer = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return _quota(answer.get("Item"))

    def quota_and_counter(self, owner: Owner, counter: str) -> tuple[Quota | None, int]:
        """See `ports.UsageStore.quota_and_counter`."""
        found: dict[str, Any] = {}
        wanted: Any = {
            self._table: {
                "Keys": [to_item({"key": key}) for key in (_quota_key(owner), counter)],
                "ConsistentRead": True,
            }
        }
        while wanted:  # a throttled table leaves keys unprocessed
            answer = self._client.batch_get_item(RequestItems=wanted)
            found |= {item["key"]["S"]: item for item in answer["Responses"].get(self._table, [])}
            wanted = answer.get("UnprocessedKeys")
        counted = found.get(counter)
        return _quota(found.get(_quota_key(owner))), from_item(counted)["used"] if counted else 0

    def count(self, key: str, limit: int, expires_at: int, *, by: int = 1, capped: bool = False) -> int:
        """See `ports.UsageStore.count`."""
        request: dict[str, Any] = {
            "TableName": self._table,
            "Key": {"key": {"S": key}},
            "UpdateExpression": "SET expires_at = :expires ADD used :by",
            "ExpressionAttributeValues": to_item({":expires": expires_at, ":by": by}),
            "ReturnValues": "UPDATED_NEW",
        }
        if capped:
            request["ConditionExpression"] = "attribute_not_exists(used) OR used < :limit"
            request["ExpressionAttributeValues"] |= to_item({":limit": limit})
        try:
            answer = self._client.update_item(**request)
        except self._client.exceptions.ConditionalCheckFailedException:
            return limit + 1
        return int(from_item(answer["Attributes"])["used"])

    def get_values(self, key: str, now: datetime) -> dict[str, str]:
        """See `ports.UsageStore.get_values`."""
        found = self._client.get_item(TableName=self._table, Key={"key": {"S": key}}).get("Item")
        row = from_item(found) if found else {}
        if row.get("expires_at", 0) <= int(now.timestamp()):
            return {}
        return {name: value for name, value in row.items() if name not in {"key", "expires_at"}}

    def put_if_absent(self, key: str, values: Mapping[str, str], now: datetime, seconds: int) -> dict[str, str]:
        """See `ports.UsageStore.put_if_absent`."""
        expires_at = int(now.timestamp()) + seconds
        try:
            self._client.put_item(
                TableName=self._table,
                Item=to_item({"key": key, "expires_at": expires_at, **values}),
                ConditionExpression="attribute_not_exists(expires_at) OR expires_at <= :now",
                ExpressionAttributeValues=to_item({":now": int(now.timestamp())}),
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as refusal:
            found: Any = refusal.response
            stored = from_item(found["Item"])
            return {name: stored[name] for name in values}
        return dict(values)

    def lease(self, name: str, now: datetime, seconds: int) -> bool:
        """See `ports.UsageStore.lease`."""
        until = now + timedelta(seconds=seconds)
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"key": {"S": f"lease#{name}"}},
                UpdateExpression="SET held_until = :until, expires_at = :expires",
                ConditionExpression="attribute_not_exists(held_until) OR held_until <= :now",
                ExpressionAttributeValues=to_item(
                    {
                        ":until": to_text(until),
                        ":now": to_text(now),
                        ":expires": int(until.timestamp()) + 86_400,
                    }
                ),
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def release(self, name: str) -> None:
        """See `ports.UsageStore.release`."""
        self._client.update_item(
            TableName=self._table, Key={"key": {"S": f"lease#{name}"}}, UpdateExpression="REMOVE held_until"
        )


def _quota_key(owner: Owner) -> str:
    return f"quota#{owner.reference}"


def _quota(item: Mapping[str, Any] | None) -> Quota | None:
    if item is None:
        return None
    row = from_item(item)
    return Quota(row["window"], row["used"], row.get("refunds", 0))
