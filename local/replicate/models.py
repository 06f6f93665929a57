"""The three models the stand-in plays: their versions, inputs, sizes and quirks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .data_urls import is_data_url, read_data_url
from .problems import InvalidInputError, InvalidVersionError

REAL_ESRGAN_PIXEL_CAP = 1448 * 1448


@dataclass(frozen=True)
class Field:
    """One input of a model; `kind` is a JSON Schema type, or `uri`."""

    name: str
    kind: str
    default: Any = None
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()

    def fault(self, value: Any) -> str | None:
        """Say what is wrong with a value, or None."""
        if not _is_kind(self.kind, value):
            return f"Invalid type. Expected: {self.kind}, given: {_json_type(value)}"
        if self.kind == "uri":
            return _uri_fault(value)
        if self.choices and value not in self.choices:
            return "Must be one of the following: " + ", ".join(f'"{choice}"' for choice in self.choices)
        if self.minimum is not None and value < self.minimum:
            return f"Must be greater than or equal to {self.minimum:g}"
        if self.maximum is not None and value > self.maximum:
            return f"Must be less than or equal to {self.maximum:g}"
        return None


@dataclass(frozen=True)
class Model:
    """One model: what it is called, what it takes, and how its published source behaves.

    `versions` holds the newest known first; an official model hides its version. `orients` and `keeps_alpha`
    say how it reads a file; `unreadable` is the error its predictions end with on a file it cannot decode.
    """

    slug: str
    versions: tuple[str, ...]
    official: bool
    fields: tuple[Field, ...]
    image_field: str
    scale_field: str
    orients: bool
    keeps_alpha: bool
    pixel_cap: int | None
    unreadable: str

    def settle(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Check an `input` object and fill in the defaults; raises InvalidInputError naming every fault."""
        known = {field.name: field for field in self.fields}
        faults = [f"- input: Additional property {name} is not allowed" for name in given if name not in known]
        settled = {}
        for field in self.fields:
            if field.name not in given:
                settled[field.name] = field.default
                if field.name == self.image_field:
                    faults.append(f"- input: {field.name} is required")
                continue
            settled[field.name] = given[field.name]
            if fault := field.fault(given[field.name]):
                faults.append(f"- input.{field.name}: {fault}")
        if faults:
            raise InvalidInputError("\n".join(faults))
        return settled

    def approximates(self, inputs: Mapping[str, Any]) -> str | None:
        """Name what has no local weights in this run, or None if the model itself is here."""
        if self is not REAL_ESRGAN:
            return self.slug
        return f"face_enhance of {self.slug}" if inputs["face_enhance"] else None


# Fields, ranges and behaviour: github.com/replicate/cog-real-esrgan predict.py (commit 6cbd5e6, 2024-07-25).
# Versions of all three: only such as are on a replicate.com page or in two clients, read 2026-11-22.
REAL_ESRGAN = Model(
    slug="nightmareai/real-esrgan",
    versions=(
        "42fed1c4974146d4d2414e2be2c5277c7fcf05fcc3a73abf41610695738c1d7b",
        "f121d640bd286e1fdc67f9799164c1d5be36ff74576ee11c803ae5b665dd46aa",
        "f0992969a94014d73864d08e6d9a39286868328e4263d9ce2da6fc4049d01a1a",
        "b0bb4c529bb749ac98145e70f42f88d36598e89310beeeba4ee00e14238d1b4d",
        "350d32041630ffbe63c8352783a26d94126809164e54085352f8326e53999085",
        "a462d24b148ac8503a4519090095bd5d3e519eb49d9ab65f389ff2f025bb9700",
    ),
    official=True,
    fields=(
        Field("image", "uri"),
        Field("scale", "number", default=4, minimum=0, maximum=10),
        Field("face_enhance", "boolean", default=False),
    ),
    image_field="image",
    scale_field="scale",
    orients=False,
    keeps_alpha=True,
    pixel_cap=REAL_ESRGAN_PIXEL_CAP,
    unreadable="'NoneType' object has no attribute 'shape'",
)

# github.com/replicate/GFPGAN cog_predict.py (commit c1400d5, 2024-03-13). It swallows its own exceptions, so
# every fault ends as the unset variable.
GFPGAN = Model(
    slug="tencentarc/gfpgan",
    versions=(
        "0fbacf7afc6c144e5be9767cff80f25aff23e52b0708f17e20f9879b2f21516c",
        "9283608cc6b7be6b65a8e44983db012355fde4132009bf99d976b2f0896856a3",
        "1b5fdc787a394510ca56c669481837163cd66550f84b378f8b3537d64f1dc25c",
    ),
    official=False,
    fields=(
        Field("img", "uri"),
        Field("version", "string", default="v1.4", choices=("v1.2", "v1.3", "v1.4", "RestoreFormer")),
        Field("scale", "number", default=2),
    ),
    image_field="img",
    scale_field="scale",
    orients=False,
    keeps_alpha=True,
    pixel_cap=None,
    unreadable="local variable 'out_path' referenced before assignment",
)

# github.com/sczhou/CodeFormer web-demos/replicate/predict.py (commit b33cc7d, 2025-11-18).
CODEFORMER = Model(
    slug="sczhou/codeformer",
    versions=(
        "cc4956dd26fa5a7185d5660cc9100fab1b8070a1d1654a8bb5eb6d443b020bb2",
        "7de2ea26c616d5bf2245ad0d5e24f0ff9a6204578a5c876db53142edd9d2cd56",
    ),
    official=False,
    fields=(
        Field("image", "uri"),
        Field("codeformer_fidelity", "number", default=0.5, minimum=0, maximum=1),
        Field("background_enhance", "boolean", default=True),
        Field("face_upsample", "boolean", default=True),
        Field("upscale", "integer", default=2),
    ),
    image_field="image",
    scale_field="upscale",
    orients=True,
    keeps_alpha=False,
    pixel_cap=None,
    unreadable="'>' not supported between instances of 'NoneType' and 'int'",
)

MODELS = {model.slug: model for model in (REAL_ESRGAN, GFPGAN, CODEFORMER)}


def find_model(slug: str) -> Model:
    """Return a model by `owner/name`; raises InvalidVersionError."""
    if slug not in MODELS:
        raise InvalidVersionError
    return MODELS[slug]


def find_version(identifier: str) -> tuple[Model, str]:
    """Return the model and the version to report for `owner/name`, `owner/name:<64 hex>` or `<64 hex>`.

    Raises InvalidVersionError. An official model that is called by its name alone reports `hidden`, as the schema
    allows (api.replicate.com/openapi.json, copy of 2026-04-09).
    """
    slug, _, version = identifier.partition(":")
    if version:
        model = find_model(slug)
        if version not in model.versions:
            raise InvalidVersionError
        return model, version
    if "/" in identifier:
        model = find_model(identifier)
        return model, "hidden" if model.official else model.versions[0]
    for model in MODELS.values():
        if identifier in model.versions:
            return model, identifier
    raise InvalidVersionError


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


def _uri_fault(value: str) -> str | None:
    if is_data_url(value):
        try:
            read_data_url(value)
        except ValueError as fault:
            return str(fault)
        return None
    return None if value.startswith(("http://", "https://")) else "Does not match format 'uri'"
