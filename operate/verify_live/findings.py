"""The findings as a dated table, without URLs, tokens, keys and the bucket's name."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

import requests
from botocore.exceptions import BotoCoreError, ClientError

from enhancer.domain.redaction import redact
from enhancer.errors import EnhancerError
from operate.installation import OperatorError

Decision = Literal["holds", "differs", "noted", "not tried"]
PROBLEMS = (requests.RequestException, BotoCoreError, ClientError, EnhancerError, OperatorError, ValueError)
"""Exceptions that a service can cause when it does not behave as expected."""

HEAD = """\
# Verified against the real services

Every test agrees with our own stand-ins; this table is what R2 and Replicate themselves answered. `make verify-live`
writes it anew; it needs accounts and costs about a cent. *holds*: as the code relies on; *differs*: it is not so, and
the code or the stand-in has to follow; *noted*: nothing relies on it.
"""


@dataclass(frozen=True)
class Finding:
    """One row of the table."""

    what: str
    expected: str
    seen: str
    verdict: Decision


class Findings:
    """The rows in the order of the checks; `tell` receives each at once."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.rows: list[Finding] = []
        self._tell = tell

    def expect(self, what: str, expected: object, look: Callable[[], object]) -> None:
        """Check a rule that the code relies on by calling `look`; an error of the service differs. See `compare`."""
        try:
            seen = look()
        except PROBLEMS as problem:
            self._add(what, expected, described(problem), "differs")
        else:
            self.compare(what, expected, seen)

    def compare(self, what: str, expected: object, seen: object) -> None:
        """Add a rule that the code relies on: `seen` must equal `expected`, or a member of it if it is a frozenset."""
        holds = seen in expected if isinstance(expected, frozenset) else seen == expected
        self._add(what, expected, seen, "holds" if holds else "differs")

    def note(self, what: str, seen: object) -> None:
        """Add a fact that nothing relies on."""
        self._add(what, "", seen, "noted")

    def skip(self, what: str, why: str) -> None:
        """Add a check that could not be made."""
        self._add(what, "", why, "not tried")

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Run a part of the checks; an error that makes the rest of it pointless ends it and differs."""
        try:
            yield
        except PROBLEMS as problem:
            self._add(f"{name}: the rest", "to go on", described(problem), "differs")

    @property
    def differing(self) -> int:
        """The number of rows that differ."""
        return sum(row.verdict == "differs" for row in self.rows)

    @property
    def holding(self) -> int:
        """The number of rows that hold."""
        return sum(row.verdict == "holds" for row in self.rows)

    def _add(self, what: str, expected: object, seen: object, verdict: Decision) -> None:
        row = Finding(what, _shown(expected), _shown(seen), verdict)
        self.rows.append(row)
        self._tell(f"{row.verdict:<9} {row.what}: {row.seen}")


def described(problem: BaseException) -> str:
    """Describe an error without its message where that may quote signed URLs or tokens, as libraries' messages do."""
    if isinstance(problem, ClientError):
        return f"{problem.response['Error']['Code']} ({problem.operation_name})"
    if isinstance(problem, EnhancerError | OperatorError):
        return f"{type(problem).__name__}: {problem}"
    return type(problem).__name__


def table(rows: Sequence[Finding], now: datetime) -> str:
    """Return the document with these rows."""
    counts = {verdict: sum(row.verdict == verdict for row in rows) for verdict in get_args(Decision)}
    summary = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    lines = [f"| {_cell(row.what)} | {_cell(row.expected)} | {_cell(row.seen)} | {row.verdict} |" for row in rows]
    heading = f"## {now:%Y-%m-%d %H:%M} UTC: {summary}"
    return "\n".join([HEAD, heading, "", "| What | Expected | Seen | |", "|---|---|---|---|", *lines, ""])


def _shown(value: object) -> str:
    """Return a value as text without URLs: a provider's message may quote a signed one."""
    if isinstance(value, frozenset):
        return " or ".join(sorted(map(_shown, value)))
    if value is None or isinstance(value, bool):
        return {None: "nothing", True: "yes", False: "no"}[value]
    return redact(str(value))


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").replace("<", "&lt;").split())[:300]
