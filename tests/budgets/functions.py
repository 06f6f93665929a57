"""The functions beside bare boto3 handlers: `python -m tests.budgets.functions [ROUNDS] [SCENARIO ...]`.

Each variant is a process of its own, started cold, that answers one event: our function, or B, a handler with nothing
but boto3. Their answers must be equal. Then instructions are counted, and timings are taken in rounds of all variants,
so that ratios within a round can be compared. Creating a job has no baseline and is shown alone. Prints the tables and
the gates, writes out/bench/functions.json, and exits with 1 if a gate on instructions or memory is missed.
"""

import json
import platform
import statistics
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import certifi

from deployment import ROOT
from tests.budgets import emulated, instructions, scenarios
from tests.budgets.aws_stub import AwsStub, running
from tests.budgets.scenarios import SCENARIOS
from tests.budgets.variants import BASELINE, OURS, Variant, World, answer_once

ROUNDS, WARM = 9, 60
OUT = ROOT / "out" / "bench" / "functions.json"
Row = dict[str, Any]

# scenario, measure, scenario of the baseline that it is compared with, ratio at most
GATES = (
    ("status", "instructions", "status", 0.90),
    ("status", "peak_kib", "status", 0.90),
    ("status", "warm_ms", "status", 0.90),
    ("webhook", "instructions", "status", 0.90),
    ("webhook", "instructions", "webhook", 0.90),
    ("webhook", "peak_kib", "status", 0.90),
    ("image", "instructions", "image", 0.95),
)
COLUMNS = (
    ("instructions", "M instr.", 1e6),
    ("wall_ms", "first ms", 1),
    ("cpu_ms", "its CPU ms", 1),
    ("warm_ms", "warm CPU ms", 1),
    ("peak_kib", "RSS MiB", 1024),
    ("modules", "modules", 1),
)
TIMED = frozenset({"wall_ms", "cpu_ms", "warm_ms"})


def variants(names: Sequence[str]) -> list[Variant]:
    """Return the variants of the named scenarios, of all if none is named: the baseline, if there is one, and ours."""
    return [
        Variant(scenario, name)
        for scenario in SCENARIOS
        if not names or scenario.name in names
        for name in ((BASELINE, OURS) if scenario.baseline else (OURS,))
    ]


class Run:
    """One run over some variants; the baselines must answer as our functions do."""

    def __init__(self, chosen: Sequence[Variant], world: World) -> None:
        self._chosen, self._world = chosen, world
        self._expected: dict[str, Any] = {}
        for variant in chosen:
            if variant.name == OURS:
                answer = answer_once(variant, world)[0]["answer"]
                self._expected[variant.scenario.name] = variant.scenario.same(answer)

    def count(self) -> list[Row]:
        """Return a row for each variant with the measures that need no clock. Raises SystemExit for unequal answers."""
        rows = []
        for variant in self._chosen:
            name = variant.scenario.name
            found, _ = answer_once(variant, self._world)
            self._compare(variant, found["answer"])
            row = {"scenario": name, "variant": variant.name, "modules": found["modules"], "calls": found["calls"]}
            if instructions.available():
                row["instructions"] = instructions.count(variant, self._world)
            rows.append(row)
            print(f"counted {name} {variant.name}", file=sys.stderr)
        return rows

    def profiles(self) -> dict[str, dict[str, int]]:
        """Return the instructions of each step of our functions."""
        if not instructions.available():
            return {}
        ours = [variant for variant in self._chosen if variant.name == OURS]
        return {each.scenario.name: instructions.profile(each, self._world) for each in ours}

    def time(self, rows: Sequence[Row], rounds: int) -> None:
        """Put `samples` and their medians into the rows, after an extra round that fills caches."""
        for row in rows:
            row["samples"] = []
        for number in range(rounds + 1):
            print(f"round {number} of {rounds}", file=sys.stderr)
            for variant, row in zip(self._chosen, rows, strict=True):
                first = emulated.first_response(variant, self._world)
                self._compare(variant, first.pop("answer"))
                warm, _ = answer_once(variant, self._world, warm=WARM)
                if number:
                    row["samples"].append(first | {"warm_ms": warm["warm_ms"]})
        for row in rows:
            row |= {name: statistics.median(each[name] for each in row["samples"]) for name in (*TIMED, "peak_kib")}

    def _compare(self, variant: Variant, answer: Mapping[str, Any]) -> None:
        """Raise SystemExit unless an answer equals ours."""
        if variant.scenario.same(answer) != self._expected[variant.scenario.name]:
            found = f"{variant.scenario.name} {variant.name} answers something else, so nothing is compared: {answer}"
            raise SystemExit(found)


def find(rows: Iterable[Row], scenario: str, variant: str) -> Row | None:
    """Return a variant's row, if there is one."""
    return next((row for row in rows if (row["scenario"], row["variant"]) == (scenario, variant)), None)


def ratio(row: Row, other: Row, measured: str) -> float:
    """Return the ratio of two rows: of counts, or for timings the median of the ratios within a round."""
    if measured in TIMED:
        pairs = zip(row["samples"], other["samples"], strict=True)
        return float(statistics.median(mine[measured] / theirs[measured] for mine, theirs in pairs))
    return float(row[measured] / other[measured])


def gates(rows: Sequence[Row]) -> list[Row]:
    """Return the gates of the scenarios that were measured."""
    checked = []
    for scenario, measured, of, most in GATES:
        mine, other = find(rows, scenario, OURS), find(rows, of, BASELINE)
        if mine and other and measured in mine:
            reached = ratio(mine, other, measured)
            name = f"{scenario}: {measured} of B{'' if of == scenario else ' (status)'}"
            checked.append({"gate": name, "most": most, "reached": reached, "timed": measured in TIMED})
    return checked


def show(rows: Sequence[Row], profiles: Mapping[str, Mapping[str, int]], checked: Sequence[Row]) -> None:
    """Print the tables."""
    print(
        f"{'':16}" + "".join(f"{title:>12}{'x base':>8}" for _, title, _ in COLUMNS) + "  AWS calls of the first answer"
    )
    for row in rows:
        base = find(rows, row["scenario"], BASELINE) or row
        cells = ""
        for name, _, unit in COLUMNS:
            if name in row:
                share = f"{ratio(row, base, name):.2f}"
                cells += f"{row[name] / unit:>12,.{2 if name == 'warm_ms' else 0}f}{share:>8}"
            else:
                cells += f"{'-':>12}{'-':>8}"
        calls = ", ".join(f"{count} {name}" for name, count in row["calls"].items()) or "none"
        print(f"{row['scenario']:8}{row['variant']:8}{cells}  {calls}")
    print("\nbase: B. Timings are this machine's; compare ratios.")
    for scenario, parts in profiles.items():
        print(f"\nwhat is left of {scenario}, M instructions")
        for name, count in parts.items():
            print(f"{count / 1e6:>8.0f} {count / sum(parts.values()):>5.0%}  {name}")
    if checked:
        print(f"\n{'gate':44}{'at most':>9}{'reached':>9}")
    for gate in checked:
        decision = "" if gate["reached"] <= gate["most"] else "  MISSED" + (", a timing: shown only" * gate["timed"])
        print(f"{gate['gate']:44}{gate['most']:>9.2f}{gate['reached']:>9.2f}{decision}")


@contextmanager
def stubbed() -> Iterator[World]:
    """Yield the world of the variants, with a running stub until the end of the block."""
    stub = AwsStub(scenarios.rows(), scenarios.SECRETS, scenarios.IMAGE, scenarios.STORED)
    with tempfile.TemporaryDirectory(prefix="image-enhancer-bench-") as folder, running(stub, Path(folder)):
        world = World(stub, Path(folder))
        amazon = ROOT / "layers" / "core" / "enhancer" / "amazon_roots.pem"
        for roots, ours in ((amazon, True), (Path(certifi.where()), False)):
            world.bundle(ours=ours).write_bytes(roots.read_bytes() + stub.certificate)
        yield world


def machine() -> dict[str, str]:
    """Return the versions and the machine that were measured with."""
    packages = ("botocore", "boto3", "aws-lambda-powertools", "pydantic", "urllib3")
    return {"python": platform.python_version(), "machine": platform.machine(), "system": platform.platform()} | {
        name: version(name) for name in packages
    }


def main(rounds: int, names: Sequence[str]) -> int:
    """Measure, print and write; return the exit code."""
    known = [scenario.name for scenario in SCENARIOS]
    if rounds < 1 or not set(names) <= set(known):
        raise SystemExit(f"give a number of rounds, 1 or more, and scenarios of {', '.join(known)}")
    if not instructions.available():
        print(instructions.MISSING, file=sys.stderr)
    with stubbed() as world:
        run = Run(variants(names), world)
        rows, profiles = run.count(), run.profiles()
        run.time(rows, rounds)
    checked = gates(rows)
    show(rows, profiles, checked)
    OUT.parent.mkdir(parents=True, exist_ok=True)
    found = {"date": datetime.now(UTC).date().isoformat(), "machine": machine(), "rounds": rounds}
    OUT.write_text(json.dumps(found | {"rows": rows, "profiles": profiles, "gates": checked}, indent=1))
    print(f"\n{OUT.relative_to(ROOT)}")
    return int(any(gate["reached"] > gate["most"] and not gate["timed"] for gate in checked))


if __name__ == "__main__":
    given = sys.argv[1:]
    rounds = next((int(each) for each in given if each.isdecimal()), ROUNDS)
    sys.exit(main(rounds, [each for each in given if not each.isdecimal()]))
