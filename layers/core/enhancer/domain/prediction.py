"""The provider's runs, and what the end of one means for its job."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from enhancer.domain import keys
from enhancer.domain.job import Job, Status
from enhancer.domain.messages import Message

# How runs fail, by the texts of their errors, the first that fits. replicate.com/docs/reference/error-codes, read
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
    """A run as a verified webhook or the provider's API reports it, reduced to what decides.

    `input_path` is the path of the input image's URL, which echoes the key we signed; `model_ms` is the provider's
    `predict_time`, `version` what it says ran.
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
        """Whether the run can no longer change."""
        return self.status in TERMINAL

    def to_message(self) -> dict[str, Any]:
        """As JSON for a queue message."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_message(cls, message: Mapping[str, Any]) -> Self:
        """Read back what `to_message` wrote, ignoring names that a later release adds."""
        return cls(**{name: message[name] for name in cls.__slots__ if name in message})


@dataclass(frozen=True, slots=True)
class Delivery:
    """One webhook call, verified and reduced. `sha256` is the digest of the signed body, `timestamp` in seconds."""

    webhook_id: str
    timestamp: int
    sha256: str
    prediction: Prediction

    def to_message(self) -> dict[str, Any]:
        """As JSON for a queue message that carries the prediction already."""
        return {"webhook_id": self.webhook_id, "timestamp": self.timestamp, "sha256": self.sha256}

    @classmethod
    def from_message(cls, message: Mapping[str, Any], prediction: Prediction) -> Self:
        """Read back what `to_message` wrote, beside the prediction that the message carries."""
        return cls(message["webhook_id"], message["timestamp"], message["sha256"], prediction)

    def line(self, applied_at: str) -> str:
        """What is kept of it beside the job's row: a line of JSON, without the provider's URLs."""
        run = self.prediction
        kept = {"run": run.id, "status": run.status, "error": (run.error or "")[:200] or None, "model_ms": run.model_ms}
        return json.dumps({"applied_at": applied_at, **self.to_message(), **kept})


@dataclass(frozen=True, slots=True)
class Decision:
    """What a run without a result asks of its job. `refund`: it was not the image's fault."""

    action: Literal["retry", "fail", "cancel"]
    error_type: str = ""
    message: Message | None = None
    refund: bool = field(default=False)


def belongs_to(run: Prediction, job: Job, bucket: str, prefix: str) -> bool:
    """Whether a run that the row does not know was started for this job's present attempt.

    The path of its input is signed by the provider, a job id in a URL is not: it must be the job's own image.
    """
    own = {f"/{bucket}/{key}" for key in (job.input_r2_key, keys.prepared_key(prefix, job.owner, job.id))}
    unclaimed = job.status is Status.STARTING and job.provider_job_id is None
    return unclaimed and run.id != job.previous_provider_job_id and run.input_path in own


def decide(prediction: Prediction, *, attempt: int, cancel_requested: bool) -> Decision:
    """Decide from a run that has ended without a result. At most two attempts a job: a platform fault is repeated once.

    Only what is certainly the image's content keeps the quota: a model's own filter.
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
