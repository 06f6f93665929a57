"""`make torture`: mutants of small images, and any folder of files, through the path of an image.

Settings as NAME=value: MUTANTS of each format (10000), SEED (1), FILES, a folder of images of others, whose JPEGs,
PNGs and WebPs are all treated. Exits with 1 where something escaped, took too long or too much, or was sent that must
not be, and where a file is refused that libvips and Chromium both show, for no reason that `disagreements.toml` lists.
"""

import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.torture import readers
from tests.torture.mutants import FORMATS, mutants
from tests.torture.run import run

TOLD_AT_ONCE = 100
DISAGREEMENTS = tomllib.loads(Path(__file__).with_name("disagreements.toml").read_text())["disagreement"]


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
    doubtful: list[tuple[int, str, bytes]] = []
    sent: list[tuple[int, bytes]] = []
    faults: list[str] = []
    total = accepted = 0
    for number, data in enumerate(files):
        total += 1
        outcome = run(data, number)
        faults += [f"{number}: {fault}" for fault in outcome.faults]
        if outcome.sent:
            sent.append((number, outcome.sent))
            accepted += 1
        if len(sent) == TOLD_AT_ONCE:
            faults += _told(sent)
        if outcome.refusal:
            refusals[_kind(outcome.refusal)] += 1
            if libvips.shows(data):
                doubtful.append((number, outcome.refusal, data))
    faults += _told(sent)
    alone: Counter[str] = Counter()
    shown = readers.chromium_shows([data for _, _, data in doubtful])
    for number, refusal in (
        (number, refusal) for (number, refusal, _), both in zip(doubtful, shown, strict=True) if both
    ):
        alone[_kind(refusal)] += 1
        if not any(re.search(each["refusal"], refusal) for each in DISAGREEMENTS):
            faults.append(f"{number}: refused, and shown by libvips and Chromium: {refusal}")
    print(f"\n{name}: {total:,} files, {accepted:,} accepted, {len(faults)} faults")
    for kind, times in refusals.most_common():
        both = f"; libvips and Chromium show {alone[kind]:,} of them" if alone[kind] else ""
        print(f"  {times:6,} {kind}{both}")
    for fault in faults[:50]:
        print(f"  FAULT {fault}", flush=True)
    return len(faults)


def _told(sent: list[tuple[int, bytes]]) -> list[str]:
    """What ExifTool tells of what was sent; the list is empty then, lest it count as the memory of one image."""
    told = readers.private([data for _, data in sent])
    found = [f"sent: {sent[place][0]}: {names}" for place, names in told.items()]
    sent.clear()
    return found


def _kind(refusal: str) -> str:
    """What refusals that differ in numbers alone have in common."""
    name, _, what = refusal.partition(": ")
    return f"{name}: {re.sub(r'[0-9][0-9,]*', 'n', what)[:60]}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
