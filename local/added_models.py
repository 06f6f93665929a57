"""Model files of the build as the Replicate stand-in reads further models (`STANDIN_MODELS`)."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from replicate_standin.published import PUBLISHED

FOLDER = Path("layers/CoreLayer/python/enhancer/models")
"""The folder, below the build, of the files that the functions read."""
_TYPES = {bool: "boolean", int: "number", float: "number", str: "string"}
_KINDS = {"boolean": "boolean", "integer": "integer", "number": "number", "choice": "string"}


def added_models(build: Path) -> list[dict[str, Any]]:
    """Return the models of the build that the stand-in does not have itself, in its format."""
    known = {model.slug for model in PUBLISHED}
    documents = [json.loads(path.read_text()) for path in sorted((build / FOLDER).glob("*--*.json"))]
    return [as_standin_model(document) for document in documents if document["slug"] not in known]


def as_standin_model(document: Mapping[str, Any]) -> dict[str, Any]:
    """Translate a model file into the stand-in's format."""
    scale = document["scale"]
    field = scale.get("field")
    times = {str(each.get("value")): each["times"] for each in scale["factors"]}
    return {
        "slug": document["slug"],
        "versions": [document["version"]],
        "image_field": document["image"],
        "input": {"required": [document["image"]], "properties": dict(_inputs(document))},
        "output": document["output"],
        "factor": {"field": field, "times": times} if field else {"times": scale["factors"][0]["times"]},
    }


def _inputs(document: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield document["image"], {"type": "string", "format": "uri"}
    scale = document["scale"]
    if "field" in scale:
        first = scale["factors"][0]["value"]
        yield scale["field"], {"type": _TYPES[type(first)], "default": first}
    for option in document.get("options", []):
        limits = {name: option[name] for name in ("minimum", "maximum") if name in option}
        choices = {"enum": option["choices"]} if "choices" in option else {}
        kind = {"type": _KINDS[option["kind"]], "default": option["default"]}
        yield option["field"], {**kind, **limits, **choices}
    for name, value in document.get("constants", {}).items():
        yield name, {"type": _TYPES[type(value)], "default": value}
