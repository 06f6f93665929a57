"""UsageTable: quota windows and leases."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from enhancer.adapters.dynamo_items import from_item, to_item
from enhancer.domain.clock import to_text
from enhancer.domain.limits import Quota
from enhancer.domain.owner import Owner

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


class DynamoUsage:
    """The port `Usage` on DynamoDB."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def quota(self, owner: Owner) -> Quota | None:
        """See `ports.Usage.quota`."""
        key = {"key": {"S": f"quota#{owner.reference}"}}
        answer = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        if "Item" not in answer:
            return None
        row = from_item(answer["Item"])
        return Quota(row["window"], row["used"], row.get("refunds", 0))

    def lease(self, name: str, now: datetime, seconds: int) -> bool:
        """See `ports.Usage.lease`."""
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
