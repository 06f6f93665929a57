"""Rows as DynamoDB items, and conditions as DynamoDB expressions.

The two functions for attribute values are our own: boto3's are in its resources, and boto3 adds 77 million instructions
to a cold start of about 1,000 (docs/decisions/0013). A test compares them with boto3's.
"""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from enhancer.domain.job import Append, Job, Status

_NAMES = frozenset(field.name for field in fields(Job))
UNFINISHED = (
    "unfinished"  # the one partition of the sparse index: the provider's 10 creations/s stay far below its limit
)


def to_attribute(value: Any) -> dict[str, Any]:
    """Return a text, boolean, whole number or list of these as an attribute value."""
    if isinstance(value, bool):  # before int, of which bool is a subclass
        return {"BOOL": value}
    if isinstance(value, int):
        return {"N": str(value)}
    if isinstance(value, list):
        return {"L": [to_attribute(each) for each in value]}
    return {"S": value}


def from_attribute(attribute: Mapping[str, Any]) -> Any:
    """Return an attribute value of any of these kinds as a plain value."""
    [(kind, value)] = attribute.items()
    if kind == "N":
        return int(value)
    return [from_attribute(each) for each in value] if kind == "L" else value


def to_item(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return plain values as a DynamoDB item; None means absent."""
    return {name: to_attribute(value) for name, value in values.items() if value is not None}


def from_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return a DynamoDB item as plain values."""
    return {name: from_attribute(value) for name, value in item.items()}


def job_item(job: Job) -> dict[str, Any]:
    """Return a job's row, with the attributes that only the indexes need."""
    values = {field.name: getattr(job, field.name) for field in fields(job)}
    values["status"] = job.status.value
    values["deliveries"] = list(job.deliveries) or None
    values["tries"] = list(job.tries) if job.tries else None
    return to_item(values | {"owner": job.owner.reference, "shard": UNFINISHED if job.check_at else None})


def item_job(item: Mapping[str, Any]) -> Job:
    """Return the job in a row, ignoring attributes that another release wrote."""
    values = {name: value for name, value in from_item(item).items() if name in _NAMES}
    lists: dict[str, Any] = {name: tuple(values[name]) for name in ("deliveries", "tries") if name in values}
    return Job(**values | lists | {"status": Status(values["status"])})


class Expression:
    """Collects the names and values of one request's update and condition expressions."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.values: dict[str, Any] = {}

    def name(self, attribute: str) -> str:
        """Return a placeholder for an attribute's name, because many are reserved words."""
        self.names[f"#{attribute}"] = attribute
        return f"#{attribute}"

    def value(self, value: Any) -> str:
        """Return a placeholder for a value."""
        placeholder = f":v{len(self.values)}"
        self.values[placeholder] = to_attribute(value)
        return placeholder

    def update(self, changes: Mapping[str, Any]) -> str:
        """Return an update expression, `SET … REMOVE …`; None removes, Append adds to a list."""
        kept = [f"{self.name(key)} = {self._new(key, value)}" for key, value in changes.items() if value is not None]
        gone = [self.name(key) for key, value in changes.items() if value is None]
        parts = [f"SET {', '.join(kept)}"] if kept else []
        return " ".join([*parts, f"REMOVE {', '.join(gone)}"] if gone else parts)

    def _new(self, key: str, value: Any) -> str:
        if isinstance(value, Append):
            return f"list_append(if_not_exists({self.name(key)}, {self.value([])}), {self.value([value.line])})"
        return self.value(value)

    def condition(self, where: Mapping[str, Any]) -> list[str]:
        """Return one clause per attribute; None means absent."""
        return [
            f"attribute_not_exists({self.name(key)})" if value is None else f"{self.name(key)} = {self.value(value)}"
            for key, value in where.items()
        ]
