"""Unit tests: no network, and a world in memory."""

import importlib.util
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from enhancer import bootstrap
from enhancer.adapters.model_files import allowed_models
from enhancer.domain import keys
from enhancer.domain.job import Job
from enhancer.domain.owner import Caller, Owner, new_guest
from enhancer.observability import logger
from enhancer.settings import Settings
from enhancer.usecases.complete_job import CompleteJob
from enhancer.usecases.create_job import CreateJob, FromBytes, JobOptions, NewJob
from enhancer.usecases.reconcile_jobs import ReconcileJobs
from enhancer.usecases.start_job import StartJob
from tests.fakes import (
    FakeClock,
    FakeImageStore,
    FakeImaging,
    FakeJobs,
    FakeMessages,
    FakeOutputs,
    FakePresignedUrls,
    FakeProvider,
    FakeUsage,
)
from tests.images import make_image

PREFIX = "ai-enhancer/"


@pytest.fixture(autouse=True)
def no_network(socket_disabled: None) -> None:
    """A unit test that opens a socket fails."""


Entries = list[dict[str, Any]]


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[[], tuple[Entries, Entries]]:
    """Reads what was written since the last time: the log's entries, and the metrics'."""
    printing = SimpleNamespace(write=lambda text: sys.stdout.write(text), flush=lambda: None)  # noqa: PLW0108 - capsys's
    monkeypatch.setattr(logger.registered_handler, "stream", printing)

    def read() -> tuple[Entries, Entries]:
        entries = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        return [each for each in entries if "_aws" not in each], [each for each in entries if "_aws" in each]

    return read


@dataclass
class World:
    """Everything outside the use cases, in memory."""

    clock: FakeClock
    usage: FakeUsage
    jobs: FakeJobs
    images: FakeImageStore
    messages: FakeMessages
    provider: FakeProvider
    outputs: FakeOutputs
    imaging: FakeImaging
    owner: Owner
    caller: Caller
    create_job: CreateJob
    start_job: StartJob
    complete_job: CompleteJob
    reconcile_jobs: ReconcileJobs
    security_events: list[str]

    def job(self, job_id: str) -> Job:
        """The row as it stands."""
        return self.jobs.rows[job_id]

    def new_job(self, params: dict[str, object] | None = None) -> Job:
        """A queued job of the world's owner."""
        choice = JobOptions("nightmareai/real-esrgan", params or {}, "cat.png")
        job_id = keys.new_job_id("image/png")
        return self.create_job(
            NewJob(job_id, FromBytes(make_image(), self.create_job.inspect(make_image())), choice, self.owner)
        )


@pytest.fixture
def world() -> World:
    """A fresh world."""
    return make_world()


def make_world() -> World:
    """A fresh world."""
    clock, usage, messages = FakeClock(), FakeUsage(), FakeMessages()
    jobs, images, provider = FakeJobs(usage), FakeImageStore(clock), FakeProvider()
    outputs, imaging = FakeOutputs(make_image(size=(160, 120))), FakeImaging()
    models = allowed_models(["nightmareai/real-esrgan"])
    caller = Caller(new_guest())
    security_events: list[str] = []
    return World(
        clock, usage, jobs, images, messages, provider, outputs, imaging, caller.owner, caller,
        CreateJob(
            jobs, usage, images, messages, models, PREFIX, 50_000, 1_000_000, 3, 10, clock, sleep=lambda _: None
        ),
        StartJob(
            jobs, usage, images, FakePresignedUrls(), provider, messages, imaging, models, "https://x.test/hook",
            PREFIX, 10, clock,
        ),
        CompleteJob(jobs, images, outputs, imaging, messages, PREFIX, "bucket", clock, security_events.append),
        ReconcileJobs(jobs, usage, provider, messages, "bucket", PREFIX, clock),
        security_events,
    )  # fmt: skip


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """Loads a function's module as Lambda does, by its folder's name, with example settings."""
    from tests.unit.test_template import FUNCTIONS, ROOT, example_values

    for variable in ("AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(variable, "eu-central-1")

    def loaded(name: str) -> Any:
        function = next(each for each in FUNCTIONS.values() if each["CodeUri"] == f"functions/{name}/")
        monkeypatch.setattr(bootstrap, "settings", Settings(example_values(function)))
        secret = "whsec_c2VjcmV0" if name == "replicate_webhook" else "one:c2VjcmV0"
        monkeypatch.setattr(bootstrap, "secrets", lambda: SimpleNamespace(several=lambda _: [secret]))
        spec = importlib.util.spec_from_file_location(f"loaded_{name}", ROOT / function["CodeUri"] / "app.py")
        assert spec
        assert spec.loader
        app = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(app)
        return app

    return loaded
