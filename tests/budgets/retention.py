"""The cost of a retention run over many objects: `python -m tests.budgets.retention [OBJECTS]`, by default 100,000.

The bucket is moto's, in this process: the calls are real, there is no network, and most of the processor's time is
moto's. A tenth of the objects is due; a second run has twice as many objects with as many due, to show the growth.
"""

import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from moto import mock_aws
from moto.s3.models import s3_backends

from enhancer.adapters.r2 import R2ImageStore
from enhancer.usecases.expire_images import ExpireImages
from tests.fakes import FakeMessages, FakeUsage

BUCKET, PREFIX = "images", "ai-enhancer/"
LIST_PRICE = 4.50 / 1e6
"""US dollars a ListObjects of R2, class A; deletes are free (developers.cloudflare.com/r2/pricing, read 2026-11-22)."""
DUE_SHARE = 10
ROUND_TRIP = 0.03
"""Seconds of a call to R2 from Lambda: an assumption for the estimate, not measured."""


def main(objects: int) -> None:
    """Print a line for each run."""
    print(f"{'objects':>10}{'due':>8}{'pages':>8}{'deletes':>9}{'CPU s':>8}{'est. s':>8}{'US$ list':>10}")
    for stored, due in ((objects, objects // DUE_SHARE), (2 * objects, objects // DUE_SHARE)):
        calls, seconds = run(stored, due)
        pages, deletes = calls["ListObjectsV2"], calls["DeleteObject"]
        estimate = (pages + deletes) * ROUND_TRIP
        print(f"{stored:>10}{due:>8}{pages:>8}{deletes:>9}{seconds:>8.1f}{estimate:>8.0f}{pages * LIST_PRICE:>10.5f}")


def run(stored: int, due: int) -> tuple[Counter[str], float]:
    """Run retention over a bucket of that many objects; return the calls by name, and seconds of processor time."""
    calls: Counter[str] = Counter()
    with mock_aws():
        client: Any = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        _fill(stored, due)
        client.meta.events.register("before-call.s3", lambda model, **_: calls.update([model.name]))
        expire_images = ExpireImages(
            R2ImageStore(lambda: client, BUCKET, lambda: client),
            FakeUsage(),
            FakeMessages(),
            PREFIX,
            lambda: datetime.now(UTC) + timedelta(hours=25),
        )
        began = time.process_time()
        done = expire_images(lambda: True, "", "")
        seconds = time.process_time() - began
    if (done["seen"], done["deleted"]) != (stored, due):
        raise SystemExit(f"the run did something else: {done}")
    return calls, seconds


def _fill(stored: int, due: int) -> None:
    """Store uploads, which are due after a day, and results, which are not."""
    backend = s3_backends["123456789012"]["aws"]
    for number in range(stored):
        root = "uploads" if number < due else "results"
        backend.put_object(BUCKET, f"{PREFIX}{root}/guest/o/{number:08}/image.png", b"x")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 100_000)
