"""The requests of the page and the time until it shows a result, in a browser: `make bench ONLY=page`.

Measures on a local stack of its own: the first load by kind of request; the next load; five warm jobs (or `python -m
tests.budgets.page JOBS`) from the drop of an image to its result on the screen; and what the page requests again on
return to a result. Prints the tables, and writes them with every request to out/bench/page.json. Bytes are those of the
responses as the browser counts them (Chrome DevTools Protocol, Network.loadingFinished, encodedDataLength: headers and
compressed bodies); the stack speaks HTTP/1.1, whose headers are not compressed. Images come from another origin than
the page, as R2's do, so uploads have a preflight.

A run of the model takes 2 to 4 s, spread evenly (see pipeline.py). "Enhance" is pressed at once after the drop.
The first job waits for its functions' processes to start, so its time doubles if other programs use the processors:
the machine's load is written beside it.
"""

import json
import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from deployment import ROOT
from local.config import StackConfig
from local.ports import free_ports
from local.stack import LocalStack
from tests.budgets.pipeline import LIMITS, SAMPLE, set_model_time
from tests.budgets.traffic import KINDS, Fetch, Traffic
from tests.e2e.browser import flags, installed
from tests.e2e.person import Person

WRITTEN = ROOT / "out" / "bench" / "page.json"
TARGETS = {"first": 6.0, "p50 of the warm": 3.0}
"""The most seconds from drop to result, less the model's."""
WINDOW = 900.0
"""Seconds for which an image's link does not change (docs/decisions/0004)."""
VIEWS_TAKE = 60.0
"""The most seconds of one window that a job and its views need."""
PAINTED = """() => new Promise((done) => new PerformanceObserver((list) => done({
  'DOMContentLoaded': performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd,
  'largest contentful paint': list.getEntries().at(-1).startTime,
})).observe({ type: 'largest-contentful-paint', buffered: true }))"""


@dataclass(frozen=True)
class Job:
    """The seconds from the drop until the result is shown with both images decoded, and their parts."""

    total: float
    model: float
    parts: Mapping[str, float]

    @property
    def overhead(self) -> float:
        return self.total - self.model


def views(page: Page) -> dict[str, list[Fetch]]:
    """Make a result, view it also in full size, and return to it in several ways; return the requests of each way."""
    left = WINDOW - time.time() % WINDOW
    page.wait_for_timeout(left * 1000 if left < VIEWS_TAKE else 0)
    someone, traffic = Person(page), Traffic(page)
    page.goto("/")
    someone.enhances(SAMPLE)
    address = page.url
    seen = {"made": _looked(traffic)}
    page.reload()
    seen["reloaded"] = _looked(traffic)
    page.goto("/")
    page.get_by_role("link", name="Open image").click()
    seen["from the history"] = _looked(traffic)
    traffic = Traffic(page.context.new_page())
    traffic.page.goto(address)
    seen["in a new tab"] = _looked(traffic)
    return seen


def by_image(fetches: Iterable[Fetch]) -> dict[str, tuple[int, str]]:
    """Return each image that a view requested: its bytes over the network, and the sources of its responses."""
    steps: dict[str, list[Fetch]] = {}
    for fetch in fetches:
        if fetch.image:
            steps.setdefault(fetch.image, []).append(fetch)
    return {
        name: (sum(each.transferred for each in own), ", ".join(sorted({each.source for each in own})))
        for name, own in sorted(steps.items())
    }


def main(jobs: int) -> None:
    """Run everything, print and write the tables."""
    if jobs < 1:
        raise SystemExit(f"JOBS is {jobs}; a median needs 1 or more.")
    program = installed()
    state = Path(tempfile.mkdtemp(prefix="image-enhancer-bench-"))
    port, replicate_port, emulator_port = free_ports(3)
    images = {"R2PublicEndpoint": f"http://localhost:{port}"}  # the page is at 127.0.0.1
    config = StackConfig(port, replicate_port, emulator_port, state, engine="instant", parameters={**LIMITS, **images})
    try:
        with LocalStack(config) as stack, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=flags())
            document = _measured(stack, browser, jobs)
            browser.close()
    finally:
        shutil.rmtree(state)
    WRITTEN.parent.mkdir(parents=True, exist_ok=True)
    WRITTEN.write_text(json.dumps(document, indent=1, default=asdict) + "\n")


def _measured(stack: LocalStack, browser: Browser, jobs: int) -> dict[str, Any]:
    load = os.getloadavg()[0]
    visitor = _visitor(stack, browser)
    traffic = Traffic(visitor.new_page())
    first = traffic.of_the_start()
    painted: dict[str, float] = traffic.page.evaluate(PAINTED)
    traffic.page.close()
    traffic = Traffic(visitor.new_page())
    second = traffic.of_the_start()
    _print_load("first load, empty cache", first)
    print("  this machine, no network between: " + ", ".join(f"{name} {ms:.0f} ms" for name, ms in painted.items()))
    _print_load("next load, in a new tab", second)
    done = [_job(stack, traffic, 2 + 2 * (number * 0.618 % 1)) for number in range(jobs + 1)]
    _print_jobs(done)
    print(f"  load average {load:.1f} at the start, on {os.cpu_count()} processors")
    seen = views(_visitor(stack, browser).new_page())
    _print_views(seen)
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "processors": os.cpu_count(),
            "load": load,
            "system": platform.platform(),
            "browser": browser.version,
        },
        "first load": first,
        "painted, ms": painted,
        "next load": second,
        "jobs": done,
        "overhead, s": _overheads(done),
        "views": seen,
    }


def _visitor(stack: LocalStack, browser: Browser) -> BrowserContext:
    """Return a new context with an empty cache. The CSP is not enforced, because locally it allows one origin only."""
    return browser.new_context(base_url=stack.base_url, bypass_csp=True, locale="en-GB")


def _job(stack: LocalStack, traffic: Traffic, model_seconds: float) -> Job:
    set_model_time(stack, model_seconds)
    traffic.of_the_start()
    page = traffic.page
    someone = Person(page)
    dropped = time.perf_counter()
    someone.chooses(SAMPLE)
    _shows(page, "plan")
    planned = time.perf_counter()
    someone.button("start").click()
    page.wait_for_url("**/?job=*")
    made = time.perf_counter()
    _shows(page, "result")
    shown = time.perf_counter()
    [job_id] = parse_qs(urlsplit(page.url).query)["job"]
    timings = page.request.get(f"/api/ai-image/jobs/{job_id}").json()["data"]["timings"]
    model, total = timings["modelMs"] / 1000, timings["totalMs"] / 1000
    parts = {
        "drop to plan": planned - dropped,
        "upload and order": made - planned,
        "the job less its model": total - model,
        "its end to its result shown": shown - made - total,  # a job begins just before its create request is answered
    }
    return Job(shown - dropped, model, parts)


def _shows(page: Page, view: str) -> None:
    """Wait for a view, checking at every frame: Playwright's expectations soon check only once a second."""
    page.wait_for_function("(view) => document.querySelector('main').dataset.view === view", arg=view)


def _looked(traffic: Traffic) -> list[Fetch]:
    """View the open result, its small image in the history, and its full size; return the requests."""
    page, someone = traffic.page, Person(traffic.page)
    someone.sees("result")
    page.get_by_role("link", name="Open image").scroll_into_view_if_needed()
    someone.button("close up").click()
    expect(page.get_by_text("Full size")).to_be_visible()
    return traffic.settled()


def _overheads(jobs: list[Job]) -> dict[str, float]:
    first, *warm = jobs
    return dict(zip(TARGETS, (first.overhead, statistics.median(job.overhead for job in warm)), strict=True))


def _print_load(title: str, fetches: list[Fetch]) -> None:
    columns = ("requests", "by network", "transferred", "bodies", "unpacked")
    print(f"\n{title}, bytes\n  {'':<12}" + "".join(f"{column:>14}" for column in columns))
    for kind in (*KINDS.values(), "api", "other", "together"):
        own = [fetch for fetch in fetches if kind in (fetch.kind, "together")]
        sums = [sum(getattr(each, name) for each in own) for name in ("transferred", "body", "unpacked")]
        row = [len(own), sum(each.source == "network" for each in own), *sums]
        print(f"  {kind:<12}" + "".join(f"{value:>14,}" for value in row))


def _print_jobs(jobs: list[Job]) -> None:
    first, *warm = jobs
    print(f"\ndrop to result, seconds\n  {'':<36}{'first':>10}{'p50':>10}{'longest':>10}   of {len(warm)} warm")
    rows = {name: [job.parts[name] for job in jobs] for name in first.parts}
    rows |= {"together less the model's": [job.overhead for job in jobs], "the model's": [job.model for job in jobs]}
    for name, (cold, *others) in rows.items():
        print(f"  {name:<36}{cold:>10.2f}{statistics.median(others):>10.2f}{max(others):>10.2f}")
    for name, seconds in _overheads(jobs).items():
        held = "holds" if seconds <= TARGETS[name] else "DOES NOT HOLD"
        print(f"  {name}: {seconds:.2f} s beyond the model's, at most {TARGETS[name]:.0f}: {held}")


def _print_views(seen: Mapping[str, list[Fetch]]) -> None:
    print(f"\na result's images, bytes by network\n  {'':<16}" + "".join(f"{way:>24}" for way in seen))
    images = {way: by_image(fetches) for way, fetches in seen.items()}
    for name in images["made"]:
        cells = [own[name] for own in images.values()]
        print(f"  {name:<16}" + "".join(f"{f'{transferred:,} {source}':>24}" for transferred, source in cells))
    sums = [sum(transferred for transferred, _ in own.values()) for own in images.values()]
    print(f"  {'together':<16}" + "".join(f"{value:>24,}" for value in sums))
    rest = [sum(each.transferred for each in fetches if not each.image) for fetches in seen.values()]
    print(f"  {'all else':<16}" + "".join(f"{value:>24,}" for value in rest))


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 5)
