"""What a run of mutmut found, judged: each group has a floor, and each survivor is killed or accepted for a reason."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

ACCEPTED = Path(__file__).with_name("accepted.toml")
KILLED = frozenset({"killed", "timeout", "segfault"})


@dataclass(frozen=True)
class Group:
    """Files that belong together and the least percentage of their mutants that tests must kill."""

    name: str
    files: tuple[str, ...]
    floor: int

    def holds(self, path: str) -> bool:
        """Whether a file belongs to this group."""
        return any(fnmatchcase(path, pattern) for pattern in self.files)


GROUPS = (
    Group("domain", ("enhancer/domain/*",), 90),
    Group("use cases", ("enhancer/usecases/*",), 90),
    Group("access", ("enhancer/http/access.py",), 80),
    Group("adapters", ("enhancer/adapters/*",), 80),
    Group("operate", ("operate/*", "deployment/*"), 80),
)


@dataclass(frozen=True)
class Mutant:
    """One change of one function: mutmut's name for it, its file, what became of it, and the lines before and after."""

    name: str
    path: str
    status: str
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()

    @property
    def killed(self) -> bool:
        """Whether a test failed, or never ended, because of it."""
        return self.status in KILLED

    @property
    def function(self) -> str:
        """The function's name, with its class's."""
        return re.sub(r"^x_|^xǁ", "", self.name.rpartition(".")[2].partition("__mutmut_")[0]).replace("ǁ", ".")

    @property
    def change(self) -> str:
        """The lines it puts in; where it only takes lines out, those, after a minus."""
        return "\n".join(self.after) or "\n".join(f"- {line}" for line in self.before)


@dataclass
class Acceptance:
    """Why survivors in `where` (path:function, with wildcards) may live: those whose change is listed or matches."""

    reason: str
    where: str
    changes: Sequence[str] = ()
    pattern: str | None = None
    used: int = field(default=0, init=False)

    def fits(self, mutant: Mutant) -> bool:
        """Whether a mutant is meant."""
        if not fnmatchcase(f"{mutant.path}:{mutant.function}", self.where):
            return False
        return mutant.change in self.changes or (
            self.pattern is not None and re.search(self.pattern, mutant.change) is not None
        )


@dataclass
class Decision:
    """The counts of each file as (total, killed, accepted), and everything that is wrong."""

    counts: dict[str, list[int]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def accepted(file: Path = ACCEPTED) -> list[Acceptance]:
    """The accepted survivors as recorded."""
    return [Acceptance(**entry) for entry in tomllib.loads(file.read_text()).get("accepted", [])]


def judge(mutants: Iterable[Mutant], acceptances: Sequence[Acceptance]) -> Decision:
    """Count the mutants and find the faults.

    A survivor that is not accepted is a fault, and so is an acceptance without a survivor in a file that was tried, a
    mutant that was not tried, and a group under its floor.
    """
    verdict = Decision()
    for mutant in mutants:
        count = verdict.counts.setdefault(mutant.path, [0, 0, 0])
        count[0] += 1
        if mutant.killed:
            count[1] += 1
        elif reasons := [each for each in acceptances if each.fits(mutant)]:
            count[2] += 1
            for each in reasons:
                each.used += 1
        else:
            lines = [f"    - {line}" for line in mutant.before] + [f"    + {line}" for line in mutant.after]
            verdict.faults.append(
                "\n".join([f"{mutant.path}:{mutant.function} {mutant.status} ({mutant.name})", *lines])
            )
    verdict.faults += _unused(acceptances, verdict.counts)
    for group in GROUPS:
        total, killed, _ = _sums(group, verdict)
        if total and killed * 100 < group.floor * total:
            verdict.faults.append(f"{group.name}: {killed} of {total} mutants are killed, less than {group.floor} %")
    return verdict


def table(verdict: Decision) -> Iterator[str]:
    """The figures of each file and group as a table in Markdown."""
    yield "| | mutants | killed | accepted | unlisted | killed, % |"
    yield "|---|---|---|---|---|---|"
    for group in GROUPS:
        for path in sorted(path for path in verdict.counts if group.holds(path)):
            yield _row(path, verdict.counts[path])
        if (sums := _sums(group, verdict))[0]:
            yield _row(f"**{group.name}**, at least {group.floor} %", sums)


def _unused(acceptances: Sequence[Acceptance], counts: Iterable[str]) -> Iterator[str]:
    for each in acceptances:
        files = each.where.partition(":")[0]
        if not each.used and any(fnmatchcase(path, files) for path in counts):
            yield f"accepted.toml: nothing survives any more of {each.where}: {', '.join(each.changes) or each.pattern}"


def _sums(group: Group, verdict: Decision) -> list[int]:
    rows = [count for path, count in verdict.counts.items() if group.holds(path)]
    return [sum(column) for column in zip(*rows, strict=True)] or [0, 0, 0]


def _row(name: str, count: Sequence[int]) -> str:
    total, killed, listed = count
    return f"| {name} | {total} | {killed} | {listed} | {total - killed - listed} | {100 * killed / total:.1f} |"
