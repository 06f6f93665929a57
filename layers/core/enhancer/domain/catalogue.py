"""Enhancement models: their goals, parameters, result sizes, limits, price and licence.

Each model is a file of data, `models/<owner>--<name>.json`; `models/schema.json` describes its fields. This module
reads such documents.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from enhancer.domain.messages import Message

Kind = Literal["integer", "number", "boolean", "choice"]
Goal = Literal["enlarge", "faces", "cleanup"]


class InvalidParameter(ValueError):
    """A parameter that the model does not take, or a value outside its range.

    The text of `message` names `details` and the parameter, as `field`, in braces.
    """

    def __init__(self, name: str, message: Message, **details: Any) -> None:
        super().__init__(name)
        self.name = name
        self.message = message
        self.details = details


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a job. `field` is the model's input, empty for our own parameters; bounds are inclusive."""

    name: str
    field: str
    kind: Kind
    default: bool | float | str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()

    def parse(self, value: Any) -> bool | float | str:
        """Return a value from JSON or a form's text as the model takes it. Raises InvalidParameter."""
        try:
            return self._parse(value)
        except (ValueError, TypeError, OverflowError):
            raise self._invalid(repr(value)[:40]) from None

    def _invalid(self, actual: str) -> InvalidParameter:
        if self.kind == "choice":
            return InvalidParameter(
                self.name,
                Message.NOT_A_CHOICE,
                actual=actual,
                allowed=list(self.choices),
            )
        if self.kind == "boolean":
            return InvalidParameter(self.name, Message.NOT_A_BOOLEAN, actual=actual)
        whole = Message.NOT_A_WHOLE_NUMBER_IN_RANGE
        decimal = Message.NOT_A_NUMBER_IN_RANGE
        message = whole if self.kind == "integer" else decimal
        return InvalidParameter(self.name, message, actual=actual, minimum=self.minimum, maximum=self.maximum)

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
            raise ValueError  # also for NaN, whose comparisons are false
        return int(number) if number == int(number) else number


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool) or value in ("true", "false")


def _refuse() -> bool:
    raise ValueError


OUTPUT_FORMAT = Parameter("outputFormat", "", "choice", "png", choices=("png", "webp", "jpeg"))
OUTPUT_QUALITY = Parameter("outputQuality", "", "integer", 90, 1, 100)

Size = tuple[int, int]  # width and height in pixels


@dataclass(frozen=True, slots=True)
class Preset:
    """A goal of users, and the parameters with which a model serves it."""

    goal: Goal
    params: Mapping[str, bool | float | str]


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence by name, and whether results may be used commercially under it without further consent."""

    name: str
    commercial: bool


@dataclass(frozen=True, slots=True)
class Factor:
    """A value of the model's scale field (None if it has none), and by how much it multiplies the input's sides."""

    value: float | str | None
    times: float


@dataclass(frozen=True, slots=True)
class FirstEnlarged:
    """Inputs that a model enlarges itself before it runs: those whose `side` is below so many pixels.

    They are enlarged by `times`, or until that side has `below` pixels if `times` is None.
    """

    side: Literal["height", "shorter"]
    below: int
    times: int | None = None

    def apply(self, size: Size) -> Size:
        """Return the size in pixels that the model works on."""
        side = size[1] if self.side == "height" else min(size)
        if side >= self.below:
            return size
        if self.times is not None:
            return size[0] * self.times, size[1] * self.times
        # OpenCV's resize by a factor rounds halves to even, as Python does.
        return round(size[0] * (self.below / side)), round(size[1] * (self.below / side))


@dataclass(frozen=True, slots=True)
class EnhancementModel:
    """A model at the provider.

    `version` are the 64 hex digits that are requested. `presets` are the goals that it serves, its main one first.
    `image_field` is the input that holds the image's URL; `scale_field` the input for the factor, None if the
    model has only one. `factors` are in ascending order of `times`. `constants` are inputs that are always sent.
    `output_path` leads to the image's URL in the output: empty if the output is the URL, else indexes of lists
    and names of members. `max_pixels` is the largest input in pixels; larger images are reduced to it. `price_usd` is
    the price of one run, `usual_seconds` the duration of a warm one.
    `option_licences` are licences of other models that an option, by name, uses.
    """

    slug: str
    name: str
    version: str
    presets: tuple[Preset, ...]
    image_field: str
    scale_field: str | None
    factors: tuple[Factor, ...]
    first_enlarged: FirstEnlarged | None
    scale: Parameter
    options: tuple[Parameter, ...]
    constants: Mapping[str, Any]
    output_path: tuple[int | str, ...]
    max_pixels: int
    price_usd: float
    licence: Licence
    option_licences: Mapping[str, Licence]
    usual_seconds: int

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """All parameters of a job: the model's, then those of our own processing of its result."""
        return (self.scale, *self.options, OUTPUT_FORMAT, OUTPUT_QUALITY)

    @property
    def largest_factor(self) -> float:
        """The largest scale: how many times its input's sides a result may have."""
        return self.scale.maximum or 1

    def parse(self, raw: Mapping[str, Any]) -> dict[str, bool | float | str]:
        """Return complete parameters by name, with defaults. Raises InvalidParameter."""
        known = {parameter.name: parameter for parameter in self.parameters}
        for name in raw:
            if name not in known:
                raise InvalidParameter(
                    name[:40],
                    Message.PARAMETER_UNKNOWN,
                    model=self.slug,
                    allowed=list(known),
                )
        return {name: parameter.parse(raw.get(name, parameter.default)) for name, parameter in known.items()}

    def output_size(self, size: Size, factor: Factor) -> Size:
        """Return the output's size for an input's size; the published predictor cuts off fractions of pixels."""
        width, height = self.first_enlarged.apply(size) if self.first_enlarged else size
        return int(width * factor.times), int(height * factor.times)

    def factor_for(self, size: Size, target: Size, max_pixels: int) -> Factor | None:
        """Return the smallest factor whose output covers `target`, else the largest within `max_pixels`, or None."""
        best = None
        for factor in self.factors:
            width, height = self.output_size(size, factor)
            if width * height <= max_pixels:
                best = factor
                if width >= target[0] and height >= target[1]:
                    break
        return best

    def inputs(self, params: Mapping[str, Any], image_url: str, factor: Factor) -> dict[str, Any]:
        """Return the run's `input` for the provider, from parsed parameters."""
        scale = {self.scale_field: factor.value} if self.scale_field else {}
        options = {option.field: params[option.name] for option in self.options}
        return {**self.constants, self.image_field: image_url, **scale, **options}


def read_model(document: Mapping[str, Any]) -> EnhancementModel:
    """Read a model from its file's document (`models/schema.json`). Raises KeyError, TypeError, ValueError."""
    scale = document["scale"]
    first = document.get("firstEnlarged")
    options = document.get("options", [])
    return EnhancementModel(
        slug=document["slug"],
        name=document["name"],
        version=document["version"],
        presets=tuple(Preset(each["goal"], each.get("params", {})) for each in document["goals"]),
        image_field=document["image"],
        scale_field=scale.get("field"),
        factors=tuple(Factor(each.get("value"), each["times"]) for each in scale["factors"]),
        first_enlarged=FirstEnlarged(first["side"], first["below"], first.get("times")) if first else None,
        scale=Parameter("scale", "", "number", scale["default"], 1, scale["maximum"]),
        options=tuple(
            Parameter(
                each["name"],
                each["field"],
                each["kind"],
                each["default"],
                each.get("minimum"),
                each.get("maximum"),
                tuple(each.get("choices", ())),
            )
            for each in options
        ),
        constants=document.get("constants", {}),
        output_path=tuple(document["output"]),
        max_pixels=document["maxPixels"],
        price_usd=document["priceUsd"],
        licence=_licence(document["licence"]),
        option_licences={each["name"]: _licence(each["licence"]) for each in options if "licence" in each},
        usual_seconds=document["usualSeconds"],
    )


def _licence(document: Mapping[str, Any]) -> Licence:
    return Licence(document["name"], document["commercial"])


_ENTRY = re.compile(r"(?P<slug>[a-z0-9._-]+/[a-z0-9._-]+)(?::(?P<version>[0-9a-f]{64}))?")


@dataclass(frozen=True, slots=True)
class AllowedModel:
    """A model that the operator allows, and the version to request: `owner/name:version`."""

    model: EnhancementModel
    version: str


def allowed_models(allowed: Sequence[str], models: Mapping[str, EnhancementModel]) -> dict[str, AllowedModel]:
    """Read the operator's allowlist, by slug.

    An entry is `owner/name`, for the model file's version, or `owner/name:version`. Raises ValueError for an entry that
    is malformed or has no model file.
    """
    result = {}
    for entry in allowed:
        match = _ENTRY.fullmatch(entry)
        if match is None or match["slug"] not in models:
            raise ValueError(
                f"{entry!r} is not owner/name or owner/name:<64 hex digits> of a known model ({', '.join(models)})"
            )
        model = models[match["slug"]]
        result[model.slug] = AllowedModel(model, f"{model.slug}:{match['version'] or model.version}")
    return result
