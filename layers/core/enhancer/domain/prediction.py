"""The provider's runs, and the decision on a job whose run has ended."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from enhancer.domain import keys
from enhancer.domain.job import Job, Status
from enhancer.domain.messages import Message

# Kinds of failure by the error's text; the first that matches decides. replicate.com/docs/reference/error-codes, read
# 2026-11-25, names E1000 (unknown, retry), E1001 (out of memory: smaller input), E4875 (no webhook URL) and E6716
# (timeout starting the prediction); public clients report PA, E8367, E8765, E9243 and E9828 with "please retry" (read
# 2026-11-22). A code that is not named here is the platform's too: models have none. "Prediction failed for an unknown
# reason. It might have run out of memory? (exitcode -9)" is what cog says of any process that died, on GFPGAN for days
# on end (replicate/cog python/cog/server/worker.py; TencentARC/GFPGAN issues 393 and 396; read 2026-11-28): a guess.
_TOO_LARGE = re.compile(
    r"greater than the max size that fits in GPU memory|\bE1001\b|(?<!might have run )out of memory", re.IGNORECASE
)
_PLATFORM_FAULT = re.compile(
    r"\bE\d{4}\b|\(code: [A-Z]{2,}\)"
    r"|(?i:interrupted|timed? ?out|health ?check|failed to start|please retry|unknown reason)"
)
_FILTERED = re.compile(r"\bNSFW\b|safety (?:filter|checker|system)|sensitive content|flagged as", re.IGNORECASE)
TERMINAL = frozenset({"succeeded", "failed", "canceled", "aborted"})


@dataclass(frozen=True, slots=True)
class Prediction:
    """A run as a verified webhook or the provider's API reports it, reduced to the fields that we use.

    `input_path` is the path of the input image's URL, which echoes the key we signed; `model_ms` is the provider's
    `predict_time`, `version` the version that it reports.
    """

    id: str
    status: str
    input_path: str | None = None
    output_url: str | None = None
    error: str | None = None
    model_ms: int | None = None
    version: str | None = None

    @property
    def ended(self) -> bool:
        """Whether the run is in a terminal state."""
        return self.status in TERMINAL

    def to_message(self) -> dict[str, Any]:
        """Return the fields for a queue message."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_message(cls, message: Mapping[str, Any]) -> Self:
        """Read what `to_message` wrote, ignoring names that a later release adds."""
        return cls(**{name: message[name] for name in cls.__slots__ if name in message})


@dataclass(frozen=True, slots=True)
class Delivery:
    """A verified webhook delivery, reduced to the fields that we use.

    `sha256` is the digest of the signed body, `timestamp` is in seconds.
    """

    webhook_id: str
    timestamp: int
    sha256: str
    prediction: Prediction

    def to_message(self) -> dict[str, Any]:
        """Return the fields for a queue message that contains the prediction already."""
        return {"webhook_id": self.webhook_id, "timestamp": self.timestamp, "sha256": self.sha256}

    @classmethod
    def from_message(cls, message: Mapping[str, Any], prediction: Prediction) -> Self:
        """Read what `to_message` wrote, for the prediction of the same message."""
        return cls(message["webhook_id"], message["timestamp"], message["sha256"], prediction)

    def line(self, applied_at: str) -> str:
        """Return the line of JSON that the job's row keeps, without the provider's URLs."""
        run = self.prediction
        kept = {"run": run.id, "status": run.status, "error": (run.error or "")[:200] or None, "model_ms": run.model_ms}
        return json.dumps({"applied_at": applied_at, **self.to_message(), **kept})


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision on a job whose run gave no result. `refund`: the image was not the cause."""

    action: Literal["retry", "fail", "cancel"]
    error_type: str = ""
    message: Message | None = None
    refund: bool = field(default=False)


def belongs_to(run: Prediction, job: Job, bucket: str, prefix: str) -> bool:
    """Return whether a run that is not in the row belongs to this job's current attempt.

    Its input's path must be that of the job's own image: the provider signs it, but not a job id in a URL.
    """
    own = {f"/{bucket}/{key}" for key in (job.input_r2_key, keys.prepared_key(prefix, job.owner, job.id))}
    unclaimed = job.status is Status.STARTING and job.provider_job_id is None
    return unclaimed and run.id != job.previous_provider_job_id and run.input_path in own


def decide(prediction: Prediction, *, attempt: int, cancel_requested: bool) -> Decision:
    """Decide on a job whose run ended without a result. A platform fault is retried once: at most two attempts per job.

    The quota is charged only if the image's content is certainly the cause: a model's own filter.
    """
    if cancel_requested:
        return Decision("cancel")
    if prediction.status == "succeeded":
        return _failed(Message.RESULT_ERASED, refund=True)
    if prediction.status in {"canceled", "aborted"}:  # by its deadline, while it ran or before
        return _failed(Message.RUN_CANCELED_BY_PROVIDER, refund=True)
    error = prediction.error or ""
    if _TOO_LARGE.search(error):
        return Decision("fail", "image_too_large", Message.IMAGE_TOO_LARGE_FOR_MODEL, refund=True)
    if _FILTERED.search(error):
        return Decision("fail", "validation_error", Message.CONTENT_FILTERED)
    if _PLATFORM_FAULT.search(error):
        if attempt < 2:
            return Decision("retry")
        return _failed(Message.PROVIDER_FAILED_TWICE, refund=True)
    return _failed(Message.MODEL_FAILED, refund=True)


def _failed(message: Message, *, refund: bool) -> Decision:
    return Decision("fail", "provider_error", message, refund)
