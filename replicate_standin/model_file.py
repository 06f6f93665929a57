"""Further models, from the file that `STANDIN_MODELS` names: a JSON list with an object for each.

    {"slug": "zsxkib/diffbir", "versions": ["51ed1464…"], "image_field": "input", "output": [0],
     "input": {"required": ["input"], "properties": {"input": {"type": "string", "format": "uri"}, …}},
     "factor": {"field": "super_resolution_factor"}}

`versions` has the newest first. `input` is the provider's schema of the model's input, with its enumerations inline.
`output` is the path to the URL in the output: `[]` if the output is the URL itself, `[0]` (or `[-1]`) in a list of
one, `["SR_output"]` in an object, `["images", 0]` in a list in an object.
`factor` is the factor by which each side grows: `{"field": f}` the value of that field, `{"field": f, "times": {"2x":
2, …}}` the number for its value, `{"times": 4}` a constant; the default is 1. `file_name` is the result's, by default
`output.png`; its extension selects the encoding.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from .images import WRITABLE
from .models import Field, Model, RunError, Size, Version


class ModelFileError(Exception):
    """The file is not a list of models; the message names the place and the rule."""


_NUMBER = {"type": "number", "exclusiveMinimum": 0}
_MODEL = {
    "type": "object",
    "required": ["slug", "versions", "input", "image_field", "output"],
    "additionalProperties": False,
    "properties": {
        "slug": {"type": "string", "pattern": "^[a-z0-9._-]+/[a-z0-9._-]+$"},
        "versions": {"type": "array", "minItems": 1, "items": {"type": "string", "pattern": "^[0-9a-f]{64}$"}},
        "input": {
            "type": "object",
            "required": ["properties"],
            "properties": {
                "required": {"type": "array", "items": {"type": "string"}},
                "properties": {
                    "type": "object",
                    "additionalProperties": {
                        "type": "object",
                        "required": ["type"],
                        "properties": {"type": {"enum": ["string", "integer", "number", "boolean"]}},
                    },
                },
            },
        },
        "image_field": {"type": "string"},
        "output": {"type": "array", "items": {"anyOf": [{"enum": [0, -1]}, {"type": "string"}]}},
        "factor": {
            "type": "object",
            "additionalProperties": False,
            "minProperties": 1,
            "properties": {
                "field": {"type": "string"},
                "times": {"anyOf": [_NUMBER, {"type": "object", "additionalProperties": _NUMBER}]},
            },
        },
        "file_name": {"type": "string", "pattern": f"^[A-Za-z0-9._-]+({'|'.join(WRITABLE).replace('.', '[.]')})$"},
    },
}
_MODELS = Draft202012Validator({"type": "array", "items": _MODEL})


@dataclass(frozen=True)
class FileModel(Model):
    """A model of the file: its sizes follow from the file, and its images are always approximations."""

    output: Sequence[int | str] = ()
    factor: Mapping[str, Any] = field(default_factory=lambda: {"times": 1})
    name: str = "output.png"

    def size(self, original: Size, inputs: Mapping[str, Any]) -> Size:
        """Return the factor times each side, rounded down; raises RunError if no pixel is left."""
        times = self.factor.get("times")
        if "field" in self.factor:
            value = inputs[self.factor["field"]]
            times = times.get(str(value), 1) if times else value
        width, height = (int(side * (times or 0)) for side in original)
        if width < 1 or height < 1:
            raise RunError(f"A factor of {times} leaves nothing of {original[0]}x{original[1]} pixels")
        return width, height

    def file_name(self, input_name: str, *, transparent: bool) -> str:  # noqa: ARG002 - the model's shape
        """Return the name in the file."""
        return self.name

    def output_value(self, url: str) -> Any:
        """Return an output with the URL at the path in the file."""
        value: Any = url
        for step in reversed(self.output):
            value = {step: value} if isinstance(step, str) else [value]
        return value

    def output_schema(self) -> dict[str, Any]:
        """Return the provider's schema of `output`."""
        schema = super().output_schema()
        for step in reversed(self.output):
            if isinstance(step, str):
                schema = {"type": "object", "properties": {step: schema}}
            else:
                schema = {"type": "array", "items": schema}
        return schema | {"title": "Output"}


def read_models(path: Path) -> tuple[Model, ...]:
    """Return the models of a file; raises ModelFileError if it has anything else."""
    try:
        entries = json.loads(path.read_text())
    except OSError as fault:
        raise ModelFileError(f"{path} cannot be read: {fault.strerror}") from None
    except ValueError as fault:
        raise ModelFileError(f"{path} is not JSON: {fault}") from None
    wrong = best_match(_MODELS.iter_errors(entries))
    if wrong is not None:
        raise ModelFileError(f"{path}: {wrong.json_path.replace('$', 'models', 1)}: {wrong.message[:300]}")
    return tuple(_model(each) for each in entries)


def _model(entry: Mapping[str, Any]) -> FileModel:
    required, properties = entry["input"].get("required", ()), entry["input"]["properties"]
    for place in ("image_field", "factor"):
        name = entry.get(place) if place == "image_field" else entry.get("factor", {}).get("field")
        if name is not None and name not in properties:
            raise ModelFileError(f"{entry['slug']}: {place} names {name!r}, which its input does not have")
    suffix = PurePosixPath(entry["slug"]).name
    return FileModel(
        slug=entry["slug"],
        versions=tuple(Version(each) for each in entry["versions"]),
        official=False,
        fields=tuple(_field(name, each, name in required) for name, each in properties.items()),
        image_field=entry["image_field"],
        unreadable=f"cannot identify image file '/tmp/{suffix}'",
        **{ours: entry[theirs] for theirs, ours in _OPTIONAL.items() if theirs in entry},
    )


_OPTIONAL = {"output": "output", "factor": "factor", "file_name": "name"}


def _field(name: str, entry: Mapping[str, Any], required: bool) -> Field:
    return Field(
        name,
        "uri" if entry.get("format") == "uri" else entry["type"],
        default=entry.get("default"),
        minimum=entry.get("minimum"),
        maximum=entry.get("maximum"),
        choices=tuple(entry.get("enum", ())),
        required=required,
    )
