"""Programs of other environments: .venv-oracles and tests/oracles/programs/javascript/node_modules (`make oracles`)."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from replicate_standin.tests.harness import Outside, Service, image_file

ROOT = Path(__file__).parents[3]
PROGRAMS = ROOT / "tests" / "oracles" / "programs"
PYTHON = ROOT / ".venv-oracles" / "bin" / "python"
SECONDS = 120

Ask = Callable[[str, dict[str, Any]], dict[str, Any]]


def command(program: str) -> list[str]:
    """Return how to start a program of another environment; fails if that is not installed."""
    if program.endswith(".py"):
        assert PYTHON.exists(), ".venv-oracles is not installed: run make oracles"
        return [str(PYTHON), str(PROGRAMS / program)]
    assert (PROGRAMS / "javascript" / "node_modules").exists(), "its packages are not installed: run make oracles"
    node = shutil.which("node")
    assert node, "Node is not installed"
    return [node, str(PROGRAMS / "javascript" / program)]


@pytest.fixture(scope="session")
def ask() -> Iterator[Ask]:
    """Ask a program in a line of JSON, and return the line that it tells; it runs on until the tests end."""
    running: dict[str, subprocess.Popen[str]] = {}

    def asking(program: str, question: dict[str, Any]) -> dict[str, Any]:
        if program not in running:
            pipe = subprocess.PIPE
            running[program] = subprocess.Popen(  # noqa: S603 - a program of this repository
                command(program), stdin=pipe, stdout=pipe, text=True, env=environment()
            )
        process = running[program]
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps(question) + "\n")
        process.stdin.flush()
        answer: dict[str, Any] = json.loads(process.stdout.readline())
        return answer

    yield asking
    for process in running.values():
        process.communicate(timeout=SECONDS)  # closes its input, which ends it


def run(program: str, question: dict[str, Any]) -> dict[str, Any]:
    """Start a program, give it one question, and return what it tells when it has ended."""
    ended = subprocess.run(  # noqa: S603 - a program of this repository
        command(program),
        input=json.dumps(question),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        env=environment(),
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    answer: dict[str, Any] = json.loads(ended.stdout)
    return answer


def environment() -> dict[str, str]:
    """Return the environment of such a program: nothing of the product's, no proxy."""
    return {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "NO_PROXY": "*"}


@pytest.fixture
def outside() -> Iterator[Outside]:
    outside = Outside()
    yield outside
    outside.close()


@pytest.fixture
def image(outside: Outside) -> str:
    return outside.host("/input.png", image_file())


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """A stand-in on the machine's own clock."""
    service = Service(tmp_path / "state")
    yield service
    service.close()
