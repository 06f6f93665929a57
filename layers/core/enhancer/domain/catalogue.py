"""The enhancement models on offer: what each is for, which parameters it takes, what it can bear.

Inputs are the models' own `predict` signatures (replicate/cog-real-esrgan, replicate/GFPGAN,
sczhou/CodeFormer), read 2026-11-22. Versions are settings, never written here.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["integer", "number", "boolean", "choice"]
Goal = Literal["enlarge", "faces", "cleanup"]


class InvalidParameter(ValueError):
    """A parameter that the model does not take, or a value outside its range.

    `template` is a sentence that names `details` and the parameter, as `field`, in braces.
    """

    def __init__(self, name: str, template: str, **details: Any) -> None:
        super().__init__(name)
        self.name = name
        self.template = template
        self.details = details


@dataclass(frozen=True, slots=True)
class Parameter:
    """One thing a person may choose. `field` is the model's input, empty where it is ours; bounds are inclusive."""

    name: str
    field: str
    kind: Kind
    default: bool | float | str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()

    def parse(self, value: Any) -> bool | float | str:
        """The value as the model takes it, from JSON or from a form's text; raises InvalidParameter."""
        try:
            return self._parse(value)
        except (ValueError, TypeError, OverflowError):
            raise self._invalid(repr(value)[:40]) from None

    def _invalid(self, actual: str) -> InvalidParameter:
        if self.kind == "choice":
            return InvalidParameter(
                self.name,
                "{field} is {actual}; it must be one of {allowed}.",
                actual=actual,
                allowed=list(self.choices),
            )
        if self.kind == "boolean":
            return InvalidParameter(self.name, "{field} is {actual}; it must be true or false.", actual=actual)
        whole = "{field} is {actual}; it must be a whole number from {minimum} to {maximum}."
        decimal = "{field} is {actual}; it must be a number from {minimum} to {maximum}."
        template = whole if self.kind == "integer" else decimal
        return InvalidParameter(self.name, template, actual=actual, minimum=self.minimum, maximum=self.maximum)

    def _parse(self, value: Any) -> bool | float | str:
        if self.kind == "choice":
            if value not in self.choices:
                raise ValueError
            return str(value)
        if self.kind == "boolean":
            return {True: True, False: False, "true": True, "false": False}[value] if _is_flag(value) else _refuse()
        if isinstance(value, bool):
            raise TypeError
        number = float(value)
        if not (self.minimum or 0) <= number <= (self.maximum or 0) or (
            self.kind == "integer" and number != int(number)
        ):
            raise ValueError  # also for NaN, which compares as false
        return int(number) if number == int(number) else number


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool) or value in ("true", "false")


def _refuse() -> bool:
    raise ValueError


MAX_SCALE = 4
OUTPUT_FORMAT = Parameter("outputFormat", "", "choice", "png", choices=("png", "webp", "jpeg"))
OUTPUT_QUALITY = Parameter("outputQuality", "", "integer", 90, 1, 100)


def _scale(default: int) -> Parameter:
    """How many times the original's sides the result has."""
    return Parameter("scale", "", "number", default, 1, MAX_SCALE)


@dataclass(frozen=True, slots=True)
class Preset:
    """A goal that a person has, and the parameters with which a model serves it."""

    goal: Goal
    params: Mapping[str, bool | float | str]


@dataclass(frozen=True, slots=True)
class EnhancementModel:
    """A model at the provider.

    `presets` are the goals it serves, its main one first. `max_pixels` is the largest input it gets; larger pictures
    are reduced to it. `scale` is what it is offered with, `scale_field` and `scales` the input for it and the factors
    that it is run at; what is between them is reduced from the next one up. `image_field` is the input that holds the
    picture's URL, `usual_seconds` what a warm run takes.
    """

    slug: str
    name: str
    presets: tuple[Preset, ...]
    image_field: str
    scale_field: str
    scales: tuple[int, ...]
    scale: Parameter
    options: tuple[Parameter, ...]
    max_pixels: int
    licence: str
    usual_seconds: int

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """All that a person may choose: what the model takes, then what we do with its result."""
        return (self.scale, *self.options, OUTPUT_FORMAT, OUTPUT_QUALITY)

    def parse(self, raw: Mapping[str, Any]) -> dict[str, bool | float | str]:
        """Complete parameters by name, defaults filled in; raises InvalidParameter."""
        known = {parameter.name: parameter for parameter in self.parameters}
        for name in raw:
            if name not in known:
                raise InvalidParameter(
                    name[:40],
                    "{model} has no parameter {field}; it takes {allowed}.",
                    model=self.slug,
                    allowed=list(known),
                )
        return {name: parameter.parse(raw.get(name, parameter.default)) for name, parameter in known.items()}

    def inputs(self, params: Mapping[str, Any], image_url: str, enlargement: float) -> dict[str, Any]:
        """The body's `input` for the provider.

        From parsed parameters, the picture's URL and how many times its sides the result needs.
        """
        scale = next((scale for scale in self.scales if scale >= enlargement), self.scales[-1])
        options = {option.field: params[option.name] for option in self.options}
        return {self.image_field: image_url, self.scale_field: scale, **options}


# Real-ESRGAN's own check: height * width > 1448 * 1448 fails the run. The face models have none; they get the same, so
# that a result can't outgrow what completion can hold.
MAX_MODEL_PIXELS = 2_096_704

MODELS = {
    model.slug: model
    for model in (
        EnhancementModel(
            slug="nightmareai/real-esrgan",
            name="Real-ESRGAN",
            presets=(Preset("enlarge", {}), Preset("cleanup", {"scale": 1})),
            image_field="image",
            scale_field="scale",
            scales=(4,),  # the net's own; others are this one, resized by the model with less care than by us
            scale=_scale(4),
            options=(Parameter("faceEnhance", "face_enhance", "boolean", default=False),),
            max_pixels=MAX_MODEL_PIXELS,
            licence="BSD-3-Clause",
            usual_seconds=12,
        ),
        EnhancementModel(
            slug="tencentarc/gfpgan",
            name="GFPGAN",
            presets=(Preset("faces", {}),),
            image_field="img",
            scale_field="scale",
            scales=(2, 3, 4),
            scale=_scale(2),
            options=(Parameter("version", "version", "choice", "v1.4", choices=("v1.2", "v1.3", "v1.4")),),
            max_pixels=MAX_MODEL_PIXELS,
            licence="Apache-2.0, parts of it non-commercial",  # StyleGAN2 and DFDNet, see docs/security.md
            usual_seconds=10,
        ),
        EnhancementModel(
            slug="sczhou/codeformer",
            name="CodeFormer",
            presets=(Preset("faces", {}),),
            image_field="image",
            scale_field="upscale",
            scales=(2, 3, 4),
            scale=_scale(2),
            options=(
                Parameter("fidelity", "codeformer_fidelity", "number", 0.5, 0, 1),
                Parameter("backgroundEnhance", "background_enhance", "boolean", default=True),
                Parameter("faceUpsample", "face_upsample", "boolean", default=True),
            ),
            max_pixels=MAX_MODEL_PIXELS,
            licence="S-Lab License 1.0 (non-commercial)",
            usual_seconds=15,
        ),
    )
}

_ENTRY = re.compile(r"(?P<slug>[a-z0-9._-]+/[a-z0-9._-]+)(?::(?P<version>[0-9a-f]{64}))?")


@dataclass(frozen=True, slots=True)
class Offer:
    """A model that the operator allows, and the version to ask for: `owner/name` or `owner/name:hash`."""

    model: EnhancementModel
    version: str


def offers(allowed: Sequence[str]) -> dict[str, Offer]:
    """The operator's allowlist by slug; raises ValueError for an entry that is malformed or unknown."""
    result = {}
    for entry in allowed:
        match = _ENTRY.fullmatch(entry)
        if match is None or match["slug"] not in MODELS:
            raise ValueError(
                f"{entry!r} is not owner/name or owner/name:<64 hex digits> of a known model ({', '.join(MODELS)})"
            )
        result[match["slug"]] = Offer(MODELS[match["slug"]], entry)
    return result
