"""A browser for the session, and for each test visitors with a fresh profile who are watched all the way."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Page, expect, sync_playwright

from deployment import ROOT
from local.stack import LocalStack
from tests.e2e.browser import flags, found
from tests.e2e.watch import Watch

PATIENCE = 30_000
"""Milliseconds until a state that does not come is a failure."""
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 800}

Visit = Callable[..., Page]
SetFaults = Callable[..., None]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    _require_page()
    program = found()
    if program is None:
        pytest.fail("There is no browser: run make browser", pytrace=False)
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=flags())
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser: Browser, stack: LocalStack) -> Iterator[Visit]:
    """Opens the page as a new person. Every rule of `Watch` is checked when the test ends."""
    opened = []

    def opened_page(
        path: str = "/", at: LocalStack = stack, expected: tuple[int, ...] = (), shift: float = 0.02, **options: Any
    ) -> Page:
        given = {"locale": "en-GB", "viewport": DESKTOP, "reduced_motion": "reduce", **options}
        context = browser.new_context(base_url=at.base_url, **given)
        context.set_default_timeout(PATIENCE)
        watch = Watch(at.base_url, set(expected), shift)
        watch.follow(context)
        opened.append((context, watch))
        page = context.new_page()
        page.goto(path)
        return page

    yield opened_page
    try:
        for _, watch in opened:
            watch.check()
    finally:
        for context, _ in opened:
            context.close()


@pytest.fixture
def faults() -> Iterator[SetFaults]:
    """Sets what goes wrong at a stack's provider from now on (replicate_standin/README.md), until the test ends."""
    touched = []

    def put(at: LocalStack, *wanted: dict[str, Any]) -> None:
        touched.append(at)
        _control(at, list(wanted))

    yield put
    for stack in touched:
        _control(stack, [])


def _control(stack: LocalStack, wanted: list[dict[str, Any]]) -> None:
    headers = {"Authorization": f"Bearer {stack.replicate_token}"}
    answer = requests.put(f"{stack.replicate_url}/_control", json={"faults": wanted}, headers=headers, timeout=10)
    assert answer.ok, answer.text


def _require_page() -> None:
    """The page that the gateway serves has to be the one of these sources."""
    built = ROOT / "web/dist/index.html"
    sources = [path for path in (ROOT / "web").rglob("*") if path.is_file() and _is_source(path)]
    if not built.exists() or built.stat().st_mtime < max(path.stat().st_mtime for path in sources):
        pytest.fail("The page is not built or older than its sources: run make build", pytrace=False)


def _is_source(path: Path) -> bool:
    made = {"node_modules", "dist"} & set(path.relative_to(ROOT / "web").parts) or path.name.endswith(".gen.ts")
    return not made
