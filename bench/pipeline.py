"""What the pipeline adds to the model's own time: `python -m bench.pipeline [JOBS]` on a local stack of its own.

Overhead of a job = from created to succeeded, less the provider's own `predict_time`. The first job is cold and is
shown, not counted.
"""

import shutil
import statistics
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests

from local.config import ROOT, StackConfig
from local.ports import free_ports
from local.stack import LocalStack

SAMPLE = ROOT / "samples" / "cat.jpg"
PARTS = ("queue", "model", "handover", "copy", "total", "overhead")


def enhance(
    base_url: str, session: requests.Session, jpeg: bytes, params: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """One job from upload to end."""
    api = f"{base_url}/api/ai-image"
    order = {"filename": SAMPLE.name, "contentType": "image/jpeg", "size": len(jpeg)}
    upload = session.post(f"{api}/uploads", json=order, timeout=60).json()["data"]
    requests.put(upload["url"], data=jpeg, headers=upload["headers"], timeout=60).raise_for_status()
    wanted = {"uploadId": upload["uploadId"], "model": "nightmareai/real-esrgan", "params": params or {}}
    job: dict[str, Any] = session.post(f"{api}/jobs", json=wanted, timeout=60).json()["data"]
    while job["stage"] != "done":
        job = session.get(f"{api}/jobs/{job['id']}?wait=20", timeout=60).json()["data"]
    if job["status"] != "succeeded":
        raise SystemExit(f"a job ended as {job['status']}: {job['error']}")
    return job


def measure(base_url: str, session: requests.Session) -> dict[str, int]:
    """The parts of one job in milliseconds.

    `queue` is created to accepted, `handover` what lies between the run's end and the copy's begin: webhook, queue.
    """
    job = enhance(base_url, session, SAMPLE.read_bytes())
    queue, model, copy, total = (job["timings"][f"{name}Ms"] for name in ("queue", "model", "copy", "total"))
    handover = total - queue - model - copy
    return dict(zip(PARTS, (queue, model, handover, copy, total, total - model), strict=True))


def main(jobs: int) -> None:
    """Print a line a job and the medians of the warm ones."""
    state = Path(tempfile.mkdtemp(prefix="image-enhancer-bench-"))
    port, replicate_port, emulator_port = free_ports(3)
    config = StackConfig(port, replicate_port, emulator_port, state, engine="instant")
    try:
        with LocalStack(config) as stack, requests.Session() as session:
            print(f"{'ms':>8}" + "".join(f"{name:>10}" for name in PARTS))
            runs = [measure(stack.base_url, session) for _ in range(jobs + 1)]
    finally:
        shutil.rmtree(state)
    rows = [("cold", runs[0]), *((str(number), run) for number, run in enumerate(runs[1:], 1))]
    rows.append(("median", {name: round(statistics.median(run[name] for run in runs[1:])) for name in PARTS}))
    for label, run in rows:
        print(f"{label:>8}" + "".join(f"{run[name]:>10}" for name in PARTS))


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 5)
