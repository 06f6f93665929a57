"""Local stacks for the tests of the whole path: one that resamples at once and one with the real model."""

import contextlib
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import Phase, settings

from deployment import ROOT
from local.config import StackConfig
from local.ports import free_ports
from local.stack import LocalStack
from tests.local.leftovers import processes_with

settings.register_profile("mutants", phases=(Phase.explicit, Phase.generate))  # a failure is enough, not the smallest

RAISED_LIMITS = {
    "QuotaJobs": "1000",
    "RateLimits": "create=10000,upload=10000,status=10000,image=10000,other=10000,guest=10000",
    "GuestJobsPerAddress": "10000",
    "DailyRunLimit": "10000",
}
"""Template parameters of the shared stack: no test may fail because another one used up a limit."""

StartStack = Callable[..., LocalStack]


@pytest.fixture(scope="session")
def start_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartStack]:
    """Starts a stack with template parameters, engine and build of the test's choice; runs until the session ends."""
    _require_build()
    states = []
    with contextlib.ExitStack() as running:

        def start(parameters: Mapping[str, str], engine: str, build: Path = ROOT / ".build" / "local") -> LocalStack:
            port, replicate_port, emulator_port = free_ports(3)
            states.append(tmp_path_factory.mktemp("stack") / "state")
            config = StackConfig(
                port=port,
                replicate_port=replicate_port,
                emulator_port=emulator_port,
                state=states[-1],
                engine=engine,
                parameters=parameters,
                build=build,
            )
            return running.enter_context(LocalStack(config))

        yield start
    assert [process for state in states for process in processes_with(str(state))] == []
    for state in states:
        shutil.rmtree(state)


@pytest.fixture(scope="session")
def stack(start_stack: StartStack) -> LocalStack:
    """The shared stack."""
    return start_stack(RAISED_LIMITS, "instant")


@pytest.fixture(scope="session")
def real_stack(start_stack: StartStack) -> LocalStack:
    """A stack with the real model."""
    return start_stack(RAISED_LIMITS, "realesrgan")


def _require_build() -> None:
    built = ROOT / ".build" / "local" / ".built"
    if not built.exists() or built.stat().st_mtime < _newest_source():
        pytest.fail("The local build is missing or older than its sources: run make build TARGET=local", pytrace=False)


def _newest_source() -> float:
    folders: list[Path] = [ROOT / "layers", ROOT / "functions"]
    files = (path for folder in folders for path in folder.rglob("*") if path.is_file())
    return max(path.stat().st_mtime for path in files if "__pycache__" not in path.parts)
