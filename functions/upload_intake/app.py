"""Take pictures in: presigned uploads, and jobs from them or from a form. Trigger: HTTP API."""

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from enhancer import bootstrap, http_api
from enhancer.contracts import JobRequest, UploadRequest
from enhancer.domain.clock import utc_now
from enhancer.errors import PayloadTooLarge, Unauthorized
from enhancer.form import read_form
from enhancer.job_json import job_json
from enhancer.observability import logger
from enhancer.usecases.create_job import Choice, create_job_from_bytes, create_job_from_upload
from enhancer.usecases.request_upload import request_upload

FORM_BYTES = 4 * 1024 * 1024  # what a function's 6 MB event holds of a file in base64, with room for the rest

app = APIGatewayHttpResolver()
intake = bootstrap.intake()
identity = bootstrap.identity()


@app.post("/api/ai-image/uploads")
def upload() -> Response[str]:
    """Sign an upload; a caller that nobody knows becomes a guest."""
    wanted = UploadRequest.read(http_api.json_body(app.current_event))
    owner, cookie = identity.caller_or_guest(*http_api.credentials(app.current_event))
    signed = request_upload(
        wanted.content_type,
        wanted.size,
        owner,
        pictures=intake.pictures,
        max_bytes=intake.max_bytes,
        prefix=intake.prefix,
        clock=utc_now,
    )
    return http_api.ok(signed.document(), 201, cookie=cookie)


@app.post("/api/ai-image/jobs")
def create() -> Response[str]:
    """Create a job from an upload (JSON) or from the picture in the body (multipart)."""
    if http_api.content_type(app.current_event).startswith("application/json"):
        return _from_upload()
    return _from_form()


def _from_upload() -> Response[str]:
    wanted = JobRequest.read(http_api.json_body(app.current_event))
    owner = identity.caller(*http_api.credentials(app.current_event))
    if owner is None:
        raise Unauthorized("Send the cookie or the token that the upload was made with.")
    choice = Choice(wanted.model, wanted.params, wanted.filename)
    job = create_job_from_upload(wanted.upload_id, choice, owner, intake)
    logger.info("job created", extra={"job_id": job.id, "model": job.model})
    return http_api.accepted(job_json(job))


def _from_form() -> Response[str]:
    body = http_api.body_bytes(app.current_event)
    form = read_form(http_api.content_type(app.current_event), body)
    if len(form.image) > FORM_BYTES:
        message = f"The file has {len(form.image):,} bytes; a form takes at most {FORM_BYTES:,}: use POST /uploads."
        raise PayloadTooLarge(message, size=len(form.image), maxBytes=FORM_BYTES)
    model = form.fields.pop("model", "")
    owner, cookie = identity.caller_or_guest(*http_api.credentials(app.current_event))
    job = create_job_from_bytes(form.image, Choice(model, form.fields, form.filename), owner, intake)
    logger.info("job created", extra={"job_id": job.id, "model": job.model})
    return http_api.accepted(job_json(job), cookie=cookie)


handler = http_api.serve(app, bootstrap.origin_secrets())
