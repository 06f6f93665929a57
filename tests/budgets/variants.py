"""The start of one variant of a scenario: its module, its path and its environment."""

import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deployment import ROOT
from tests.budgets import scenarios
from tests.budgets.aws_stub import AwsStub
from tests.budgets.scenarios import Scenario

BUILD = ROOT / ".build" / "local"
HANDLERS = Path(__file__).with_name("handlers")
SITE = Path(sysconfig.get_path("purelib"))
INTERPRETER: str = getattr(sys, "_base_executable", sys.executable)
OURS, BASELINE = "ours", "B"


@dataclass(frozen=True)
class World:
    """The stub that all variants call, and the folder of certificates and events."""

    stub: AwsStub
    folder: Path

    def bundle(self, *, ours: bool) -> Path:
        """Return the file of root certificates: the stub's, and Amazon's five for ours or certifi's for boto3."""
        return self.folder / ("amazon.pem" if ours else "all.pem")


@dataclass(frozen=True)
class Variant:
    """One way to answer a scenario: our function, or the baseline, which is bare boto3."""

    scenario: Scenario
    name: str

    @property
    def ours(self) -> bool:
        return self.name == OURS

    @property
    def module(self) -> str:
        return "app" if self.ours else str(self.scenario.baseline)

    def path(self) -> list[Path]:
        """Return its Python path: the built layer and function, or this environment with all of boto3."""
        if not self.ours:
            return [SITE, HANDLERS]
        return [BUILD / "layers" / "CoreLayer" / "python", BUILD / "functions" / self.scenario.function]

    def environment(self, world: World) -> dict[str, str]:
        """Return all of its variables. A baseline's first start writes its bytecode, which our layers contain."""
        variables = scenarios.settings(world.stub.url) | {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(map(str, self.path())),
            "PYTHONHASHSEED": "0",
            "AWS_CA_BUNDLE": str(world.bundle(ours=self.ours)),
        }
        return variables | {"PYTHONDONTWRITEBYTECODE": "1"} if self.ours else variables


def answer_once(
    variant: Variant, world: World, *, warm: int = 0, under: Sequence[str] = ()
) -> tuple[dict[str, Any], str]:
    """Start a variant, `under` a tool if one is named, and let it answer once and then `warm` times.

    Returns the output of tests/budgets/invoke.py with the `calls` to AWS, and standard error. Raises SystemExit.
    """
    event = world.folder / "event.json"
    event.write_text(json.dumps(variant.scenario.event()))
    program = [str(HANDLERS.with_name("invoke.py")), variant.module, str(event), str(warm)]
    world.stub.calls.clear()
    run = subprocess.run(
        [*under, INTERPRETER, "-S", *program],
        env=variant.environment(world),
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        raise SystemExit(f"{variant.scenario.name} {variant.name} failed:\n{run.stdout}{run.stderr}")
    found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return found | {"calls": dict(world.stub.calls)}, run.stderr
