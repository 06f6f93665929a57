"""Reads the document of `PUT /_control`: all of it is accepted or none.

{"faults": [{"fault": "webhook-delayed", "seconds": 5, "times": 1, "job": "p…", "share": 0.05, "seed": 7}]}
"""

import re
from collections.abc import Mapping
from typing import Any

from ..problems import UnprocessableError
from .active import ActiveFault
from .base import Fault, Parameter
from .table import FAULTS

FAULTS_MAX = 100
# Parameters of every fault and their defaults; the default of `times` is the fault's own.
COMMON = {
    "times": Parameter("times", 1, 1, 1_000_000, None),
    "job": Parameter("job", "", None, None, r"[A-Za-z0-9_-]{1,64}"),
    "share": Parameter("share", 1.0, 0, 1, None),
    "seed": Parameter("seed", 0, 0, 2**63 - 1, None),
}
_NULLABLE = ("times", "job")


def read_document(body: Any) -> list[ActiveFault]:
    """Return the faults that a document sets; raises UnprocessableError, which names every mistake."""
    if not isinstance(body, dict) or set(body) != {"faults"} or not isinstance(body["faults"], list):
        raise UnprocessableError('The body must be a JSON object {"faults": […]} with nothing beside it.')
    if len(body["faults"]) > FAULTS_MAX:
        raise UnprocessableError(f"- faults: {len(body['faults'])} are set; {FAULTS_MAX} at most")
    wrong = [line for number, entry in enumerate(body["faults"]) for line in _wrong(f"faults[{number}]", entry)]
    if wrong:
        raise UnprocessableError("\n".join(wrong))
    return [_active_fault(entry) for entry in body["faults"]]


def _wrong(place: str, entry: Any) -> list[str]:
    if not isinstance(entry, dict):
        return [f"- {place}: must be an object"]
    kind = _kind(entry)
    if kind is None:
        return [f"- {place}.fault: {entry.get('fault')!r} is not a fault; there are {', '.join(FAULTS)}"]
    allowed = kind.parameters() | COMMON
    wrong = []
    for name, value in entry.items():
        if name not in allowed and name != "fault":
            wrong.append(f"- {place}.{name}: {kind.name} takes no such parameter; it takes {', '.join(allowed)}")
        elif name in allowed and (fault := _value(allowed[name], value)):
            wrong.append(f"- {place}.{name}: {fault}")
    return wrong


def _kind(entry: Mapping[str, Any]) -> type[Fault] | None:
    name = entry.get("fault")
    return FAULTS.get(name) if isinstance(name, str) else None


def _value(known: Parameter, value: Any) -> str | None:
    """Return what is wrong with a value, or None."""
    if value is None and known.name in _NULLABLE:
        return None
    expected = type(known.default)
    fits = type(value) is expected or (expected is float and type(value) is int)
    if not fits:
        names = {bool: "true or false", int: "a whole number", float: "a number", str: "a string"}
        return f"must be {names[expected]}"
    if known.pattern is not None and not re.fullmatch(known.pattern, value, re.DOTALL):
        return f"must match {known.pattern}"
    too_small = known.minimum is not None and not value >= known.minimum
    too_large = known.maximum is not None and not value <= known.maximum
    return f"must be from {known.minimum:g} to {known.maximum:g}" if too_small or too_large else None


def _active_fault(entry: Mapping[str, Any]) -> ActiveFault:
    kind = FAULTS[entry["fault"]]
    fault = kind(**{name: entry[name] for name in kind.parameters() if name in entry})
    return ActiveFault(
        fault,
        times=entry.get("times", kind.times),
        job=entry.get("job"),
        share=float(entry.get("share", 1.0)),
        seed=entry.get("seed", 0),
    )
