"""The cost of each call as the table grows: `python -m tests.budgets.growth [ROWS …]`, by default 1,000 and 100,000.

The product's own use cases and adapters call DynamoDB, SQS and the bucket, all of them moto's and in this process. HTTP
requests are counted as botocore sends them. Capacity units are computed by DynamoDB's published rules (below) from the
rows that each call reads or writes: moto's own figures are crude, and it scans all its rows where DynamoDB finds them
by key. So the figures show what the calls request, by rule; those for a million rows are extrapolated.

The rows are copies of one job that was completed here, as `job_item` writes them, put into moto's memory without its
API. One owner has a tenth of them, which must fill two pages of history, so at least 400 rows are needed. Prints a
table and writes it to out/bench/growth.json; ends with 1 unless everything costs the same at all sizes.

The rules, all of the DynamoDB developer guide, read 2026-11-23: "DynamoDB item sizes and formats"; "DynamoDB read and
write operations" (a read unit is 4 KB, half a unit where the read may be stale, a query adds up what it evaluates; a
write unit is 1 KB of the larger of the row before and after, and a refused condition costs the same); "Amazon DynamoDB
Transactions: How it works" (a transaction doubles a row's units); "Using Global Secondary Indexes" (a changed entry
costs its own write, one whose key changes costs two). That a transaction does not double the entries of indexes is
second-hand: github.com/nubo-db/dynoxide, pull request 188, which compared with AWS.
"""

import json
import math
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

from deployment import ROOT
from deployment.template import read_template
from enhancer.adapters.dynamo_items import job_item
from enhancer.adapters.dynamo_jobs import DynamoJobs
from enhancer.adapters.dynamo_usage import DynamoUsage
from enhancer.adapters.imaging import PillowImaging
from enhancer.adapters.model_files import allowed_models
from enhancer.adapters.r2 import R2ImageStore
from enhancer.adapters.sqs import SqsMessages
from enhancer.domain import keys
from enhancer.domain.clock import to_text
from enhancer.domain.job import Job
from enhancer.domain.owner import Caller
from enhancer.domain.prediction import Delivery, Prediction
from enhancer.usecases.complete_job import CompleteJob
from enhancer.usecases.create_job import CreateJob, FromUpload, JobOptions, NewJob
from enhancer.usecases.list_jobs import DEFAULT_PAGE, ListJobs
from enhancer.usecases.read_job import ReadJob
from enhancer.usecases.read_usage import ReadUsage
from enhancer.usecases.reconcile_jobs import BATCH, ReconcileJobs
from enhancer.usecases.request_upload import upload_headers
from enhancer.usecases.show_image import ShowImage
from enhancer.usecases.start_job import StartJob
from tests.budgets.scenarios import BUCKET, IMAGE, MODEL, OWNER, PREFIX
from tests.fakes import FakeClock, FakeOutputs, FakePresignedUrls, FakeProvider, FakeShareLinks
from tests.images import make_image

SIZES = (1_000, 100_000)
EXTRAPOLATED = 1_000_000
UNFINISHED = (0, 10, 100)
WRITTEN = ROOT / "out" / "bench" / "growth.json"
REGION = "us-east-1"
TABLE = "JobsTable"
SERVICES = {"dynamodb": "DynamoDB", "s3": "R2", "sqs": "SQS"}
LIMIT = 1_000_000  # for the quota and the daily run limit, which are not measured here
WHY = {
    "status": "one row by its key",
    "image": "one row by its key",
    "history, first page": f"{DEFAULT_PAGE} entries of the index by_owner, read in its order",
    "history, from the middle": f"{DEFAULT_PAGE} entries of the index by_owner, from a key on",
    "quota": "one row by its key",
    "create": "rows by their keys, and their entries in the indexes",
    "start": "rows by their keys, and their entries in the indexes",
    "completion": "rows by their keys, and their entries in the indexes",
    "reconcile": f"the due entries of a sparse index and their rows, at most {BATCH} a run",
}

Item = Mapping[str, Any]


@dataclass
class Bill:
    """The cost of an action: HTTP requests by service and operation, and DynamoDB's capacity units."""

    calls: Counter[str] = field(default_factory=Counter)
    read_units: float = 0
    write_units: float = 0


def item_bytes(item: Item) -> int:
    """Return the size of a row or an index entry: its names and values."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _value_bytes(attribute: Item) -> int:
    [(kind, value)] = attribute.items()
    if kind == "N":
        return (len(value) + 1) // 2 + 1
    if kind == "L":
        return 3 + sum(1 + _value_bytes(each) for each in value)
    return 1 if kind == "BOOL" else len(value.encode())


def read_units(size: int, *, consistent: bool) -> float:
    """Return the units for reading that many bytes in one request."""
    return max(1, math.ceil(size / 4096)) * (1 if consistent else 0.5)


@dataclass(frozen=True)
class Index:
    """A global secondary index: the attributes of its key, and those that it keeps; None means all."""

    key: tuple[str, ...]
    kept: frozenset[str] | None

    def entry(self, item: Item) -> Item | None:
        """Return the index's entry of a row; None without the whole key."""
        if not all(name in item for name in self.key):
            return None
        return {name: value for name, value in item.items() if self.kept is None or name in self.kept}

    def write_units(self, before: Item, after: Item) -> int:
        """Return the units for updating the index after a write of a row."""
        old, new = self.entry(before), self.entry(after)
        if old == new:
            return 0
        if old and new and all(old[name] == new[name] for name in self.key):
            return _written(max(item_bytes(old), item_bytes(new)))
        return sum(_written(item_bytes(each)) for each in (old, new) if each)


def _written(size: int) -> int:
    return max(1, math.ceil(size / 1024))


class Meter:
    """Counts the requests of clients, and the units of the DynamoDB client; `look` is a client that is not counted."""

    def __init__(self, dynamodb: Any, others: Sequence[Any], look: Any) -> None:
        self.bill = Bill()
        self._look = look
        self._indexes: dict[str, tuple[str, list[Index]]] = {}
        for client in (dynamodb, *others):
            client.meta.events.register_first("before-send", self._send)
        dynamodb.meta.events.register("before-parameter-build", self._before)
        dynamodb.meta.events.register("after-call", self._after)

    def measured(self, action: Callable[[], object]) -> Bill:
        """Return the cost of an action."""
        self.bill = Bill()
        action()
        return self.bill

    def _send(self, event_name: str, **_: object) -> None:
        service, operation = event_name.split(".")[1:]
        self.bill.calls[f"{SERVICES[service]} {operation}"] += 1

    def _before(self, params: Any, context: dict[str, Any], **_: object) -> None:
        context["asked"] = params
        context["before"] = [self._row(*target) for target in self._targets(params)]

    def _after(self, parsed: Any, model: Any, context: dict[str, Any], **_: object) -> None:
        asked = context["asked"]
        if model.name == "GetItem":
            consistent = asked.get("ConsistentRead", False)
            self.bill.read_units += read_units(item_bytes(parsed.get("Item", {})), consistent=consistent)
        elif model.name == "BatchGetItem":  # each row is rounded up by itself; a missing one costs a unit
            for table, wanted in asked["RequestItems"].items():
                sizes = [item_bytes(self._row(table, key)) for key in wanted["Keys"]]
                consistent = wanted.get("ConsistentRead", False)
                self.bill.read_units += sum(read_units(size, consistent=consistent) for size in sizes)
        elif model.name == "Query":  # none has a filter, so it evaluates only what it returns
            size = sum(item_bytes(item) for item in parsed["Items"])
            self.bill.read_units += read_units(size, consistent=asked.get("ConsistentRead", False))
        else:
            factor = 2 if model.name == "TransactWriteItems" else 1
            for (table, key), before in zip(self._targets(asked), context["before"], strict=True):
                after = self._row(table, key)
                self.bill.write_units += factor * _written(max(item_bytes(before), item_bytes(after)))
                self.bill.write_units += sum(index.write_units(before, after) for index in self._of(table)[1])

    def _targets(self, params: Any) -> list[tuple[str, Item]]:
        """Return table and key of each row that a request writes."""
        together = params.get("TransactItems")
        writes = [next(iter(each.values())) for each in together] if together else [params]
        return [(each["TableName"], self._key(each)) for each in writes if "Item" in each or "UpdateExpression" in each]

    def _key(self, write: Item) -> Item:
        if "Key" in write:
            key: Item = write["Key"]
            return key
        name, _ = self._of(write["TableName"])
        return {name: write["Item"][name]}

    def _row(self, table: str, key: Item) -> Item:
        found: Item = self._look.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item", {})
        return found

    def _of(self, table: str) -> tuple[str, list[Index]]:
        """Return the name of a table's key, and its indexes."""
        if table not in self._indexes:
            described = self._look.describe_table(TableName=table)["Table"]
            [key] = [each["AttributeName"] for each in described["KeySchema"]]
            indexes = []
            for each in described.get("GlobalSecondaryIndexes", []):
                names = tuple(part["AttributeName"] for part in each["KeySchema"])
                everything = each["Projection"]["ProjectionType"] == "ALL"
                indexes.append(Index(names, None if everything else frozenset({*names, key})))
            self._indexes[table] = key, indexes
        return self._indexes[table]


class Provider(FakeProvider):
    """A provider whose run ids are as long as Replicate's, so that rows have their true size."""

    def create(self, version: str, inputs: Mapping[str, Any], webhook: str) -> Prediction:
        run = super().create(version, inputs, webhook)
        named = replace(run, id=run.id.ljust(26, "x"))
        self.runs[named.id] = named
        return named


class Installation:
    """The use cases on moto's tables, with one completed job."""

    def __init__(self) -> None:
        dynamodb, s3, sqs, self._look, self._bucket = map(_client, ("dynamodb", "s3", "sqs", "dynamodb", "s3"))
        tables = self._create_table(TABLE), self._create_table("UsageTable")
        self._bucket.create_bucket(Bucket=BUCKET)
        queues = [sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("start", "completion")]
        self.meter = Meter(dynamodb, (s3, sqs), self._look)
        self._clock, self._provider = FakeClock(), Provider()
        self._jobs, self._usage = DynamoJobs(dynamodb, *tables), DynamoUsage(dynamodb, tables[1])
        images, messages = R2ImageStore(lambda: s3, BUCKET, lambda: s3), SqsMessages(sqs, *queues)
        self._intake = CreateJob(
            jobs=self._jobs,
            usage=self._usage,
            images=images,
            messages=messages,
            allowed_models=allowed_models([MODEL]),
            prefix=PREFIX,
            max_bytes=len(IMAGE),
            max_pixels=1_000_000,
            quota_jobs=LIMIT,
            daily_run_limit=LIMIT,
            clock=self._clock,
        )
        self._starter = StartJob(
            jobs=self._jobs,
            usage=self._usage,
            images=images,
            urls=FakePresignedUrls(),
            provider=self._provider,
            messages=messages,
            imaging=PillowImaging(),
            allowed_models=self._intake.allowed_models,
            webhook_url="https://images.example.com/api/webhooks/replicate",
            prefix=PREFIX,
            daily_run_limit=LIMIT,
            clock=self._clock,
        )
        outputs = FakeOutputs(make_image(size=(1280, 852)))
        self._completer = CompleteJob(
            self._jobs, images, outputs, PillowImaging(), messages, PREFIX, BUCKET, self._clock, lambda _: None
        )
        self._reconciler = ReconcileJobs(self._jobs, self._usage, self._provider, messages, BUCKET, PREFIX, self._clock)
        self._made = 0
        self._long_ago: list[Job] = []
        self._create()
        self._queued = self._newest()
        self._start()
        self._running = self._newest()
        self._complete()
        self.finished = self._newest()

    def fill(self, rows: int) -> None:
        """Add finished jobs, the newest a minute old; every tenth is the measured owner's, others have 50 each."""
        backend = dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION]
        for number in range(rows):
            ours = number % 10 == 0
            owner = OWNER.id if ours else _letters(number // 50, 26)
            created_at = to_text(self._clock() - timedelta(minutes=1 + number))
            row = replace(self.finished, id=f"j{_letters(number, 25)}", owner_id=owner, created_at=created_at)
            backend.put_item(TABLE, job_item(row))
            if ours:
                self._long_ago.append(row)

    def bills(self) -> dict[str, Bill]:
        """Return the cost of each action that people and queues cause."""
        caller = Caller(OWNER)
        middle = self._long_ago[len(self._long_ago) // 2 - 1]  # a whole page is older
        before = (middle.created_at, middle.id)
        shown = self.finished.output_r2_key or ""
        actions: dict[str, Callable[[], object]] = {
            "status": lambda: ReadJob(jobs=self._jobs)(middle.id, caller),
            "image": lambda: ShowImage(
                jobs=self._jobs, urls=FakePresignedUrls(), shares=FakeShareLinks(), prefix=PREFIX, clock=self._clock
            )(shown, caller, "", method="GET"),
            "history, first page": lambda: ListJobs(jobs=self._jobs)(caller),
            "history, from the middle": lambda: self._jobs.list_by_owner(OWNER, DEFAULT_PAGE, before),
            "quota": lambda: ReadUsage(usage=self._usage, limit=LIMIT, clock=self._clock)(caller),
            "create": self._create,
            "start": self._start,
            "completion": self._complete,
        }
        return {name: self.meter.measured(action) for name, action in actions.items()}

    def reconciled(self, due_for_check: int) -> Bill:
        """Return the cost of one run over that many due jobs, which lost a start message or a webhook in turn."""
        self._clock.advance(hours=1)  # the lease of the last run has expired
        now = to_text(self._clock())
        states = (self._queued, replace(self._running, accepted_at=now))
        rows = [
            replace(states[number % 2], id=f"p{_letters(number, 25)}", created_at=now, check_at=now)
            for number in range(due_for_check)
        ]
        for row in rows:
            self._look.put_item(TableName=TABLE, Item=job_item(row))
        runs: list[Mapping[Any, int]] = []
        bill = self.meter.measured(lambda: runs.append(self._reconciler()))
        if sum(runs[0].values()) != due_for_check:
            raise SystemExit(f"the run did something else: {runs[0]}")
        for row in rows:
            self._look.delete_item(TableName=TABLE, Key={"id": {"S": row.id}})
        return bill

    def _create_table(self, logical_id: str) -> str:
        described = read_template(ROOT / "template.yaml")["Resources"][logical_id]["Properties"]
        wanted = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
        self._look.create_table(TableName=logical_id, **{name: described[name] for name in wanted if name in described})
        return logical_id

    def _create(self) -> None:
        self._made += 1
        key = keys.original_key(PREFIX, OWNER, self._id)
        headers = upload_headers(self._id, len(IMAGE))
        self._bucket.put_object(
            Bucket=BUCKET,
            Key=key,
            Body=IMAGE,
            ContentType=headers["content-type"],
            CacheControl=headers["cache-control"],
            Metadata={"upload": headers["x-amz-meta-upload"]},
        )
        choice = JobOptions(MODEL, {"scale": 4, "outputFormat": "webp"}, "IMG_20261122_093000.jpg")
        self._intake(NewJob(self._id, FromUpload(), choice, OWNER))

    def _start(self) -> None:
        self._starter(self._id)

    def _complete(self) -> None:
        [*_, newest] = self._provider.runs
        run = replace(self._provider.finish(newest), version="hidden")
        delivery = Delivery("msg_" + "x" * 27, int(self._clock().timestamp()), "e" * 64, run)
        self._completer(self._id, run, delivery)

    @property
    def _id(self) -> str:
        return f"j{_letters(self._made, 24)}z"

    def _newest(self) -> Job:
        job = self._jobs.get(self._id)
        if job is None:
            raise SystemExit("no job was created")
        return job


def _client(service: str) -> Any:
    return boto3.client(service, region_name=REGION)  # type: ignore[call-overload]


def _letters(number: int, length: int) -> str:
    """Write a number in letters that are allowed in ids."""
    return f"{number:0{length}}".translate(str.maketrans("0123456789", "abcdefghij"))


@contextmanager
def installation(rows: int) -> Iterator[Installation]:
    """Yield an installation whose table has that many finished jobs beside the one that they are copies of."""
    with mock_aws():
        installed = Installation()
        installed.fill(rows)
        yield installed


def measure(rows: int, due_for_check: Sequence[int] = UNFINISHED) -> dict[str, Bill]:
    """Return the cost of each action, by name, with a table of that many rows."""
    with installation(rows) as installed:
        reconciled = {f"reconcile, {each} unfinished": installed.reconciled(each) for each in due_for_check}
        return installed.bills() | reconciled


def main(sizes: Sequence[int]) -> None:
    """Print the table and write it. Ends with 1 unless everything costs the same at all sizes."""
    measured = {}
    for rows in sizes:
        print(f"measuring over {rows:,} rows", file=sys.stderr)
        measured[rows] = measure(rows)
    with installation(0) as installed:
        row = item_bytes(job_item(installed.finished))
    last = measured[sizes[-1]]
    same = {name: all(bills[name] == last[name] for bills in measured.values()) for name in last}
    _print(measured, same, row)
    _write(measured, same, row)
    if not all(same.values()):
        raise SystemExit("something costs more in a larger table")


def _print(measured: Mapping[int, Mapping[str, Bill]], same: Mapping[str, bool], row: int) -> None:
    print(f"\nHTTP requests, and DynamoDB read and write units by rule; a finished job's row has {row:,} bytes\n")
    print(
        f"{'':28}" + "".join(f"{f'{rows:,} rows':>26}" for rows in measured) + f"   {EXTRAPOLATED:,} rows, extrapolated"
    )
    print(f"{'':28}" + f"{'calls':>8}{'reads':>9}{'writes':>9}" * len(measured))
    for name in same:
        bills = [bills[name] for bills in measured.values()]
        figures = "".join(f"{b.calls.total():>8}{b.read_units:>9.1f}{b.write_units:>9.0f}" for b in bills)
        why = WHY[name.partition(", ")[0] if name.startswith("reconcile") else name]
        print(f"{name:28}{figures}   {'the same: ' + why if same[name] else 'more: it grew above'}")
    print("\nThe requests\n")
    *_, last = measured.values()
    for name, bill in last.items():
        print(f"{name:28}" + ", ".join(f"{count} {call}" for call, count in bill.calls.items()))


def _write(measured: Mapping[int, Mapping[str, Bill]], same: Mapping[str, bool], row: int) -> None:
    document = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "row bytes": row,
        "rows": {rows: {name: vars(bill) for name, bill in bills.items()} for rows, bills in measured.items()},
        "the same at all sizes": same,
        "extrapolated to": EXTRAPOLATED,
    }
    WRITTEN.parent.mkdir(parents=True, exist_ok=True)
    WRITTEN.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main([int(each) for each in sys.argv[1:]] or SIZES)
