"""Mutation testing: `make mutants [ONLY=path]` changes one thing at a time in a function and sees whether a test fails.

mutmut makes the mutants and runs tests/unit, tests/contract and tests/tools on each: those that reach it, in a process
forked from one that has imported everything. It names modules by their paths and imports them from where it works, so
the tree under .build/mutants has `enhancer` beside `operate`; tests that read sources find them where they always are.
Constants, class bodies and functions with decorators other than staticmethod and classmethod are not mutated.
"""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from tests.mutants.judge import Acceptance, Mutant, accepted, judge, table

ROOT = Path(__file__).parents[2]
TREE = ROOT / ".build" / "mutants"
COPY = TREE / "mutants"  # mutmut works in this folder of its current folder


def main(only: str) -> int:
    """Lay out the tree, let mutmut run, judge what it found; `only` is a file of the product, empty for all."""
    lay_out()
    command = ["nice", "-n", "10", _beside("mutmut"), "run"]
    if subprocess.run([*command, *_named(only)], cwd=TREE, check=False).returncode:
        return 1
    acceptances = accepted()
    verdict = judge(again(tried(only), acceptances), acceptances)
    print("\n".join(["", *verdict.faults, "", *table(verdict)]))
    print(f"\n{len(verdict.faults)} faults")
    return 1 if verdict.faults else 0


def lay_out() -> None:
    """Copy what git knows, with the packages to be mutated beside each other."""
    shutil.rmtree(TREE, ignore_errors=True)
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - git is on the PATH
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (COPY / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, COPY / name)
    for name in (".venv", ".venv-tooling", ".venv-emulator", ".build/local"):
        (COPY / name).parent.mkdir(parents=True, exist_ok=True)
        (COPY / name).symlink_to(ROOT / name)
    shutil.copy2(ROOT / "pyproject.toml", TREE)
    shutil.copytree(COPY / "layers/core/enhancer", TREE / "enhancer")
    for package in ("operate", "deployment"):
        shutil.move(COPY / package, TREE / package)


def tried(only: str) -> Iterator[Mutant]:
    """Every mutant of the tree and what became of it."""
    from mutmut.mutation.data import SourceFileMutationData
    from mutmut.mutation.diff_apply import get_diff_for_mutant
    from mutmut.stats import status_by_exit_code
    from mutmut.utils.file_utils import walk_mutatable_files

    with contextlib.chdir(TREE):
        for path in sorted(walk_mutatable_files()):
            data = SourceFileMutationData(path=path)
            data.load()
            for name, code in data.exit_code_by_key.items():
                if _is_wanted(name, only):
                    mutant = Mutant(name, str(path), status_by_exit_code[code])
                    yield mutant if mutant.killed else _with_lines(mutant, get_diff_for_mutant(name, path=path))


def again(mutants: Iterable[Mutant], acceptances: Sequence[Acceptance]) -> Iterator[Mutant]:
    """The mutants, each that survived unexpectedly after one more try in a new process.

    A fork has what ran before it, at import or into a cache: there the mutant may never have been called.
    """
    tests = json.loads((COPY / "mutmut-stats.json").read_text())["tests_by_mangled_function_name"]
    for mutant in mutants:
        if mutant.killed or mutant.status == "no tests" or any(each.fits(mutant) for each in acceptances):
            yield mutant
            continue
        reaching = tests[mutant.name.partition("__mutmut_")[0]]
        run = subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "-q", "-o", "pythonpath=.", *reaching],
            cwd=COPY, env=os.environ | {"MUTANT_UNDER_TEST": mutant.name}, check=False, capture_output=True,
        )  # fmt: skip
        yield replace(mutant, status="killed") if run.returncode else mutant


def _with_lines(mutant: Mutant, diff: str) -> Mutant:
    changed = [line for line in diff.splitlines() if re.match(r"[+-](?![+-]{2} )", line)]
    before, after = (tuple(line[1:].strip() for line in changed if line[0] == sign) for sign in "-+")
    return replace(mutant, before=before, after=after)


def _named(only: str) -> list[str]:
    return [f"{_module(only)}.*"] if only else []


def _is_wanted(name: str, only: str) -> bool:
    return not only or name.startswith(f"{_module(only)}.")


def _module(path: str) -> str:
    return path.removeprefix("layers/core/").removesuffix(".py").rstrip("/").replace("/", ".")


def _beside(program: str) -> str:
    return str(Path(sys.executable).with_name(program))


if __name__ == "__main__":
    sys.exit(main(os.environ.get("ONLY", "")))
