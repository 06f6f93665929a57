"""Replicate's prediction object, as its API and its webhooks send it. Separate from the client, so that the webhook's
function does not import it. Source: Replicate's OpenAPI document, stored copy read 2026-11-22.
"""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from enhancer.domain.catalogue import EnhancementModel
from enhancer.domain.prediction import Prediction
from enhancer.domain.redaction import redact

_LONGEST_RUN = 1_000_000  # seconds; NaN is not below it
_LONGEST_ERROR = 4000  # characters that are read
_LONGEST_STATUS = 100
_LONGEST_ADDRESS = 8192  # characters; a model's file in a data: URL would not fit into a message
_ID = re.compile(r"[\w-]{1,100}", re.ASCII)  # goes into the path of requests to the provider
_VERSION = re.compile(r"[0-9a-f]{64}")  # official models report "hidden" or a deployment's name instead


class NotAPrediction(Exception):
    """The document is not a prediction."""


def read_prediction(body: Any, models: Mapping[str, EnhancementModel]) -> Prediction:
    """Reduce the provider's prediction object, from its API or a webhook.

    The model's file says which input holds the image and which part of the output is the result. Raises
    NotAPrediction for any other document.
    """
    if not isinstance(body, Mapping):
        raise NotAPrediction
    run_id, status, slug = body.get("id"), body.get("status"), body.get("model")
    if (
        not isinstance(run_id, str)
        or not _ID.fullmatch(run_id)
        or not isinstance(status, str)
        or len(status) > _LONGEST_STATUS
    ):
        raise NotAPrediction
    model = models.get(slug) if isinstance(slug, str) else None
    return Prediction(
        id=run_id,
        status=status,
        input_path=_input_path(body.get("input"), model),
        output_url=_output_url(body.get("output"), model),
        error=_error(body.get("error")),
        model_ms=_milliseconds(body.get("metrics")),
        version=version if isinstance(version := body.get("version"), str) and _VERSION.fullmatch(version) else None,
    )


def _error(given: Any) -> str | None:
    if not given:
        return None
    try:
        text = given if isinstance(given, str) else json.dumps(given)
    except RecursionError:
        text = "nested too deeply"
    return redact(text[:_LONGEST_ERROR])[:500]


def _input_path(given: Any, model: EnhancementModel | None) -> str | None:
    """Return the path of the input image's URL; for a model without a file, of the first input that is a URL."""
    if not isinstance(given, Mapping):
        return None
    candidates = [given.get(model.image_field)] if model else given.values()
    for value in candidates:
        if isinstance(value, str) and value.startswith(("https://", "http://")):
            try:
                return urlsplit(value[:_LONGEST_ADDRESS]).path
            except ValueError:
                return None
    return None


def _output_url(output: Any, model: EnhancementModel | None) -> str | None:
    """Return the result's URL, from the place in the output that the model's file names.

    Official models may report a name without a file (`replicate-internal/…`), and a model's output may differ from its
    file: then the result is the output's only URL.
    """
    found: Any = output
    for step in model.output_path if model else ():
        if not isinstance(found, list if isinstance(step, int) else Mapping):
            break
        try:
            found = found[step]  # type: ignore[index]
        except LookupError:
            break
    if not isinstance(found, str):
        parts = output.values() if isinstance(output, Mapping) else output if isinstance(output, list) else [output]
        addresses = [part for part in parts if isinstance(part, str)]
        found = addresses[0] if len(addresses) == 1 else None
    return found if found and len(found) <= _LONGEST_ADDRESS else None


def _milliseconds(metrics: Any) -> int | None:
    seconds = metrics.get("predict_time") if isinstance(metrics, Mapping) else None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    return round(seconds * 1000) if 0 <= seconds < _LONGEST_RUN else None
