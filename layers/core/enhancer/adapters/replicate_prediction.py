"""Replicate's prediction object, as its API and its webhooks send it. Apart from the client, so that the webhook's
function does not import one. Source: Replicate's OpenAPI document, stored copy read 2026-11-22.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from enhancer.domain.prediction import Prediction
from enhancer.domain.redaction import without_addresses

_IMAGE_FIELDS = ("image", "img")


def read_prediction(body: Mapping[str, Any]) -> Prediction:
    """Reduce the provider's prediction object, from its API or a webhook. Raises KeyError or TypeError for another."""
    given = body.get("input") or {}
    image_url = next((given[name] for name in _IMAGE_FIELDS if isinstance(given.get(name), str)), None)
    output = body.get("output")
    seconds = (body.get("metrics") or {}).get("predict_time")
    return Prediction(
        id=str(body["id"]),
        status=str(body["status"]),
        input_path=urlsplit(image_url).path if image_url else None,
        output_url=output if isinstance(output, str) else None,
        error=without_addresses(str(body["error"]))[:500] if body.get("error") else None,
        model_ms=round(seconds * 1000) if isinstance(seconds, int | float) else None,
        version=str(body["version"])[:100] if body.get("version") else None,
    )
