"""A model of the stand-in: its versions, its inputs, the way it reads files, and the size of its results."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .downloads import is_data_url, read_data_url
from .problems import FieldError, InvalidInputError, InvalidVersionError

Size = tuple[int, int]
"""Width and height in pixels."""


class RunError(Exception):
    """The model fails; the message becomes the prediction's `error`."""


@dataclass(frozen=True)
class Field:
    """One input of a model; `kind` is a JSON Schema type, or `uri`."""

    name: str
    kind: str
    default: Any = None
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[Any, ...] = ()
    required: bool = False

    def error(self, value: Any) -> FieldError | None:
        """Return what is wrong with a value, in the provider's words, or None."""
        if not _is_kind(self.kind, value):
            kind = "string" if self.kind == "uri" else self.kind
            return self._error("invalid_type", f"Invalid type. Expected: {kind}, given: {_json_type(value)}")
        if self.kind == "uri":
            return self._error("format", wrong) if (wrong := _uri_error(value)) else None
        if self.choices and value not in self.choices:
            choices = ", ".join(json.dumps(choice) for choice in self.choices)
            return self._error("enum", f"{self.name} must be one of the following: {choices}")
        if self.minimum is not None and value < self.minimum:
            return self._error("number_gte", f"Must be greater than or equal to {self.minimum:g}")
        if self.maximum is not None and value > self.maximum:
            return self._error("number_lte", f"Must be less than or equal to {self.maximum:g}")
        return None

    def _error(self, kind: str, description: str) -> FieldError:
        return FieldError(kind, f"input.{self.name}", description)

    def as_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the input, as the provider's."""
        kind = {"type": "string", "format": "uri"} if self.kind == "uri" else {"type": self.kind}
        limits = {"default": self.default, "minimum": self.minimum, "maximum": self.maximum}
        known = {name: value for name, value in limits.items() if value is not None}
        return kind | known | ({"enum": list(self.choices)} if self.choices else {})


@dataclass(frozen=True)
class Version:
    """One version of a model, with its date at the provider, or the default where that is not known."""

    id: str
    created_at: str = "2022-01-01T00:00:00.000000Z"


@dataclass(frozen=True)
class Model:
    """One model: its name, its inputs, the way it reads files. A subclass computes the size of the result.

    `versions` holds the newest first; an official model hides its version. `orients` applies the EXIF orientation,
    `keeps_alpha` and `keeps_gray` keep these through the model; `unreadable` is the error its predictions end with on
    a file it cannot decode.
    """

    slug: str
    versions: tuple[Version, ...]
    official: bool
    fields: tuple[Field, ...]
    image_field: str
    unreadable: str
    orients: bool = False
    keeps_alpha: bool = False
    keeps_gray: bool = False

    def read_inputs(self, raw_input: Mapping[str, Any]) -> dict[str, Any]:
        """Check an `input` object and fill in the defaults; raises InvalidInputError naming every fault."""
        known = {field.name: field for field in self.fields}
        errors = [unexpected_field(name, "input") for name in raw_input if name not in known]
        inputs = {}
        for field in self.fields:
            if field.name not in raw_input:
                inputs[field.name] = field.default
                if field.required:
                    errors.append(missing_field(field.name, "input"))
                continue
            inputs[field.name] = raw_input[field.name]
            if error := field.error(raw_input[field.name]):
                errors.append(error)
        if errors:
            raise InvalidInputError(errors)
        return inputs

    def check(self, shape: tuple[int, ...]) -> None:
        """Raise RunError for an image (height, width, channels if any) that the model refuses."""

    def size(self, original: Size, inputs: Mapping[str, Any]) -> Size:
        """Return the size of the result for an original of this size; raises RunError where the model fails."""
        raise NotImplementedError

    def file_name(self, input_name: str, *, transparent: bool) -> str:  # noqa: ARG002 - for subclasses
        """Return the result's file name, whose extension selects the encoding."""
        return "output.png"

    def out_of_memory(self, input_name: str) -> str:  # noqa: ARG002 - for subclasses
        """Return the error of a run whose net gets no memory."""
        return "CUDA out of memory. Tried to allocate 2.00 GiB"

    def approximated(self, inputs: Mapping[str, Any]) -> str | None:  # noqa: ARG002 - for subclasses
        """Return the name of the model or option that this run approximates for lack of its weights, or None."""
        return self.slug

    def output_value(self, url: str) -> Any:
        """Return a prediction's `output` for the URL of its file."""
        return url

    def output_schema(self) -> dict[str, Any]:
        """Return the provider's schema of `output`."""
        return {"type": "string", "title": "Output", "format": "uri"}

    def as_json(self) -> dict[str, Any]:
        """Return the provider's model object."""
        owner, _, name = self.slug.partition("/")
        unknown = ("description", "github_url", "paper_url", "license_url", "cover_image_url", "default_example")
        return {
            "url": f"https://replicate.com/{self.slug}",
            "owner": owner,
            "name": name,
            "visibility": "public",
            **dict.fromkeys(unknown),
            "run_count": 0,
            "latest_version": self.version_as_json(self.versions[0]),
        }

    def version_as_json(self, version: Version) -> dict[str, Any]:
        """Return the provider's version object, with the two schemas that its clients read."""
        properties = {field.name: field.as_schema() for field in self.fields}
        required = [field.name for field in self.fields if field.required]
        schemas = {
            "Input": {"type": "object", "title": "Input", "required": required, "properties": properties},
            "Output": self.output_schema(),
        }
        return {
            "id": version.id,
            "created_at": version.created_at,
            "cog_version": "0.8.6",  # any from 0.3.9 on: older ones have another schema of lists
            "openapi_schema": {"openapi": "3.0.2", "components": {"schemas": schemas}},
        }


class Models:
    """The models of one stand-in."""

    def __init__(self, models: Sequence[Model]) -> None:
        self._by_slug = {model.slug: model for model in models}

    def find(self, slug: str) -> Model:
        """Return a model by `owner/name`; raises InvalidVersionError."""
        if slug not in self._by_slug:
            raise InvalidVersionError
        return self._by_slug[slug]

    def find_version(self, identifier: str) -> tuple[Model, str]:
        """Return the model and the version to report for `owner/name`, `owner/name:<64 hex>` or `<64 hex>`.

        Raises InvalidVersionError, also for a name alone of a model that is not official. An official one reports
        `hidden`, as the schema allows (api.replicate.com/openapi.json, copy of 2026-04-09).
        """
        slug, _, version = identifier.partition(":")
        if version:
            model = self.find(slug)
            if version not in [each.id for each in model.versions]:
                raise InvalidVersionError
            return model, version
        if "/" in identifier:
            model = self.find(identifier)
            if not model.official:
                raise InvalidVersionError
            return model, "hidden"
        for model in self._by_slug.values():
            if identifier in [each.id for each in model.versions]:
                return model, identifier
        raise InvalidVersionError


def unexpected_field(name: str, place: str) -> FieldError:
    """Return the error for an unexpected field; `place` is `input`, or empty for the body itself."""
    return FieldError("additional_property_not_allowed", place, f"Additional property {name} is not allowed")


def missing_field(name: str, place: str) -> FieldError:
    """Return the error for a missing field; `place` is `input`, or empty for the body itself."""
    return FieldError("required", place, f"{name} is required")


def resize_error() -> str:
    """Return OpenCV's error for a result without pixels (as recorded: tests/oracles/fixtures)."""
    return (
        "OpenCV(4.10.0) /io/opencv/modules/imgproc/src/resize.cpp:4155: error: (-215:Assertion failed) "
        "inv_scale_x > 0 in function 'resize'\n"
    )


def _is_kind(kind: str, value: Any) -> bool:
    match kind:
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case _:
            return isinstance(value, str)


def _json_type(value: Any) -> str:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return names.get(type(value), "null")


def _uri_error(value: str) -> str | None:
    if is_data_url(value):
        try:
            read_data_url(value)
        except ValueError as fault:
            return str(fault)
        return None
    return None if value.startswith(("http://", "https://")) else "Does not match format 'uri'"
