"""Predictions on disk, one file each, so that a restarted stand-in still knows them, as the provider does."""

import json
import logging
from datetime import datetime
from pathlib import Path
from typing import Any

from .clock import iso
from .create_request import CreateRequest
from .files import OutputFiles
from .models import Models
from .predictions import Prediction, Status
from .problems import NotFoundError, ProblemError

log = logging.getLogger(__name__)


class Records:
    """The predictions of this and earlier processes of the stand-in. Erased data is erased on disk too."""

    def __init__(self, folder: Path, models: Models) -> None:
        self._folder = folder
        self._models = models

    def save(self, prediction: Prediction) -> None:
        """Write a prediction as it is now; raises OSError."""
        self._folder.mkdir(parents=True, exist_ok=True)
        file = self._folder / f"{prediction.id}.json"
        unfinished = file.with_suffix(".new")
        unfinished.write_text(json.dumps(_as_record(prediction)))
        unfinished.replace(file)

    def load(self, files: OutputFiles) -> list[Prediction]:
        """Return the saved predictions, oldest first, with the current URLs of their outputs.

        Unfinished ones are `starting` again. Files that can't be read and predictions of models that are no longer
        played are left out; outputs without a prediction are deleted.
        """
        found = []
        for file in self._folder.glob("*.json"):
            try:
                found.append(self._as_prediction(json.loads(file.read_bytes())))
            except (ProblemError, ValueError, KeyError, TypeError) as fault:
                log.warning("prediction %s: dropped (%s)", file.stem, type(fault).__name__)
        made = {each.id: each for each in found if each.status is Status.SUCCEEDED and not each.data_removed}
        files.erase_all_but(made)
        for prediction in made.values():
            try:
                prediction.output = prediction.request.model.output_value(files.url(prediction.id))
            except NotFoundError:
                prediction.erase()
        return sorted(found, key=lambda each: each.created_at)

    def _as_prediction(self, record: dict[str, Any]) -> Prediction:
        order = record["order"]
        model = self._models.find(order["model"])
        prediction = Prediction(
            CreateRequest(
                model=model,
                version=order["version"],
                raw_input=order["given"],
                inputs={} if record["data_removed"] else model.read_inputs(order["given"]),
                webhook=order["webhook"],
                events=frozenset(order["events"]),
                wait=None,
                cancel_after=order["cancel_after"],
            ),
            datetime.fromisoformat(record["created_at"]),
            id=record["id"],
        )
        status = Status(record["status"])
        if record["completed_at"]:
            prediction.status = status
            prediction.started_at = datetime.fromisoformat(record["started_at"]) if record["started_at"] else None
            prediction.completed_at = datetime.fromisoformat(record["completed_at"])
            for name in _UNCHANGED:
                setattr(prediction, name, record[name])
        return prediction


_UNCHANGED = ("error", "logs", "data_removed", "predict_time", "shown_status")


def _as_record(prediction: Prediction) -> dict[str, Any]:
    request = prediction.request
    return {
        "id": prediction.id,
        "order": {  # the names of earlier versions, whose records are read too
            "model": request.model.slug,
            "version": request.version,
            "given": {} if prediction.data_removed else request.raw_input,
            "webhook": request.webhook,
            "events": sorted(request.events),
            "cancel_after": request.cancel_after,
        },
        "status": prediction.status,
        "created_at": iso(prediction.created_at),
        "started_at": prediction.started_at and iso(prediction.started_at),
        "completed_at": prediction.completed_at and iso(prediction.completed_at),
        **{name: getattr(prediction, name) for name in _UNCHANGED},
    }
