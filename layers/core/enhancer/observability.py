"""Logs as JSON lines, metrics as lines that CloudWatch reads. No image bytes, tokens, cookies or presigned URLs.

Every line about a job carries its `job_id`, and `prediction_id` where its run is known; a
`correlation_id` is the request's, which clients get as `x-request-id`, or the invocation's. A job's metrics are counted
after its row's transition, so at most once; a process that dies between the two does not count.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from math import prod
from typing import IO, TYPE_CHECKING, Any, cast

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

from enhancer.domain.job import ACCEPT, BEGIN, RETRY, Job, Status, Transition
from enhancer.domain.keys import is_job_id
from enhancer.domain.redaction import redact
from enhancer.errors import AccountRefused, OutcomeUnknown, ProviderError, Refused, TransitionRefused, UnreadableImage

if TYPE_CHECKING:
    from enhancer.domain.limits import QuotaSlot
    from enhancer.domain.prediction import Prediction
    from enhancer.ports import Imaging, JobRepository, OutputSpec, PreparedImage, Provider, RenderedResult


class _Formatter(LambdaPowertoolsFormatter):
    """Formats lines as Powertools does, with URLs redacted: libraries put them into their exceptions."""

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging calls it so
        """See `logging.Formatter.formatException`."""
        return redact(super().formatException(ei))


logger = Logger(logger_formatter=_Formatter(serialize_stacktrace=False))

NAMESPACE = "ImageEnhancer"
METRICS = {
    # name: unit, dimensions beside `service`, which is the stack: few values each, as every combination is paid for
    "JobsCreated": ("Count", ()),
    "JobsEnded": ("Count", ("state", "reason")),  # and by state alone; only failed jobs have a reason
    "PlatformFailures": ("Count", ()),  # of each job that ended: 1 if it failed by the provider's fault or ours, else 0
    "JobsRetried": ("Count", ()),
    "QueueWait": ("Milliseconds", ()),
    "ModelTime": ("Milliseconds", ("model",)),
    "CopyTime": ("Milliseconds", ()),
    "TimeToResult": ("Milliseconds", ()),
    "CopyBytes": ("Bytes", ()),
    "StartOutcomes": ("Count", ("outcome",)),
    "RunsAccepted": ("Count", ("model",)),
    "ProviderErrors": ("Count", ("answer",)),  # to creations that made no run or may have made one
    # Of each of these, 1 or 0 for each alarm:
    "AccountRefusals": ("Count", ()),  # token, credit or permission
    "JobRefusals": ("Count", ()),  # model, version or input
    "UnknownCreateOutcomes": ("Count", ()),  # time-out, reset, 5xx
    "DailyRunLimitReached": ("Count", ()),
    "Reconciled": ("Count", ("action",)),
    "RunsRecovered": ("Count", ()),  # of each of these: 1 if its run's create answer or webhook had been lost, else 0
    "WebhookRefusals": ("Count", ()),
    "OriginSecretMismatches": ("Count", ()),  # known by our cookie, and not come through the distribution
    "SecurityEvents": ("Count", ("event",)),
    "UndersizedResults": ("Count", ()),  # of each job that succeeded: 1 if the model returned less than was promised
    "MessagesFailed": ("Count", ()),
    "StaleSecretsUsed": ("Count", ()),
    "ImagesScanned": ("Count", ()),
    "ImagesDeleted": ("Count", ()),
    "RetentionTime": ("Seconds", ()),  # of each run of a chain, since the first one began
}
_REFUSALS = {"AccountRefusals": AccountRefused, "JobRefusals": Refused, "UnknownCreateOutcomes": OutcomeUnknown}
PLATFORM_FAULTS = frozenset({"provider_error", "service_unavailable"})


def reset_log_context(correlation_id: str, job_id: str | None = None) -> None:
    """Clear the log context and begin that of another request or message."""
    logger.clear_state()
    logger.set_correlation_id(correlation_id)
    bind_job(job_id)


def bind_job(job_id: str | None, prediction_id: str | None = None) -> None:
    """Add this job and run to the following log lines; text that is not a job id is left out."""
    known = job_id if job_id and is_job_id(job_id) else None
    logger.append_keys(job_id=known, prediction_id=prediction_id)


@contextmanager
def invocation(correlation_id: str) -> Iterator[None]:
    """Reset the log context, and log an exception that ends the invocation."""
    reset_log_context(correlation_id)
    try:
        yield
    except Exception:
        logger.exception("unhandled")
        raise


def security_event(event: str, **what: str) -> None:
    """Write a security event: a log line whose `message` is "security", and a metric."""
    logger.warning("security", extra={"event": event, **what})
    put_metrics({"SecurityEvents": 1}, {"event": event})


def stale_secrets_used(problem: str) -> None:
    """Log and count that cached secrets are used longer because the parameter store does not respond."""
    logger.warning("secrets kept", extra={"problem": problem})
    count("StaleSecretsUsed")


def issuer_keys_unread(problem: str) -> None:
    """Log that the issuer's page gave no usable keys; the last good ones stay in use if there are any."""
    logger.warning("issuer keys unread", extra={"problem": problem})


def count(metric: str) -> None:
    """Count an event in a metric."""
    put_metrics({metric: 1})


def put_metrics(values: Mapping[str, float], *dimensions: Mapping[str, str]) -> None:
    """Write values of METRICS as one line, which counts under each set of dimensions."""
    from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import AmazonCloudWatchEMFProvider

    service = {"service": logger.service}
    first, *others = dimensions or ({},)
    line = AmazonCloudWatchEMFProvider(namespace=NAMESPACE, default_dimensions={**service, **first})
    for name, value in values.items():
        line.add_metric(name, METRICS[name][0], value)
    line.dimension_sets = [{**service, **each} for each in others]
    line.flush_metrics()


class InstrumentedProvider:
    """Wraps a Provider: logs the provider's errors, and counts those of create calls by kind."""

    def __init__(self, provider: "Provider") -> None:
        self._provider = provider

    def create(self, version: str, inputs: Mapping[str, Any], webhook: str) -> "Prediction":
        """See `ports.Provider.create`."""
        try:
            return self._provider.create(version, inputs, webhook)
        except ProviderError as problem:
            _log_provider_answer("create", problem)
            put_metrics({"ProviderErrors": 1}, {"answer": problem.kind})
            put_metrics({metric: float(isinstance(problem, kind)) for metric, kind in _REFUSALS.items()})
            raise

    def cancel(self, prediction_id: str) -> None:
        """See `ports.Provider.cancel`."""
        with _log_provider_error("cancel"):
            self._provider.cancel(prediction_id)

    def get(self, prediction_id: str) -> "Prediction | None":
        """See `ports.Provider.get`."""
        with _log_provider_error("get"):
            return self._provider.get(prediction_id)

    def recent(self, since: datetime, pages: int) -> "Iterator[Prediction]":
        """See `ports.Provider.recent`."""
        with _log_provider_error("list"):
            yield from self._provider.recent(since, pages)


class InstrumentedImaging:
    """Wraps an Imaging: logs why an image is rejected, because the cause may be an error of ours."""

    def __init__(self, imaging: "Imaging") -> None:
        self._imaging = imaging

    def prepare(self, original: bytes, max_pixels: int) -> "PreparedImage":
        """See `ports.Imaging.prepare`."""
        with _log_unreadable_image():
            return self._imaging.prepare(original, max_pixels)

    def finish(self, output: IO[bytes], original: bytes | None, spec: "OutputSpec") -> "RenderedResult":
        """See `ports.Imaging.finish`."""
        with _log_unreadable_image():
            return self._imaging.finish(output, original, spec)


@contextmanager
def _log_unreadable_image() -> Iterator[None]:
    try:
        yield
    except UnreadableImage as problem:
        logger.warning("image refused", extra={"problem": str(problem)})
        raise


@contextmanager
def _log_provider_error(call: str) -> Iterator[None]:
    try:
        yield
    except ProviderError as problem:
        _log_provider_answer(call, problem)
        raise


def _log_provider_answer(call: str, problem: ProviderError) -> None:
    logger.warning("provider", extra={"call": call, "answer": str(problem), "meaning": type(problem).__name__})


class InstrumentedJobs:
    """Wraps a JobRepository: binds log lines to the job that was read, and counts each transition.

    Other methods pass through.
    """

    def __init__(self, jobs: "JobRepository") -> None:
        self._jobs = jobs

    def __getattr__(self, name: str) -> Any:
        return getattr(self._jobs, name)

    def get(self, job_id: str, *, consistent: bool = False) -> Job | None:
        """See `ports.JobRepository.get`."""
        bind_job(job_id)
        job = self._jobs.get(job_id, consistent=consistent)
        bind_job(job_id, job.provider_job_id if job else None)
        return job

    def create(self, job: Job, slot: "QuotaSlot") -> None:
        """See `ports.JobRepository.create`."""
        bind_job(job.id)
        self._jobs.create(job, slot)
        logger.info("job created", extra={"model": job.model})
        count("JobsCreated")

    def move(self, job_id: str, transition: Transition, changes: Mapping[str, Any], where: Mapping[str, Any]) -> Job:
        """See `ports.JobRepository.move`."""
        if transition is ACCEPT:
            bind_job(job_id, changes["provider_job_id"])
        if transition is BEGIN:
            return self._begin(job_id, changes, where)
        job = self._jobs.move(job_id, transition, changes, where)
        if transition is ACCEPT:
            put_metrics({"RunsAccepted": 1}, {"model": job.model})
        if transition is RETRY:
            count("JobsRetried")
        return job

    def _begin(self, job_id: str, changes: Mapping[str, Any], where: Mapping[str, Any]) -> Job:
        """Make the transition with which a start begins; it reads the row, so it binds log lines as `get` does."""
        bind_job(job_id)
        try:
            job = self._jobs.move(job_id, BEGIN, changes, where)
        except TransitionRefused as refusal:
            bind_job(job_id, refusal.current.provider_job_id if refusal.current else None)
            raise
        bind_job(job_id, job.provider_job_id)
        return job

    def finish(
        self, job: Job, transition: Transition, changes: Mapping[str, Any], *, refund: bool, ran: bool = True
    ) -> bool:
        """See `ports.JobRepository.finish`."""
        refunded = self._jobs.finish(job, transition, changes, refund=refund, ran=ran)
        _count_end(replace(job, **changes, status=transition.target), refunded=refunded)
        return refunded


def _count_end(job: Job, *, refunded: bool) -> None:
    timings = job.timings()
    facts = {"state": job.status.value, "reason": job.error_type, "refunded": refunded}
    logger.info("job ended", extra={**facts, "model": job.model, **timings})
    state = {"state": job.status.value}
    put_metrics({"JobsEnded": 1}, state, *([{**state, "reason": job.error_type}] if job.error_type else []))
    if job.model_ms is not None:
        put_metrics({"ModelTime": job.model_ms}, {"model": job.model})
    known: dict[str, float | None] = {"PlatformFailures": job.error_type in PLATFORM_FAULTS}
    if job.status is Status.SUCCEEDED:
        known |= {
            "QueueWait": timings["queueMs"],
            "CopyTime": timings["copyMs"],
            "TimeToResult": timings["totalMs"],
            "CopyBytes": job.output_size,
            "UndersizedResults": _undersized(job),
        }
    put_metrics({name: float(value) for name, value in known.items() if value is not None})


def _undersized(job: Job) -> bool:
    return (job.output_width or 0) * (job.output_height or 0) < prod(job.result_size)


def instrumented(jobs: "JobRepository") -> "JobRepository":
    """The port JobRepository, watched."""
    return cast("JobRepository", InstrumentedJobs(jobs))
