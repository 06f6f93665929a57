"""A prediction, its states and its JSON, and the list of all predictions. No network, no clock of its own."""

import base64
import binascii
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from .clock import iso
from .create_request import CreateRequest
from .problems import NotFoundError, UnprocessableError

PAGE_SIZE = 100
# replicate.com/docs/topics/predictions/data-retention, stored copy read 2026-11-22.
RETENTION = timedelta(hours=1)
_ID_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"


class Status(StrEnum):
    """The provider's six statuses (api.replicate.com/openapi.json, copy of 2026-04-09)."""

    STARTING = "starting"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"
    ABORTED = "aborted"


TRANSITIONS = {
    Status.STARTING: {Status.PROCESSING, Status.CANCELED, Status.ABORTED},
    Status.PROCESSING: {Status.SUCCEEDED, Status.FAILED, Status.CANCELED},
}


def new_id() -> str:
    """Return an id of the provider's form: 26 letters and digits of base32, lower case."""
    return "".join(secrets.choice(_ID_ALPHABET) for _ in range(26))


@dataclass
class Prediction:
    """One run of a model, as the provider keeps it. `model` and `version` are those that it reports."""

    request: CreateRequest
    created_at: datetime
    id: str = field(default_factory=new_id)
    status: Status = Status.STARTING
    output: Any = None
    error: str | None = None
    logs: str = ""
    data_removed: bool = False
    started_at: datetime | None = None
    completed_at: datetime | None = None
    predict_time: float | None = None
    model: str = ""
    version: str = ""
    shown_status: str | None = None

    def __post_init__(self) -> None:
        self.model, self.version = self.request.model.slug, self.request.version

    @property
    def deadline(self) -> datetime | None:
        """The time at which it is stopped if it has not ended; counted from its creation."""
        seconds = self.request.cancel_after
        return None if seconds is None else self.created_at + timedelta(seconds=seconds)

    @property
    def ended(self) -> bool:
        """Whether its status is final."""
        return self.status not in TRANSITIONS

    def move(self, status: Status, now: datetime) -> bool:
        """Change the status if the table of transitions allows it; return whether it did."""
        if status not in TRANSITIONS.get(self.status, ()):
            return False
        self.status = status
        if status is Status.PROCESSING:
            self.started_at = now
        if self.ended:
            self.completed_at = now
        return True

    def erase(self) -> None:
        """Erase all data except the record that it ran."""
        self.output, self.logs, self.data_removed = None, "", True

    def as_json(self, base_url: str) -> dict[str, Any]:
        """Return the provider's prediction object; members that are not known yet, such as the output, are left out."""
        shown = {
            "id": self.id,
            "model": self.model,
            "version": self.version,
            "input": {} if self.data_removed else self.request.raw_input,
            "logs": self.logs,
            "data_removed": self.data_removed,
            "error": self.error,
            "source": "api",
            "status": self.shown_status or str(self.status),
            "created_at": iso(self.created_at),
            "urls": {
                "get": f"{base_url}/v1/predictions/{self.id}",
                "cancel": f"{base_url}/v1/predictions/{self.id}/cancel",
                "web": f"{base_url}/p/{self.id}",
            },
        }
        if self.ended or self.output is not None:
            shown["output"] = self.output
        moments = {
            "started_at": self.started_at,
            "completed_at": self.completed_at,
            "deadline": self.deadline,
        }
        shown |= {name: iso(moment) for name, moment in moments.items() if moment}
        if self.completed_at:
            shown["metrics"] = self._metrics(self.completed_at)
        return shown

    def _metrics(self, completed_at: datetime) -> dict[str, float]:
        metrics = {"total_time": (completed_at - self.created_at).total_seconds()}
        if self.predict_time is not None:
            metrics["predict_time"] = round(self.predict_time, 6)
        return metrics


@dataclass(frozen=True)
class Page:
    """A page of up to a hundred predictions, newest first, and the cursors of the pages before and after it."""

    results: list[Prediction]
    newer: str | None
    older: str | None


class Predictions:
    """All predictions of the stand-in, in the order of their creation; `earlier` are those of earlier processes."""

    def __init__(self, earlier: Sequence[Prediction] = ()) -> None:
        self._all = list(earlier)
        self._by_id = {each.id: each for each in earlier}

    def add(self, prediction: Prediction) -> None:
        """Add a new prediction."""
        self._all.append(prediction)
        self._by_id[prediction.id] = prediction

    def get(self, prediction_id: str) -> Prediction:
        """Return a prediction by its id; raises NotFoundError."""
        if prediction_id not in self._by_id:
            raise NotFoundError
        return self._by_id[prediction_id]

    def unfinished(self) -> list[Prediction]:
        """Return the predictions that have not ended, oldest first."""
        return [each for each in self._all if not each.ended]

    def due_for_erasure(self, now: datetime) -> list[Prediction]:
        """Return the predictions that ended an hour ago or more and still have data."""
        return [
            each
            for each in self._all
            if each.completed_at and not each.data_removed and now - each.completed_at >= RETENTION
        ]

    def page(self, cursor: str | None, after: datetime | None, before: datetime | None) -> Page:
        """Return a page, newest first: the first one, or the one that a cursor names.

        `after` is inclusive and `before` exclusive. A cursor holds a position in the list of all, so that new
        predictions do not shift the pages. Raises UnprocessableError on a cursor that is not one of ours.
        """
        chosen = [
            (number, each)
            for number, each in enumerate(self._all)
            if (after is None or each.created_at >= after) and (before is None or each.created_at < before)
        ]
        side, position = _read_cursor(cursor) if cursor else ("older", len(self._all))
        if side == "older":
            window = [(number, each) for number, each in chosen if number < position][-PAGE_SIZE:]
        else:
            window = [(number, each) for number, each in chosen if number > position][:PAGE_SIZE]
        if not window:
            return Page([], None, None)
        first, last = window[0][0], window[-1][0]
        return Page(
            results=[each for _, each in reversed(window)],
            newer=_cursor("newer", last) if chosen[-1][0] > last else None,
            older=_cursor("older", first) if chosen[0][0] < first else None,
        )


def _cursor(side: str, position: int) -> str:
    return base64.urlsafe_b64encode(f"{side}:{position}".encode()).decode()


def _read_cursor(cursor: str) -> tuple[str, int]:
    try:
        side, _, position = base64.b64decode(cursor, altchars=b"-_", validate=True).decode("ascii").partition(":")
        if side in ("newer", "older"):
            return side, int(position)
    except (binascii.Error, ValueError):
        pass
    raise UnprocessableError("Invalid cursor.")
