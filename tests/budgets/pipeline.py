"""The pipeline's overhead over the model's own time, beside the naive design: `make bench ONLY=pipeline`.

On a local stack of its own, 50 jobs (`python -m tests.budgets.pipeline JOBS`) of each kind run one at a time, in turn:
ours, polled at the pace that the API asks for (as the page does); the naive function of `naive/app.py`; and ours,
followed by held requests (`?wait=20`, which the template turns off). A run of the model takes 2 to 4 s, spread evenly,
because after a fixed time every poll would come at the same moment. The first job of each is shown separately and not
counted: the first two are cold. Prints a table, and writes it and every job to out/bench/pipeline.json.

Overhead is the time to result less the provider's own `predict_time`, by the client's clock, from its create request
until it has the result's link. Seconds and calls are those of the functions, from the create request on: the upload is
the same in all, and the requests of Lambda's pollers to the queues involve no function. The time of job-start while the
model runs is its last write: the stand-in begins as soon as it has answered, and job-start then records the run.
"""

import json
import math
import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from deployment import ROOT
from deployment.emulator import STACK_NAME
from local.config import BUCKET, StackConfig
from local.ports import free_ports
from local.stack import LocalStack
from tests.budgets.naive.invocations import Invocation, read_invocations
from tests.budgets.naive.stack import with_naive

SAMPLE = ROOT / "samples" / "cat.jpg"
WRITTEN = ROOT / "out" / "bench" / "pipeline.json"
OURS, NAIVE, HELD = "ours", "naive", "ours, ?wait=20"
LIMITS = {
    "QuotaJobs": "1000000",
    "RateLimits": "create=59,upload=59,status=240,image=240,other=59,guest=59",  # cause the same writes as the defaults
    "GuestJobsPerAddress": "1000000",
    "DailyRunLimit": "1000000",
}
FOLLOWS = "job-status"
"""The function that only answers the client's polls: sums are shown with and without it."""
BY_THE_CLOCK = ("reconcile", "retention")
"""Functions that run on a schedule, whatever the number of jobs."""

Rows = dict[str, float]


@dataclass(frozen=True)
class Run:
    """One job as its client saw it. Instants and times are seconds; `parts` are milliseconds by the job's own clock."""

    design: str
    dropped: float
    created: float
    linked: float
    model_began: float
    model_ended: float
    predict_time: float
    parts: Rows

    @property
    def overhead(self) -> float:
        """Milliseconds from the create request to the result's link, less the model's."""
        return (self.linked - self.created - self.predict_time) * 1000

    @property
    def overhead_from_drop(self) -> float:
        """Milliseconds from the upload to the result's link, less the model's."""
        return (self.linked - self.dropped - self.predict_time) * 1000


Job = tuple[Run, list[Invocation]]


def enhance(
    base_url: str, session: requests.Session, jpeg: bytes, params: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Run one job from upload to end, and return it."""
    return follow(base_url, session, upload(base_url, session, jpeg)["uploadId"], params, wait=20)


def upload(base_url: str, session: requests.Session, jpeg: bytes) -> dict[str, Any]:
    """Put an image into the bucket; return the API's description of the upload."""
    order = {"filename": SAMPLE.name, "contentType": "image/jpeg", "size": len(jpeg)}
    made: dict[str, Any] = session.post(f"{base_url}/api/ai-image/uploads", json=order, timeout=60).json()["data"]
    requests.put(made["url"], data=jpeg, headers=made["headers"], timeout=60).raise_for_status()
    return made


def follow(
    base_url: str, session: requests.Session, upload_id: str, params: Mapping[str, Any] | None, wait: int
) -> dict[str, Any]:
    """Create a job and follow it to its end, by requests held for `wait` seconds, or by polls as `Retry-After` says."""
    api = f"{base_url}/api/ai-image/jobs"
    wanted = {"uploadId": upload_id, "model": "nightmareai/real-esrgan", "params": params or {}}
    answer = session.post(api, json=wanted, timeout=60)
    job: dict[str, Any] = answer.json()["data"]
    while job["stage"] != "done":
        if not wait:
            time.sleep(float(answer.headers["retry-after"]))
        answer = session.get(f"{api}/{job['id']}", params={"wait": wait} if wait else {}, timeout=60)
        job = answer.json()["data"]
    if job["status"] != "succeeded":
        raise SystemExit(f"a job ended as {job['status']}: {job['error']}")
    return job


def main(jobs: int) -> None:
    """Run the jobs, print and write the tables."""
    if jobs < 2:
        raise SystemExit(f"JOBS is {jobs}; quantiles need 2 or more.")
    state = Path(tempfile.mkdtemp(prefix="image-enhancer-bench-"))
    port, replicate_port, emulator_port = free_ports(3)
    config = StackConfig(port, replicate_port, emulator_port, state, engine="instant", parameters=LIMITS)
    meter = state / "meter.jsonl"
    try:
        with LocalStack(with_naive(config, meter)) as stack, requests.Session() as session:
            gigabytes = _gigabytes(stack)
            runs = _measure(stack, session, jobs)
        done = _attributed(runs, list(read_invocations(meter, replicate_port)))
    finally:
        shutil.rmtree(state)
    designs = {
        name: _summary([job for job in done if job[0].design == name], gigabytes) for name in (OURS, HELD, NAIVE)
    }
    _print(designs)
    document = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"processors": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()},
        "jobs": jobs,
        "designs": designs,
        "runs": [asdict(run) for run in runs],
    }
    WRITTEN.parent.mkdir(parents=True, exist_ok=True)
    WRITTEN.write_text(json.dumps(document, indent=1) + "\n")


def _gigabytes(stack: LocalStack) -> Rows:
    """Return each function's memory in GB, as the template sets it."""
    pages = stack.client("lambda").get_paginator("list_functions").paginate()
    functions = [each for page in pages for each in page["Functions"]]
    return {each["FunctionName"].removeprefix(f"{STACK_NAME}-"): each["MemorySize"] / 1024 for each in functions}


def _measure(stack: LocalStack, session: requests.Session, jobs: int) -> list[Run]:
    designs: dict[str, Callable[[dict[str, Any]], Rows]] = {
        OURS: lambda uploaded: _ours(stack, session, uploaded, wait=0),
        NAIVE: lambda uploaded: _naive(stack, session, uploaded),
        HELD: lambda uploaded: _ours(stack, session, uploaded, wait=20),
    }
    runs = []
    for number in range(jobs + 1):
        set_model_time(stack, 2 + 2 * (number * 0.618 % 1))  # multiples of the golden ratio cover the range evenly
        newest = [_run(stack, session, name, design) for name, design in designs.items()]
        overheads = ", ".join(f"{run.design} {run.overhead:.0f}" for run in newest)
        print(f"{number or 'first':>5}  overhead in ms: {overheads}", flush=True)
        runs += newest
    return runs


def _ours(stack: LocalStack, session: requests.Session, uploaded: dict[str, Any], wait: int) -> Rows:
    """Run our job; return its parts: `queue` is created to accepted, `handover` is from the run's end to the copy."""
    timings = follow(stack.base_url, session, uploaded["uploadId"], None, wait)["timings"]
    queue, model, copy, total = (timings[f"{name}Ms"] for name in ("queue", "model", "copy", "total"))
    return {"queue": queue, "handover": total - queue - model - copy, "copy": copy, "together": total - model}


def _naive(stack: LocalStack, session: requests.Session, uploaded: dict[str, Any]) -> Rows:
    key = urlsplit(uploaded["url"]).path.removeprefix(f"/{BUCKET}/")
    session.post(f"{stack.base_url}/api/naive", json={"key": key}, timeout=60).raise_for_status()
    return {}


def _run(stack: LocalStack, session: requests.Session, name: str, design: Callable[[dict[str, Any]], Rows]) -> Run:
    dropped = time.time()
    uploaded = upload(stack.base_url, session, SAMPLE.read_bytes())
    created = time.time()
    parts = design(uploaded)
    linked = time.time()
    answer = requests.get(f"{stack.replicate_url}/v1/predictions", headers=_headers(stack), timeout=30)
    newest = answer.json()["results"][0]
    began, ended = (datetime.fromisoformat(newest[name]).timestamp() for name in ("started_at", "completed_at"))
    return Run(name, dropped, created, linked, began, ended, newest["metrics"]["predict_time"], parts)


def set_model_time(stack: LocalStack, seconds: float) -> None:
    """Let the stand-in's runs stay `processing` that much longer than their resampling; `predict_time` includes it."""
    slow = {"fault": "run-slow", "seconds": seconds, "times": None}
    url = f"{stack.replicate_url}/_control"
    requests.put(url, json={"faults": [slow]}, headers=_headers(stack), timeout=10).raise_for_status()


def _headers(stack: LocalStack) -> dict[str, str]:
    return {"Authorization": f"Bearer {stack.replicate_token}"}


def _attributed(runs: list[Run], invocations: list[Invocation]) -> list[Job]:
    """Return each job with the invocations between its create request and the next upload, without scheduled ones."""
    ends = [run.dropped for run in runs[1:]] + [math.inf]
    of_jobs = [each for each in invocations if each.function not in BY_THE_CLOCK]
    return [
        (run, [each for each in of_jobs if run.created <= each.began < end])
        for run, end in zip(runs, ends, strict=True)
    ]


def _summary(jobs: list[Job], gigabytes: Rows) -> dict[str, Rows]:
    """Return the rows of one design by section: quantiles of times, and means per job of what is paid for."""
    runs = [run for run, _ in jobs]
    parts = {
        f"{part}, {name}": value
        for part in runs[0].parts
        for name, value in _quantiles([run.parts[part] for run in runs]).items()
    }
    (_, first), *others = jobs
    held = [(each, each.seconds_within(run.model_began, run.model_ended)) for run, own in others for each in own]
    begun = [(each, run.model_began < each.began < run.model_ended) for run, own in others for each in own]
    warm = [each for _, own in others for each in own]

    def mean(amounts: Iterable[tuple[str, float]]) -> Rows:
        return {name: total / len(others) for name, total in _sums(amounts).items()}

    return {
        "overhead, ms": _quantiles([run.overhead for run in runs]),
        "overhead with the upload, ms": _quantiles([run.overhead_from_drop for run in runs]),
        "our own parts of it, ms": parts,
        "function-seconds of the first job": _sums((each.function, each.seconds) for each in first),
        "function-seconds": mean((each.function, each.seconds) for each in warm),
        "function-seconds while the model runs": mean((each.function, seconds) for each, seconds in held),
        "GB-seconds": mean((each.function, each.seconds * gigabytes[each.function]) for each in warm),
        "invocations": mean((each.function, 1) for each in warm),
        "invocations begun while the model runs": mean((each.function, so) for each, so in begun),
        "calls": mean((f"{each.function}: {called}", 1) for each in warm for called in each.operations),
    }


def _sums(amounts: Iterable[tuple[str, float]]) -> Rows:
    sums: dict[str, float] = defaultdict(float)
    for name, amount in amounts:
        sums[name] += amount
    return {name: sums[name] for name in sorted(sums)}


def _quantiles(values: list[float]) -> Rows:
    first, *others = values
    cuts = statistics.quantiles(others, n=20, method="inclusive")
    return {"first": first, "p50": cuts[9], "p95": cuts[18]}


def _print(designs: Mapping[str, Mapping[str, Rows]]) -> None:
    """Print a table of sections with their rows and sums, a column for each design; see `_summary`."""
    print("\n" + " " * 48 + "".join(f"{name:>16}" for name in designs))
    for section in next(iter(designs.values())):
        columns = [design[section] for design in designs.values()]
        print(f"\n{section}")
        digits = 0 if section.endswith("ms") else 3
        for row in dict.fromkeys(name for column in columns for name in column):
            _print_row(row, [column.get(row) for column in columns], digits)
        if digits:
            _print_row("sum", [sum(column.values()) for column in columns], digits)
            pipelines = [{n: v for n, v in column.items() if not n.startswith(FOLLOWS)} for column in columns]
            _print_row(f"sum without {FOLLOWS}", [sum(column.values()) for column in pipelines], digits)


def _print_row(name: str, values: Iterable[float | None], digits: int) -> None:
    print(f"  {name:<46}" + "".join(f"{'-' if v is None else format(v, f'.{digits}f'):>16}" for v in values))


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 50)
