"""`make audit`: known vulnerabilities of all locked packages, by pip-audit and npm audit, less the recorded exceptions.

A missing answer does not mean "nothing found": it is reported in one line and fails, unless ALLOW_OFFLINE=1, as in
`make check`, which must not fail on a machine that can't reach the advisory services (docs/decisions/0017).
"""

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from deployment import ROOT
from operate.installation import OperatorError

EXCEPTIONS = ROOT / "requirements" / "audit-exceptions.toml"
PYTHON_LOCKS = ("uv", "emulator", "tooling", "product", "oracles")
"""The smallest lock is first: it shows whether the service answers."""
NPM_FOLDERS = ("docs/page", "web", "tests/oracles/programs/javascript")
SECONDS = 300
_NO_ANSWER = re.compile(
    r"requests\.exceptions\.|urllib3\.exceptions\.|ServiceError|vulnerability feed|not redirecting properly"
    r"|may be blocking this service"
)


@dataclass(frozen=True)
class Printed:
    """The output of a tool; `code` is None if it did not end in time."""

    out: str
    err: str
    code: int | None


Tool = Callable[[Sequence[str], Path], Printed]
"""Runs a command line in a folder."""


@dataclass(frozen=True)
class Advisory:
    """A vulnerability of a package in a lock; `ids` are all its names, the first is shown."""

    ids: tuple[str, ...]
    package: str
    lock: str
    title: str

    def __str__(self) -> str:
        return f"{self.ids[0]} in {self.package} ({self.lock}): {self.title}"


@dataclass(frozen=True)
class Waiver:
    """A recorded exception, valid up to and including the day `until`."""

    id: str
    reason: str
    until: date


class NoAnswer(Exception):
    """The advisory service can't be reached or does not know all packages; `known` has the advisories that it gave."""

    def __init__(self, what: str, known: Sequence[Advisory] = ()) -> None:
        super().__init__(what)
        self.known = known


def run_tool(command: Sequence[str], folder: Path) -> Printed:
    """Run a command line in a folder. Raises OperatorError if the program is not installed."""
    try:
        done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return Printed("", "", None)
    except FileNotFoundError:
        raise OperatorError(
            f"{Path(command[0]).name} is not installed; make setup and make check install it."
        ) from None
    return Printed(done.stdout, done.stderr, done.returncode)


def of_python(name: str, tool: Tool) -> list[Advisory]:
    """Return the advisories for a Python lock. Raises NoAnswer, and OperatorError for unusable output."""
    lock = f"requirements/{name}.txt"
    program = str(ROOT / ".venv-tooling" / "bin" / "pip-audit")
    options = ("--require-hashes", "--disable-pip", "--format", "json", "--progress-spinner", "off", "--desc", "off")
    printed = tool((program, *options, "--requirement", lock), ROOT)
    found = _json(printed.out).get("dependencies")
    if not isinstance(found, list):
        if printed.code is None or _NO_ANSWER.search(printed.err):
            raise NoAnswer(lock)
        raise _unusable("pip-audit", lock, printed)
    advisories = [
        Advisory(
            ids=(str(each["id"]), *map(str, each["aliases"])),
            package=f"{package['name']} {package['version']}",
            lock=lock,
            title=f"fixed in {', '.join(each['fix_versions']) or 'no release yet'}",
        )
        for package in found
        for each in package.get("vulns", [])
    ]
    skipped = [str(each["name"]) for each in found if "skip_reason" in each]
    if skipped:  # pip-audit calls that "no known vulnerabilities" and exits with 0
        raise NoAnswer(lock if len(skipped) == len(found) else f"{', '.join(skipped)} of {lock}", advisories)
    return advisories


def of_npm(folder: str, tool: Tool) -> list[Advisory]:
    """Return the advisories for an npm lock. Raises NoAnswer, and OperatorError for unusable output."""
    lock = f"{folder}/package-lock.json"
    options = ("--json", "--package-lock-only", "--fetch-retries=0", "--fetch-timeout=20000")
    printed = tool(("npm", "audit", *options), ROOT / folder)
    answer = _json(printed.out)
    found = answer.get("vulnerabilities")
    if not isinstance(found, dict):
        # errors of the registry and of the network have a message; status 400 is about the lock itself
        if printed.code is None or ("message" in answer and answer.get("statusCode") != 400):
            raise NoAnswer(lock)
        raise _unusable("npm audit", lock, printed)
    advisories = dict.fromkeys(
        Advisory(
            ids=(str(via["url"]).rpartition("/")[2],),
            package=f"{via['name']} {via['range']}",
            lock=lock,
            title=f"{via['severity']}: {via['title']}",
        )
        for package in found.values()
        for via in package["via"]
        if isinstance(via, dict)  # a string names a dependency, which has its own entry
    )
    return list(advisories)


def read_waivers(text: str) -> list[Waiver]:
    """Return the recorded exceptions. Raises OperatorError for an incomplete one."""
    try:
        listed = tomllib.loads(text).get("exception", [])
        waivers = [Waiver(**each) for each in listed]
    except (tomllib.TOMLDecodeError, TypeError) as problem:
        raise OperatorError(f"{EXCEPTIONS.name}: {problem}; each exception has id, reason and until.") from None
    for waiver in waivers:
        if not (waiver.id and str(waiver.reason).strip() and type(waiver.until) is date):
            raise OperatorError(f"{EXCEPTIONS.name}: {waiver.id} needs a reason and an until-date such as 2027-01-31.")
    return waivers


def audit(
    waivers: Sequence[Waiver], today: date, tool: Tool, say: Callable[[str], None], *, allow_offline: bool
) -> int:
    """Check every lock and report; return the exit code. Raises OperatorError."""
    advisories: list[Advisory] = []
    silent: list[str] = []
    for name, ask, locks in (("pip-audit", of_python, PYTHON_LOCKS), ("npm audit", of_npm, NPM_FOLDERS)):
        for lock in locks:
            try:
                advisories += ask(lock, tool)
            except NoAnswer as told:
                advisories += told.known
                silent.append(f"{name} from {told} on" if lock == locks[0] else f"{name} for {told}")
                if lock == locks[0]:
                    break
    red = list(_red(advisories, waivers, today, say))
    for line in red:
        say(line)
    if silent:
        say(f"NOT AUDITED: the advisory services did not answer for {'; '.join(silent)}.")
    else:
        excepted = {each for advisory in advisories for each in advisory.ids}
        for waiver in waivers:
            if waiver.id not in excepted:
                say(f"no longer found, remove it from {EXCEPTIONS.name}: {waiver.id}")
        say(f"audited {len(PYTHON_LOCKS)} Python and {len(NPM_FOLDERS)} npm locks: {len(red)} findings")
    return 1 if red or (silent and not allow_offline) else 0


def _red(
    advisories: Sequence[Advisory], waivers: Sequence[Waiver], today: date, say: Callable[[str], None]
) -> Iterator[str]:
    """Yield the failures: expired exceptions, and advisories without a valid one."""
    by_id: Mapping[str, Waiver] = {waiver.id: waiver for waiver in waivers}
    for waiver in waivers:
        if waiver.until < today:
            yield f"EXPIRED on {waiver.until}: {waiver.id} ({waiver.reason}); update the package or renew the exception"
    for advisory in advisories:
        waiver_of_it = next((by_id[each] for each in advisory.ids if each in by_id), None)
        if waiver_of_it is None:
            yield f"FOUND {advisory}"
        elif waiver_of_it.until >= today:
            say(f"excepted until {waiver_of_it.until}: {advisory} ({waiver_of_it.reason})")


def _json(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _unusable(tool: str, lock: str, printed: Printed) -> OperatorError:
    said = (printed.err or printed.out).strip().splitlines()
    return OperatorError(f"{tool} could not read {lock} (exit code {printed.code}): {said[-1][:300] if said else ''}")


def main(environment: Mapping[str, str]) -> int:
    """Run the audit; return the exit code."""
    today = datetime.now(UTC).date()
    try:
        waivers = read_waivers(EXCEPTIONS.read_text())
        return audit(waivers, today, run_tool, print, allow_offline=environment.get("ALLOW_OFFLINE") == "1")
    except OperatorError as problem:
        print(problem, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(os.environ))
