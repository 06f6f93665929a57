"""A job, its states, and the transitions between them: the rules as data. The table enforces them.

                   ┌──── release ◄──── retry ────┐
                   ▼        │                    │
create ────────► queued ─ claim ─► starting ─ accept ─► processing ─ succeed ─► succeeded
                   │                  │                    │ save ⟲
                   └───── fail / cancel (from all three) ──┴──► failed, canceled
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal

from enhancer.domain.clock import from_text, milliseconds
from enhancer.domain.messages import Message
from enhancer.domain.owner import Owner, OwnerType

# `place`: the provider throttles; `provider`: it accepts no runs at present; `model`: it is still booting the model.
WaitingFor = Literal["place", "provider", "model"]


class Status(StrEnum):
    """A job's state in its row; clients see `starting` as `queued`."""

    QUEUED = "queued"
    STARTING = "starting"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


TERMINAL = frozenset({Status.SUCCEEDED, Status.FAILED, Status.CANCELED})

TRY_LEASE = timedelta(minutes=2)  # longer than the two functions' time-outs: the process of an older try has died
MAX_CRASHES = 3
RESEND_AFTER = timedelta(minutes=2)  # after which reconcile sends an unsuccessful start message again


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of state that a job may make: from any of `sources` to `target`."""

    name: str
    sources: frozenset[Status]
    target: Status


@dataclass(frozen=True, slots=True)
class Append:
    """A change of a row that appends a line to a list."""

    line: str


def _from(name: str, target: Status, *sources: Status) -> Transition:
    return Transition(name, frozenset(sources), target)


BEGIN = _from("begin", Status.QUEUED, Status.QUEUED)
WAIT = _from("wait", Status.QUEUED, Status.QUEUED)
CLAIM = _from("claim", Status.STARTING, Status.QUEUED)
RELEASE = _from("release", Status.QUEUED, Status.STARTING)
ACCEPT = _from("accept", Status.PROCESSING, Status.STARTING)
SAVE = _from("save", Status.PROCESSING, Status.PROCESSING)
RETRY = _from("retry", Status.QUEUED, Status.PROCESSING)
SUCCEED = _from("succeed", Status.SUCCEEDED, Status.PROCESSING)
FAIL = _from("fail", Status.FAILED, Status.QUEUED, Status.STARTING, Status.PROCESSING)
CANCEL_QUEUED = _from("withdraw", Status.CANCELED, Status.QUEUED)
CANCEL = _from("cancel", Status.CANCELED, Status.QUEUED, Status.STARTING, Status.PROCESSING)
TRANSITIONS = (BEGIN, WAIT, CLAIM, RELEASE, ACCEPT, SAVE, RETRY, SUCCEED, FAIL, CANCEL_QUEUED, CANCEL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A row of JobsTable. Instants are text (`domain/clock.py`), sizes bytes or pixels, `*_ms` milliseconds.

    `check_at` is when reconcile checks the job next; None once the job has ended.
    `provider_job_id` names the run of the current attempt, `previous_provider_job_id` that of the attempt before, and
    `previous_attempt_json` describes that attempt. `deliveries` are the verified webhook calls, each a line of JSON.
    `result_width` and `result_height` are the promised size of the result, for the original as it is stored.
    `provider_answer` is the provider's last response to a create call that gave no run, at `provider_answered_at`;
    `waiting_for` is what the job waits for at the provider.
    `error_code` is the code of the message that says why the job failed (`domain/messages.py`).
    `not_saved_because` is why the result was not saved, for the operator.
    `tries` are the instants at which work on the job's image began since its last transition; a try that ends, with or
    without an error, removes them.
    `released_at` is when reconcile released a claim that had made no run.
    `quota_window` is the quota's window in which the job is counted. `expires_at` is the table's TTL, in seconds since
    1970.
    """

    id: str
    owner_type: OwnerType
    owner_id: str
    user_id: str | None = None
    provider: str = "replicate"
    model: str
    params_json: str
    status: Status
    attempt: int = 1
    filename: str
    provider_job_id: str | None = None
    previous_provider_job_id: str | None = None
    previous_attempt_json: str | None = None
    deliveries: tuple[str, ...] = ()
    tries: tuple[str, ...] | None = None
    input_r2_key: str
    input_content_type: str
    input_size: int
    input_width: int
    input_height: int
    prepared_json: str | None = None
    prepared_width: int | None = None
    prepared_height: int | None = None
    report_json: str | None = None
    result_width: int
    result_height: int
    provider_answer: str | None = None
    provider_answered_at: str | None = None
    waiting_for: WaitingFor | None = None
    output_r2_key: str | None = None
    output_content_type: str | None = None
    output_size: int | None = None
    output_width: int | None = None
    output_height: int | None = None
    output_sha256: str | None = None
    preview_r2_key: str | None = None
    thumb_r2_key: str | None = None
    error_type: str | None = None
    error_code: str | None = None
    not_saved_because: str | None = None
    quota_window: str
    quota_refunded: bool = False
    cancel_requested: bool = False
    deleted_at: str | None = None
    check_at: str | None = None
    created_at: str
    updated_at: str
    claimed_at: str | None = None
    released_at: str | None = None
    accepted_at: str | None = None
    saving_at: str | None = None
    finished_at: str | None = None
    model_ms: int | None = None
    expires_at: int

    @property
    def owner(self) -> Owner:
        """The job's owner."""
        return Owner(self.owner_type, self.owner_id, self.user_id)

    @property
    def params(self) -> dict[str, Any]:
        """The model's parameters by name."""
        params: dict[str, Any] = json.loads(self.params_json)
        return params

    @property
    def scale(self) -> float:
        """The result's sides as a multiple of the original's."""
        return float(self.params["scale"])

    @property
    def result_size(self) -> tuple[int, int]:
        """The promised width and height of the result in pixels, for the original as it is stored."""
        return self.result_width, self.result_height

    @property
    def output_format(self) -> str:
        """`png`, `webp` or `jpeg`."""
        return str(self.params["outputFormat"])

    @property
    def prepared(self) -> dict[str, Any] | None:
        """The changes made to the original for the provider; None before its preparation."""
        return json.loads(self.prepared_json) if self.prepared_json else None

    @property
    def report(self) -> dict[str, Any] | None:
        """The result's faithfulness to its original; None without a result, or if the original was gone."""
        return json.loads(self.report_json) if self.report_json else None

    @property
    def ended(self) -> bool:
        """Whether the job is in a terminal state."""
        return self.status in TERMINAL

    def crashed_workers(self, now: datetime) -> bool:
        """Return whether processes that worked on the job's image died `MAX_CRASHES` times: out of memory or time."""
        return sum(now - from_text(began) > TRY_LEASE for began in self.tries or ()) >= MAX_CRASHES

    @property
    def ran_before(self) -> bool:
        """Whether the provider accepted a run of an earlier attempt."""
        return self.previous_provider_job_id is not None

    @property
    def why_not_started(self) -> Message:
        """The message for a job that was never started within a day."""
        if self.waiting_for == "place":
            return Message.PROVIDER_WITHOUT_CAPACITY
        if self.waiting_for == "provider":
            return Message.PROVIDER_STARTED_NO_RUNS
        return Message.JOB_NOT_STARTED_IN_TIME

    @property
    def stage(self) -> str:
        """The job's stage: queued, starting, enhancing, saving or done."""
        if self.ended:
            return "done"
        if self.status is Status.PROCESSING:
            return "saving" if self.saving_at else "enhancing"
        return self.status.value

    def timings(self) -> Mapping[str, int | None]:
        """Return the durations of the job's parts. `modelMs` is the provider's figure, the others are by our clock."""
        return {
            "queueMs": milliseconds(self.created_at, self.accepted_at),
            "modelMs": self.model_ms,
            "copyMs": milliseconds(self.saving_at, self.finished_at) if self.output_sha256 else None,
            "totalMs": milliseconds(self.created_at, self.finished_at),
        }
