"""`make torture`: mutants of small pictures, and any folder of files, through the path of a picture.

Settings as NAME=value: MUTANTS of each format (10000), SEED (1), FILES, a folder of pictures of others, whose JPEGs,
PNGs and WebPs are all treated. Exits with 1 where something escaped, took too long or too much, or was sent that must
not be; refusals that libvips does not share are listed by kind, for a person to judge.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.torture import readers
from tests.torture.mutants import FORMATS, mutants
from tests.torture.run import run

ASKED = 300  # refusals of each sort that libvips is asked about


def main(arguments: list[str]) -> int:
    """Run, report, and return the exit status."""
    given = dict(argument.split("=", 1) for argument in arguments)
    count, seed = int(given.get("MUTANTS", "10000")), int(given.get("SEED", "1"))
    with readers.Libvips() as libvips:
        faults = [_treat(name, files, libvips) for name, files in _sets(count, seed, given.get("FILES"))]
    return 1 if any(faults) else 0


def _sets(count: int, seed: int, folder: str | None) -> Iterator[tuple[str, Iterator[bytes]]]:
    for form in FORMATS:
        yield f"{count:,} mutants of {form}, seed {seed}", mutants(form, count, seed)
    if folder:
        paths = (
            path for path in sorted(Path(folder).rglob("*")) if path.is_file() and path.stat().st_size <= 10 * 2**20
        )
        yield folder, (path.read_bytes() for path in paths)


def _treat(name: str, files: Iterator[bytes], libvips: readers.Libvips) -> int:
    refusals: Counter[str] = Counter()
    alone: Counter[str] = Counter()
    sent: list[bytes] = []
    faults: list[str] = []
    total = 0
    for number, data in enumerate(files):
        total += 1
        outcome = run(data, number)
        faults += [f"{number}: {fault}" for fault in outcome.faults]
        if outcome.sent:
            sent.append(outcome.sent)
        if outcome.refusal:
            kind = outcome.refusal.split(": ")[0] + ": " + outcome.refusal.split(": ")[1][:60]
            refusals[kind] += 1
            if refusals[kind] <= ASKED and libvips.shows(data):
                alone[kind] += 1
    faults += [f"sent: {number}: {names}" for number, names in readers.private(sent).items()]
    print(f"\n{name}: {total:,} files, {len(sent):,} accepted, {len(faults)} faults")
    for kind, times in refusals.most_common():
        print(f"  {times:6,} {kind}" + (f"; libvips shows {alone[kind]} of the first {ASKED}" if alone[kind] else ""))
    for fault in faults[:50]:
        print(f"  FAULT {fault}")
    return len(faults)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
