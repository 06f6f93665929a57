"""Fixtures: one stand-in per test, with a clock to turn and an engine to hold."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from replicate_standin.tests.harness import FakeClock, HeldEngine, Outside, Service, image_file


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def engine() -> HeldEngine:
    return HeldEngine()


@pytest.fixture
def outside() -> Iterator[Outside]:
    outside = Outside()
    yield outside
    outside.close()


@pytest.fixture
def service(tmp_path: Path, clock: FakeClock, engine: HeldEngine) -> Iterator[Service]:
    service = Service(tmp_path / "state", engine, clock)
    yield service
    service.close()


@pytest.fixture
def image(outside: Outside) -> str:
    """The address of a small image, signed as presigned URLs are."""
    return outside.host("/input.png", image_file()) + "?X-Amz-Signature=never-log-me"
