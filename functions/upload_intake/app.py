"""Take pictures in: presigned uploads, and jobs from them, from a form, or from an earlier job. Trigger: HTTP API."""

import json
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from enhancer import bootstrap
from enhancer.domain import keys
from enhancer.domain.clock import utc_now
from enhancer.domain.job import Job
from enhancer.domain.messages import Message
from enhancer.domain.owner import Caller
from enhancer.errors import PayloadTooLarge
from enhancer.http import response
from enhancer.http.request import Request
from enhancer.http.request_bodies import JobRequest, UploadRequest
from enhancer.http.response import Response
from enhancer.http.response_bodies import job_json, usage_json
from enhancer.http.routing import Routes, http_handler
from enhancer.observability import about, logger
from enhancer.usecases.await_job import await_job
from enhancer.usecases.create_job import (
    Choice,
    create_job_from_bytes,
    create_job_from_job,
    create_job_from_upload,
    look_at,
)
from enhancer.usecases.create_once import Route, create_once
from enhancer.usecases.read_job import find_job
from enhancer.usecases.read_usage import read_usage
from enhancer.usecases.request_upload import request_upload

if TYPE_CHECKING:
    from enhancer.http.access import DailyLimit
    from enhancer.http.multipart import Form

FORM_BYTES = 4 * 1024 * 1024  # what a function's 6 MB event holds of a file in base64, with room for the rest

routes = Routes()
intake = bootstrap.intake()
access = bootstrap.access()
generate_wait = bootstrap.settings.integer("GENERATE_WAIT_SECONDS")


@routes.route("/api/ai-image/uploads", "POST")
def upload(request: Request) -> Response:
    """Create a presigned upload URL; a caller without identity becomes a guest."""
    visitor = access.identify_or_create_guest(request, "upload")
    wanted = UploadRequest.read(request.json())
    with access.counted_against(*access.upload_limits(request, visitor.caller, intake.quota_jobs)):
        signed = request_upload(
            wanted.content_type,
            wanted.size,
            visitor.caller.owner,
            pictures=intake.pictures,
            max_bytes=intake.max_bytes,
            prefix=intake.prefix,
            clock=utc_now,
        )
    about(signed.upload_id)
    return response.ok(signed.document(), 201, cookie=visitor.cookie)


@routes.route("/api/ai-image/jobs", "POST")
def create(request: Request) -> Response:
    """Create a job from an upload or an earlier job (JSON), or from the picture in the body (multipart)."""
    if request.is_json:
        return _from_json(request)
    visitor = access.identify_or_create_guest(request, "create")
    job = _from_form(request, visitor.caller, "jobs")
    return response.accepted(job_json(job, request.language), cookie=visitor.cookie)


@routes.route("/api/ai-image/generate", "POST")
def generate(request: Request) -> Response:
    """Create a job from the picture in the body and wait for its result: 200 with it, or 202 with the job."""
    visitor = access.identify_or_create_guest(request, "create")
    job = await_job(_from_form(request, visitor.caller, "generate"), jobs=intake.jobs, seconds=generate_wait)
    if job.output_r2_key is None:
        return response.accepted(job_json(job, request.language), cookie=visitor.cookie)
    usage = read_usage(visitor.caller, usage=intake.usage, limit=intake.quota_jobs, clock=utc_now)
    shown = job_json(job, request.language)
    result = {"model": job.model, "originalUrl": shown["originalUrl"], "imageUrl": shown["imageUrl"]}
    return response.ok(result | usage_json(usage, intake.quota_jobs, intake.max_bytes), cookie=visitor.cookie)


def _from_json(request: Request) -> Response:
    caller = access.identify_or_create_guest(request, "create", guests=False).caller
    limits = access.job_limits(request, caller)
    wanted = JobRequest.read(request.json())
    choice = Choice(wanted.model, wanted.params, wanted.filename)
    if wanted.from_job_id is None:
        job_id = wanted.upload_id or ""
        make: Callable[[str], Job] = partial(create_job_from_upload, choice=choice, owner=caller.owner, intake=intake)
    else:
        source = find_job(wanted.from_job_id, caller, jobs=intake.jobs)
        job_id = keys.new_job_id(keys.content_type_of(source.id))
        make = partial(create_job_from_job, source=source, choice=choice, owner=caller.owner, intake=intake)
        limits += access.upload_limits(request, caller, intake.quota_jobs)
    order = json.dumps(wanted.model_dump(), sort_keys=True).encode()
    job = _once(request, order, job_id, caller, make, "jobs", limits)
    return response.accepted(job_json(job, request.language))


def _form(request: Request) -> "Form":
    from enhancer.http.multipart import read_form  # only where a form comes

    form = read_form(request.content_type, request.body(2 * FORM_BYTES))  # Lambda takes less anyway
    if len(form.image) > FORM_BYTES:
        raise PayloadTooLarge(Message.FORM_FILE_TOO_LARGE, size=len(form.image), maxBytes=FORM_BYTES)
    return form


def _from_form(request: Request, caller: Caller, route: Route) -> Job:
    form = _form(request)
    picture = look_at(form.image, intake)
    fields = dict(form.fields)
    choice = Choice(fields.pop("model", ""), fields, form.filename)
    job_id = keys.new_job_id(picture.content_type)
    order = json.dumps(form.fields, sort_keys=True).encode() + form.image
    make = partial(
        create_job_from_bytes, data=form.image, picture=picture, choice=choice, owner=caller.owner, intake=intake
    )
    limits = access.job_limits(request, caller) + access.upload_limits(request, caller, intake.quota_jobs)
    return _once(request, order, job_id, caller, make, route, limits)


def _once(
    request: Request,
    order: bytes,
    job_id: str,
    caller: Caller,
    make: Callable[[str], Job],
    route: Route,
    limits: list["DailyLimit"],
) -> Job:
    def admitted(job_id: str) -> Job:
        about(job_id)
        with access.counted_against(*limits):
            job = make(job_id)
        logger.info("job created", extra={"model": job.model})
        return job

    about(job_id)
    key = request.headers.get("idempotency-key", "")
    return create_once(
        key, route, order, job_id, caller.owner, admitted, jobs=intake.jobs, usage=intake.usage, clock=utc_now
    )


handler = http_handler(
    routes,
    bootstrap.origin_secrets(),
    on_unmatched=access.count_unidentified,
    has_signed_cookie=access.has_signed_cookie,
)
