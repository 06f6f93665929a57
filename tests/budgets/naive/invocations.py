"""Reads the meter's file: the invocations, the seconds that each is billed for, and the operations it requested."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from deployment.emulator import STACK_NAME

SERVICES = {"DynamoDB_20120810": "DynamoDB", "AmazonSQS": "SQS", "AmazonSSM": "SSM"}


@dataclass(frozen=True)
class Invocation:
    """One invocation; instants are in seconds since the epoch."""

    function: str
    began: float
    ended: float
    init: float
    operations: list[str]

    @property
    def seconds(self) -> float:
        """The seconds that Lambda bills: the handler's and those of importing it, rounded up to a millisecond."""
        return math.ceil((self.ended - self.began + self.init) * 1000) / 1000

    def seconds_within(self, began: float, ended: float) -> float:
        """Return the seconds of the handler's time between two instants."""
        return max(0.0, min(self.ended, ended) - max(self.began, began))


def read_invocations(meter: Path, provider_port: int) -> Iterator[Invocation]:
    """Yield the invocations in a file that `meter.py` wrote; names of functions are without the stack's."""
    for line in meter.read_text().splitlines():
        noted = json.loads(line)
        calls = noted.pop("calls")
        noted["function"] = noted["function"].removeprefix(f"{STACK_NAME}-")
        yield Invocation(operations=[_operation(provider_port, *call) for call in calls], **noted)


def _operation(provider_port: int, method: str, port: int, path: str, target: str) -> str:
    """Name the operation of a request: of AWS by its X-Amz-Target, of the bucket and the provider by its method."""
    if target:
        service, _, operation = target.rpartition(".")
        return f"{SERVICES[service]} {operation}"
    if port != provider_port:
        return f"R2 {method.capitalize()}Object"
    if path.startswith("/files/"):
        return "provider: fetch the output"
    return "provider: create" if method == "POST" else "provider: look"
