"""`make check-models`: check each model file against the schema, and against rules that a schema can't express."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from enhancer.adapters.model_files import SCHEMA, files
from enhancer.domain.catalogue import EnhancementModel, InvalidParameter, read_model
from enhancer.domain.sizing import MAX_OUTPUT_PIXELS
from enhancer.http.translations import render


def faults(path: Path) -> list[str]:
    """Return the faults of a model file, one sentence each; empty if it is valid."""
    try:
        document: Any = json.loads(path.read_text())
    except ValueError as problem:
        return [f"it is not JSON: {problem}"]
    validator = Draft202012Validator(json.loads(SCHEMA.read_text()))
    shape = sorted(validator.iter_errors(document), key=lambda error: list(map(str, error.absolute_path)))
    if shape:
        return [f"{error.json_path}: {error.message}" for error in shape]
    return list(_beyond_the_schema(path, document, read_model(document)))


def _beyond_the_schema(path: Path, document: dict[str, Any], model: EnhancementModel) -> Iterator[str]:
    if path.stem != model.slug.replace("/", "--"):
        yield f"it describes {model.slug}, so its name must be {model.slug.replace('/', '--')}.json"
    if bool(model.scale_field) != all("value" in each for each in document["scale"]["factors"]):
        yield "scale.field and the `value` of each factor belong together: give both or neither"
    yield from _scale(model)
    yield from _parameters(model)


def _scale(model: EnhancementModel) -> Iterator[str]:
    times = [factor.times for factor in model.factors]
    if times != sorted(set(times)):
        yield f"scale.factors must ascend by `times`, but are {times}"
    if not model.scale_field and len(times) > 1:
        yield "without scale.field there is one factor"
    if not 1 <= float(model.scale.default) <= model.largest_factor:
        yield f"scale.default is {model.scale.default}; it must be from 1 to scale.maximum, {model.largest_factor:g}"
    if model.largest_factor > times[-1]:
        yield f"scale.maximum is {model.largest_factor:g}, but the model returns at most {times[-1]:g} times"
    if model.max_pixels * times[0] ** 2 > MAX_OUTPUT_PIXELS:
        fitting = int(MAX_OUTPUT_PIXELS / times[0] ** 2)
        yield f"an output may have {MAX_OUTPUT_PIXELS} pixels: with {times[0]:g} times, maxPixels is at most {fitting}"


def _parameters(model: EnhancementModel) -> Iterator[str]:
    names = [parameter.name for parameter in model.parameters]
    if len(set(names)) != len(names):
        yield f"each parameter needs a name of its own: {', '.join(names)}"
    fields = [model.image_field, *filter(None, [model.scale_field]), *(option.field for option in model.options)]
    if len({*fields, *model.constants}) != len(fields) + len(model.constants):
        yield f"each input of the model may be used once: {', '.join([*fields, *model.constants])}"
    for preset in model.presets:
        try:
            model.parse(preset.params)
        except InvalidParameter as problem:
            yield f"goal {preset.goal}: {render(problem.message, {'field': problem.name, **problem.details})}"
    for option in model.options:
        try:
            option.parse(option.default)
        except InvalidParameter:
            yield f"option {option.name}: its default {option.default!r} is not among its values"


def main() -> int:
    """Print the faults of the model files; return the exit code."""
    found = {path: faults(path) for path in files()}
    for path, wrong in found.items():
        for fault in wrong:
            print(f"{path.name}: {fault}", file=sys.stderr)
    slugs = [path.stem for path, wrong in found.items() if not wrong]
    print(f"{len(slugs)} of {len(found)} model files are valid: {', '.join(slugs)}")
    return int(any(found.values()) or not found)


if __name__ == "__main__":
    sys.exit(main())
