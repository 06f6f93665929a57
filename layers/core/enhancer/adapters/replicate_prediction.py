"""Replicate's prediction object, as its API and its webhooks send it. Apart from the client, so that the webhook's
function does not import one. Source: Replicate's OpenAPI document, stored copy read 2026-11-22.
"""

import math
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from enhancer.domain.catalogue import EnhancementModel
from enhancer.domain.prediction import Prediction
from enhancer.domain.redaction import without_secrets

_LONGEST_ERROR = 4000  # characters that are looked at
_VERSION = re.compile(r"[0-9a-f]{64}")  # official models report "hidden" or a deployment's name instead


class NotAPrediction(Exception):
    """The document is not a prediction."""


def read_prediction(body: Any, models: Mapping[str, EnhancementModel]) -> Prediction:
    """Reduce the provider's prediction object, from its API or a webhook.

    Which input holds the picture and which part of the output is the result, its model's file says. Raises
    NotAPrediction for any other document.
    """
    if not isinstance(body, Mapping) or not isinstance(body.get("id"), str) or not isinstance(body.get("status"), str):
        raise NotAPrediction
    model = models.get(str(body.get("model")))
    return Prediction(
        id=body["id"],
        status=body["status"],
        input_path=_input_path(body.get("input"), model),
        output_url=_output_url(body.get("output"), model),
        error=without_secrets(str(body["error"])[:_LONGEST_ERROR])[:500] if body.get("error") else None,
        model_ms=_milliseconds(body.get("metrics")),
        version=found if _VERSION.fullmatch(found := str(body.get("version"))) else None,
    )


def _input_path(given: Any, model: EnhancementModel | None) -> str | None:
    """The path of the input picture's URL; of a model without a file, of the first input that is a URL."""
    if not isinstance(given, Mapping):
        return None
    candidates = [given.get(model.image_field)] if model else given.values()
    for value in candidates:
        if isinstance(value, str) and value.startswith(("https://", "http://")):
            try:
                return urlsplit(value).path
            except ValueError:
                return None
    return None


def _output_url(output: Any, model: EnhancementModel | None) -> str | None:
    """The result's URL, where the model's file says that it is in the output.

    Official models may report a name without a file (`replicate-internal/…`): then it is the output's only address.
    """
    if model is None and isinstance(output, list | Mapping):
        [output, *others] = [*(output.values() if isinstance(output, Mapping) else output)] or [None]
        output = None if others else output
    for step in model.output_path if model else ():
        try:
            output = output[step]
        except (IndexError, KeyError, TypeError):
            return None
    return output if isinstance(output, str) and output else None


def _milliseconds(metrics: Any) -> int | None:
    seconds = metrics.get("predict_time") if isinstance(metrics, Mapping) else None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    return round(seconds * 1000) if math.isfinite(seconds) and 0 <= seconds < 1e6 else None
