"""template.yaml: reading it, and checking values of its parameters as CloudFormation does."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

Template = dict[str, Any]
Declared = Mapping[str, Any]
"""The declaration of one parameter."""


def read_template(path: Path) -> Template:
    """Parse a SAM template, intrinsic functions in their long form."""
    template: Template = yaml_parse(path.read_text())
    return template


def refusal(declared: Declared, value: str) -> str | None:
    """Return why a parameter's declaration refuses a value, in words that follow "it is …;", or None.

    CloudFormation takes a fraction for a Number; none of ours can be one, and the functions refuse it when they start.
    """
    if "AllowedValues" in declared and value not in map(str, declared["AllowedValues"]):
        return f"it must be one of {', '.join(map(str, declared['AllowedValues']))}"
    if "AllowedPattern" in declared and not re.fullmatch(declared["AllowedPattern"], value, re.ASCII):
        return f"it must match {declared['AllowedPattern']}"
    if declared["Type"] == "Number":
        low, high = declared.get("MinValue"), declared.get("MaxValue")
        if not re.fullmatch(r"-?\d+", value, re.ASCII):
            return f"it must be a whole number{_bounds(low, high)}"
        if (low is not None and int(value) < low) or (high is not None and int(value) > high):
            return f"it must be a whole number{_bounds(low, high)}"
    return None


def _bounds(low: int | None, high: int | None) -> str:
    if low is None and high is None:
        return ""
    if high is None:
        return f", {low} or more"
    return f", {high} or less" if low is None else f" from {low} to {high}"
