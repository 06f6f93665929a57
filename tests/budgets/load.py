"""Many jobs from many clients, with faults and a restart: `make load [JOBS=500] [CLIENTS=16]`.

Runs on a local stack of its own with the engine that only resamples. Clients create, poll and cancel; the provider
fails one run or call in twenty and repeats webhooks; halfway the whole stack is restarted. At the end the ledger must
balance: every accepted job has ended, none was paid for twice, every quota is exact. Ends with 1 if it does not.
"""

import io
import random
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from PIL import Image

from enhancer.domain.messages import Message
from local.config import StackConfig
from local.ports import free_ports
from local.stack import LocalStack

FAULTS: list[dict[str, Any]] = [
    {"fault": "create-throttled", "retry_after": 2, "times": None, "share": 0.02, "seed": 1},
    {"fault": "create-answer-lost", "times": None, "share": 0.005, "seed": 2},
    {"fault": "run-interrupted", "times": None, "share": 0.015, "seed": 3},
    {"fault": "run-model-error", "times": None, "share": 0.005, "seed": 4},
    {"fault": "webhook-dropped", "times": None, "share": 0.005, "seed": 5},
    {"fault": "webhook-duplicated", "times": None, "share": 0.1, "seed": 6},
]
CANCELLED_SHARE = 0.1
PATIENCE = 10
"""Seconds for which a client follows one job before it creates the next; unfinished ones are followed at the end."""
REST = 900
"""Seconds in which all jobs must end after the last was created."""
MODEL = "nightmareai/real-esrgan"
PLATFORM = ("code: PA", "E8765")
_TELLING = {
    "status", "attempt", "tries", "created_at", "claimed_at", "accepted_at", "released_at", "saving_at", "finished_at",
    "provider_job_id", "previous_provider_job_id", "previous_attempt_json", "provider_answer", "deliveries",
    "error_type", "error_code",
}  # fmt: skip


@dataclass
class Load:
    """The state that the clients share."""

    base_url: str
    wanted: int
    running: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    begun: int = 0
    busy: int = 0
    refused: Counter[int] = field(default_factory=Counter)
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def next(self) -> bool:
        """Return whether there is one more job to create, and count it."""
        with self.lock:
            self.begun += 1
            return self.begun <= self.wanted


class Client:
    """One guest."""

    def __init__(self, number: int, load: Load) -> None:
        self._load = load
        self._random = random.Random(number)  # noqa: S311 - a repeatable choice
        self.session = requests.Session()
        self.session.trust_env = False
        self.jobs: dict[str, dict[str, Any]] = {}

    def work(self) -> None:
        """Create jobs until there are enough, and follow each for a while."""
        while self._load.next():
            answer = self.call("create", "POST", "jobs", data={"model": MODEL}, files={"image": ("p.png", _IMAGE)})
            if answer.status_code != 202:
                self._load.refused[answer.status_code] += 1
                continue
            job = answer.json()["data"]
            self.jobs[job["id"]] = job
            if self._random.random() < CANCELLED_SHARE:
                self.call("cancel", "POST", f"jobs/{job['id']}/cancel")
            self.follow(job["id"], PATIENCE)

    def follow(self, job_id: str, seconds: float) -> bool:
        """Poll until the job has ended, at most that many seconds; return whether it has."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.jobs[job_id] = self.call("status", "GET", f"jobs/{job_id}").json()["data"]
            if self.jobs[job_id]["stage"] == "done":
                return True
            time.sleep(0.25)
        return False

    def call(self, route: str, method: str, path: str, **options: Any) -> requests.Response:
        """Send one request and time it; waits first while the stack restarts."""
        self._load.running.wait()
        with self._load.lock:
            self._load.busy += 1
        began = time.perf_counter()
        try:
            return self.session.request(method, f"{self._load.base_url}/api/ai-image/{path}", timeout=60, **options)
        finally:
            with self._load.lock:
                self._load.busy -= 1
                self._load.seconds[route].append(time.perf_counter() - began)


def _image() -> bytes:
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize((40, 30)).convert("RGB").save(buffer, "PNG")
    return buffer.getvalue()


_IMAGE = _image()


def main(jobs: int, clients: int) -> int:
    """Run the load and print rates, times and the ledger; return 0 if it balances."""
    state = Path(tempfile.mkdtemp(prefix="image-enhancer-load-"))
    port, replicate_port, emulator_port = free_ports(3)
    unlimited = "create=1000000,upload=1000000,status=1000000,image=1000000,other=1000000,guest=1000000"
    parameters = {
        "QuotaJobs": str(jobs),
        "RateLimits": unlimited,
        "GuestJobsPerAddress": str(10 * jobs),
        "DailyRunLimit": str(10 * jobs),
    }
    config = StackConfig(port, replicate_port, emulator_port, state, engine="instant", parameters=parameters)
    load = Load(config.base_url, jobs)
    guests = [Client(number, load) for number in range(clients)]
    began = time.monotonic()
    try:
        with ThreadPoolExecutor(clients) as pool:
            with LocalStack(config) as stack:
                _set_faults(stack)
                load.running.set()
                work = [pool.submit(guest.work) for guest in guests]
                while load.begun < jobs / 2:
                    time.sleep(0.05)
                load.running.clear()
                while load.busy:
                    time.sleep(0.01)
                _say(f"restarting after {time.monotonic() - began:.0f} s and {len(_runs(stack))} runs")
            with LocalStack(config) as stack:
                _set_faults(stack)
                load.running.set()
                for each in work:
                    each.result()
                created = time.monotonic()
                _rest(guests)
                runs = _runs(stack)
                rows = _rows(stack, "JobsTableName")
                quotas = _rows(stack, "UsageTableName")
    finally:
        shutil.rmtree(state)
    _report(load, created - began, guests)
    return _ledger(guests, runs, rows, quotas, load)


def _say(line: str) -> None:
    print(line, flush=True)


def _headers(stack: LocalStack) -> dict[str, str]:
    return {"Authorization": f"Bearer {stack.replicate_token}"}


def _set_faults(stack: LocalStack) -> None:
    requests.put(
        f"{stack.replicate_url}/_control", json={"faults": FAULTS}, headers=_headers(stack), timeout=10
    ).raise_for_status()


def _runs(stack: LocalStack) -> list[dict[str, Any]]:
    """Return all runs that the provider made, newest first: each costs money."""
    found: list[dict[str, Any]] = []
    url: str | None = f"{stack.replicate_url}/v1/predictions"
    while url:
        page = requests.get(url, headers=_headers(stack), timeout=30).json()
        found += page["results"]
        url = page["next"]
    return found


def _rest(guests: list[Client]) -> None:
    """Wait until every job has ended: reconciliation must find some of them."""
    until = time.monotonic() + REST
    for guest in guests:
        for job_id, job in list(guest.jobs.items()):
            if job["stage"] != "done":
                guest.follow(job_id, until - time.monotonic())


def _rows(stack: LocalStack, output: str) -> list[dict[str, Any]]:
    """Return all rows of a table: only a measurement may scan."""
    pages = stack.client("dynamodb").get_paginator("scan").paginate(TableName=stack.deployment.outputs[output])
    return [
        {name: next(iter(value.values())) for name, value in item.items()} for page in pages for item in page["Items"]
    ]


def _report(load: Load, seconds: float, guests: list[Client]) -> None:
    jobs = [job for guest in guests for job in guest.jobs.values()]
    _say(f"\n{len(jobs)} jobs accepted in {seconds:.0f} s, a restart among them: {len(jobs) / seconds:.1f} a second")
    _say(f"{'seconds':>16}{'calls':>8}{'p50':>8}{'p95':>8}{'p99':>8}")
    results = [job["timings"]["totalMs"] / 1000 for job in jobs if job["status"] == "succeeded"]
    for name, values in [*sorted(load.seconds.items()), ("time to result", results)]:
        cuts = statistics.quantiles(values, n=100, method="inclusive")
        _say(f"{name:>16}{len(values):>8}{cuts[49]:>8.2f}{cuts[94]:>8.2f}{cuts[98]:>8.2f}")


def _ledger(
    guests: list[Client],
    runs: list[dict[str, Any]],
    rows: list[dict[str, Any]],
    usage: list[dict[str, Any]],
    load: Load,
) -> int:
    jobs = {job_id: job for guest in guests for job_id, job in guest.jobs.items()}
    ends = Counter(job["status"] if job["stage"] == "done" else "not ended" for job in jobs.values())
    untyped = sum(job["status"] == "failed" and not job["error"] for job in jobs.values())
    lost = len(set(jobs) - {row["id"] for row in rows}) + ends["not ended"]
    twice = [job_id for job_id in jobs if _paid_twice(job_id, runs)]
    drift = sum(_drifts(row, rows) for row in usage if row["key"].startswith("quota#"))
    reasons = Counter(job["error"]["type"] for job in jobs.values() if job["error"])
    _say(f"\naccepted {len(jobs)} = " + " + ".join(f"{name} {count}" for name, count in sorted(ends.items())))
    _say(f"failed with {dict(reasons)}; refused {dict(load.refused)}; runs at the provider {len(runs)}")
    _say(f"lost {lost}, failed without a type {untyped}, paid twice {len(twice)}, quotas that drifted {drift}")
    for job_id in twice:
        _tell_of(job_id, runs, rows)
    return int(bool(lost or untyped or twice or drift or len(jobs) + sum(load.refused.values()) != load.wanted))


def _tell_of(job_id: str, runs: list[dict[str, Any]], rows: list[dict[str, Any]]) -> None:
    """Print the runs of a job that has more than it should, and what its row says about them."""
    row = next((row for row in rows if row["id"] == job_id), {})
    _say(f"\n{job_id} was paid for more than once; its row:")
    for name in sorted(set(row) & _TELLING):
        _say(f"  {name:24}{row[name]}")
    for run in reversed([run for run in runs if job_id in str(run["input"])]):
        times = " ".join(f"{name} {run.get(name)}" for name in ("created_at", "started_at", "completed_at"))
        _say(f"  run {run['id']} {run['status']} {times} {(run['error'] or '')[:80]}")


def _paid_twice(job_id: str, runs: list[dict[str, Any]]) -> bool:
    """Return whether a job has a run beyond its first that no platform fault of an earlier one explains."""
    own = [run for run in runs if job_id in str(run["input"])]
    faults = sum(any(word in (run["error"] or "") for word in PLATFORM) for run in own)
    return len(own) > 1 + min(faults, 1)


def _drifts(quota: dict[str, Any], rows: list[dict[str, Any]]) -> bool:
    own = [row for row in rows if f"quota#{row['owner']}" == quota["key"]]
    refunded = [row for row in own if row.get("quota_refunded")]
    ran = [
        row
        for row in refunded
        if row.get("provider_job_id")
        or row.get("previous_provider_job_id")
        or row.get("error_code") == Message.RUN_UNCONFIRMED
    ]
    return (int(quota["used"]), int(quota["refunds"])) != (len(own) - len(refunded), len(ran))


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:]]
    sys.exit(main(*(numbers + [500, 16][len(numbers) :])))
