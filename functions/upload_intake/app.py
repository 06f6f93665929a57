"""Accept images: presigned uploads, and jobs from an upload, a form, or an earlier job. Trigger: HTTP API."""

import json
from typing import TYPE_CHECKING

from enhancer import bootstrap
from enhancer.domain import keys
from enhancer.domain.authorization import may_change
from enhancer.domain.job import Job
from enhancer.domain.messages import Message
from enhancer.domain.owner import Caller
from enhancer.errors import PayloadTooLarge
from enhancer.http import response
from enhancer.http.request import Request
from enhancer.http.request_bodies import JobRequest, UploadRequest
from enhancer.http.response import Response
from enhancer.http.response_bodies import job_json, upload_json, usage_json
from enhancer.http.routing import Routes, http_handler
from enhancer.observability import bind_job
from enhancer.usecases.create_job import FromBytes, FromJob, FromUpload, JobOptions, NewJob
from enhancer.usecases.create_once import Route
from enhancer.usecases.steps import find_job

if TYPE_CHECKING:
    from enhancer.http.multipart import Form

FORM_BYTES = 4 * 1024 * 1024  # a function's 6 MB event holds as much in base64, with room for the rest

routes = Routes()
access = bootstrap.access()
request_upload = bootstrap.request_upload()
create_job = bootstrap.create_job()
create_once = bootstrap.create_once(create_job)
await_job = bootstrap.await_job()
read_usage = bootstrap.read_usage()
generate_wait = bootstrap.settings.integer("GENERATE_WAIT_SECONDS")


@routes.route("/api/ai-image/uploads", "POST")
def upload(request: Request) -> Response:
    """Create a presigned upload URL; a caller without identity becomes a guest."""
    visitor = access.identify_or_create_guest(request, "upload")
    wanted = UploadRequest.read(request.json())
    with access.counted_against(*access.upload_limits(request, visitor.caller, read_usage.limit)):
        created = request_upload(wanted.content_type, wanted.size, visitor.caller.owner)
    bind_job(created.upload_id)
    return response.ok(upload_json(created), 201, cookie=visitor.cookie)


@routes.route("/api/ai-image/jobs", "POST")
def create(request: Request) -> Response:
    """Create a job from an upload or an earlier job (JSON), or from the image in the body (multipart)."""
    if request.is_json:
        return _from_json(request)
    visitor = access.identify_or_create_guest(request, "create")
    job = _from_form(request, visitor.caller, "jobs")
    return response.accepted(job_json(job, request.language), cookie=visitor.cookie)


@routes.route("/api/ai-image/generate", "POST")
def generate(request: Request) -> Response:
    """Create a job from the image in the body and wait for its result: 200 with it, or 202 with the job."""
    visitor = access.identify_or_create_guest(request, "create")
    job = await_job(_from_form(request, visitor.caller, "generate"), generate_wait)
    if job.output_r2_key is None:
        return response.accepted(job_json(job, request.language), cookie=visitor.cookie)
    usage = usage_json(read_usage(visitor.caller), read_usage.limit, request_upload.max_bytes)
    shown = job_json(job, request.language)
    result = {"model": job.model, "originalUrl": shown["originalUrl"], "imageUrl": shown["imageUrl"]}
    return response.ok(result | usage, cookie=visitor.cookie)


def _from_json(request: Request) -> Response:
    caller = access.identify_or_create_guest(request, "create", guests=False).caller
    limits = access.job_limits(request, caller)
    wanted = JobRequest.read(request.json())
    source: FromUpload | FromJob
    if wanted.from_job_id is None:
        job_id, source = wanted.upload_id or "", FromUpload()
    else:
        source = FromJob(find_job(wanted.from_job_id, caller, may_change, jobs=create_job.jobs))
        job_id = keys.new_job_id(keys.content_type_of(source.job.id))
        limits += access.upload_limits(request, caller, read_usage.limit)
    options = JobOptions(wanted.model, wanted.params, wanted.filename)
    new = NewJob(job_id, source, options, caller.owner, access.counted_against(*limits))
    job = _create(request, new, "jobs", json.dumps(wanted.model_dump(), sort_keys=True).encode())
    return response.accepted(job_json(job, request.language))


def _form(request: Request) -> "Form":
    from enhancer.http.multipart import read_form  # imported only for forms

    form = read_form(request.content_type, request.body(2 * FORM_BYTES))  # Lambda's own limit is below that
    if len(form.image) > FORM_BYTES:
        raise PayloadTooLarge(Message.FORM_FILE_TOO_LARGE, size=len(form.image), maxBytes=FORM_BYTES)
    return form


def _from_form(request: Request, caller: Caller, route: Route) -> Job:
    form = _form(request)
    source = FromBytes(form.image, create_job.inspect(form.image))
    fields = dict(form.fields)
    options = JobOptions(fields.pop("model", ""), fields, form.filename)
    job_id = keys.new_job_id(source.info.content_type)
    limits = access.job_limits(request, caller) + access.upload_limits(request, caller, read_usage.limit)
    new = NewJob(job_id, source, options, caller.owner, access.counted_against(*limits))
    return _create(request, new, route, json.dumps(form.fields, sort_keys=True).encode() + form.image)


def _create(request: Request, new: NewJob, route: Route, fingerprint: bytes) -> Job:
    bind_job(new.job_id)
    return create_once(new, request.headers.get("idempotency-key", ""), route, fingerprint)


handler = http_handler(
    routes,
    bootstrap.origin_secrets(),
    on_unmatched=access.count_unidentified,
    has_signed_cookie=access.has_signed_cookie,
)
