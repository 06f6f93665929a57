"""The timeline of a job, from its row alone: events, times, and what the provider said."""

import json
from collections.abc import Iterator

from enhancer.domain.clock import to_text
from enhancer.domain.job import Job
from enhancer.domain.messages import known
from enhancer.domain.retention import expiry
from enhancer.http.translations import render

Line = tuple[str, str]
NO_RUN = "the provider created no known run"


def timeline(job: Job) -> list[str]:
    """Return the lines `instant  event` in order of time."""
    lines = sorted([*_own(job), *_earlier(job), *_deliveries(job)])
    title = f"{job.id}  {job.model}  {job.params_json}  {job.status.value}"
    return [title, *(f"{instant}  {what}" for instant, what in lines)]


def _own(job: Job) -> Iterator[Line]:
    size = f"{job.input_width} x {job.input_height} pixels, {job.input_size:,} bytes"
    yield job.created_at, f"created by a {job.owner_type}: {size}"
    attempt = f"attempt {job.attempt}"
    if job.released_at:
        yield job.released_at, "reconcile released a claim without a run"
    if job.claimed_at:
        yield job.claimed_at, f"{attempt}: claimed"
    if job.provider_answered_at:
        yield job.provider_answered_at, f"{attempt}: {NO_RUN}: {job.provider_answer}"
    if job.accepted_at:
        yield job.accepted_at, f"{attempt}: run {job.provider_job_id} accepted; prepared {job.prepared_json}"
    if job.saving_at:
        yield job.saving_at, "saving began"
    if job.finished_at:
        yield job.finished_at, _ending(job)
    if job.deleted_at:
        yield job.deleted_at, "deleted by its owner or an admin"
    if job.check_at and job.waiting_for:
        yield job.updated_at, f"waiting for the {job.waiting_for}"
    if job.check_at:
        yield job.check_at, "(the next reconciliation check)"
    ends = expiry(job.created_at)
    yield to_text(ends.original), "(the original expires)"
    yield to_text(ends.result), "(the result expires)"


def _ending(job: Job) -> str:
    if job.error_type:
        because = f" ({job.not_saved_because})" if job.not_saved_because else ""
        refund = ", quota refunded" if job.quota_refunded else ""
        why = render(known(job.error_code), {})
        return f"{job.status.value}: {job.error_type}: {why}{because}{refund}"
    if job.output_sha256:
        size = f"{job.output_width} x {job.output_height} pixels, {job.output_size:,} bytes"
        return f"{job.status.value}: {size}, sha256 {job.output_sha256[:12]}…; report {job.report_json}"
    return f"{job.status.value}{', quota refunded' if job.quota_refunded else ''}"


def _earlier(job: Job) -> Iterator[Line]:
    """Yield the lines of the attempt before this one."""
    if job.previous_attempt_json is None:
        return
    attempt = json.loads(job.previous_attempt_json)
    for name, what in (("claimed_at", "claimed"), ("accepted_at", f"run {attempt['run']} accepted")):
        if attempt[name]:
            yield attempt[name], f"attempt {attempt['attempt']}: {what}"
    if attempt.get("provider_answered_at"):
        yield attempt["provider_answered_at"], f"attempt {attempt['attempt']}: {NO_RUN}: {attempt['provider_answer']}"
    yield attempt["ended_at"], f"attempt {attempt['attempt']}: ended by the platform: {attempt['error']}"


def _deliveries(job: Job) -> Iterator[Line]:
    for text in job.deliveries:
        line = json.loads(text)
        said = f"run {line['run']} {line['status']}" + (f": {line['error']}" if line["error"] else "")
        yield line["applied_at"], f"delivery {line['webhook_id']}: {said} (body sha256 {line['sha256'][:12]}…)"
