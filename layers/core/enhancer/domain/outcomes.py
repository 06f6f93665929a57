"""The outcomes of handling one message or one job. Their values appear in logs and as metric dimensions."""

from enum import StrEnum


class StartOutcome(StrEnum):
    """The outcome of a start message."""

    ACCEPTED = "accepted"
    ADOPTED = "adopted"  # the run's webhook was processed before the create call returned
    THROTTLED = "throttled"
    UNREACHABLE = "unreachable"
    ACCOUNT_REFUSED = "account_refused"
    PAUSED = "paused"  # the provider refused the account a moment ago
    REFUSED = "refused"
    UNKNOWN = "unknown"  # a run may exist
    MODEL_NOT_OFFERED = "model_not_offered"
    IMAGE_UNREADABLE = "image_unreadable"
    IMAGE_TOO_COMPLEX = "image_too_complex"
    IMAGE_CRASHED_WORKERS = "image_crashed_workers"
    IMAGE_TOO_LARGE = "image_too_large"
    ORIGINAL_EXPIRED = "original_expired"
    JOB_EXPIRED = "job_expired"
    DAILY_RUN_LIMIT_REACHED = "daily_run_limit_reached"
    CANCELED = "canceled"
    SKIPPED = "skipped"  # the job is not queued: it was started, or has ended


class CompletionOutcome(StrEnum):
    """The outcome of a completion message."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    RETRIED = "retried"
    CANCELED = "canceled"
    STILL_RUNNING = "still_running"
    ALREADY_ENDED = "already_ended"
    SUPERSEDED_RUN = "superseded_run"  # of the job's first attempt; the second is under way
    FOREIGN_RUN = "foreign_run"  # the run does not belong to the job: a security event
    JOB_NOT_FOUND = "job_not_found"


class DeliveryOutcome(StrEnum):
    """The outcome of a verified webhook delivery."""

    QUEUED = "queued"
    IGNORED = "ignored"


class ReconcileAction(StrEnum):
    """The action of reconciliation on an unfinished job."""

    START_RESENT = "start_resent"
    RUN_ADOPTED = "run_adopted"
    CLAIM_RELEASED = "claim_released"
    STILL_RUNNING = "still_running"
    COMPLETION_SENT = "completion_sent"
    COMPLETION_RESENT = "completion_resent"
    FAILED = "failed"
    CANCELED = "canceled"
    POSTPONED = "postponed"  # the provider, the queue or the table did not answer
    UNEXPECTED_ERROR = "unexpected_error"
    CHANGED_CONCURRENTLY = "changed_concurrently"
    LEFT_FOR_NEXT_RUN = "left_for_next_run"
    LEASE_HELD = "lease_held"  # another run is in progress
