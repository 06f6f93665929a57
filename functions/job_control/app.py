"""Do something about a job: cancel, delete, share; and open or close a session. Trigger: HTTP API."""

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from enhancer import bootstrap, http_api
from enhancer.contracts import ShareRequest
from enhancer.domain.clock import to_text, utc_now
from enhancer.usecases.cancel_job import cancel_job
from enhancer.usecases.delete_job import delete_job
from enhancer.usecases.share_job import share_job

app = APIGatewayHttpResolver()
access = bootstrap.access()
identity = bootstrap.identity()
jobs = bootstrap.jobs()
pictures = bootstrap.pictures()
provider = bootstrap.provider()
shares = bootstrap.shares()
prefix = bootstrap.prefix()
base_url = bootstrap.settings.text("PUBLIC_BASE_URL")


@app.post("/api/ai-image/jobs/<job_id>/cancel")
def cancel(job_id: str) -> Response[str]:
    """Ask for a job to end: 200 when it has, 202 while the provider still decides."""
    caller = access.reader(app.current_event)
    job = cancel_job(job_id, caller, jobs=jobs, provider=provider, clock=utc_now)
    return http_api.ok(http_api.job_document(app.current_event, job), 200 if job.ended else 202)


@app.delete("/api/ai-image/jobs/<job_id>")
def delete(job_id: str) -> Response[str]:
    """Delete a job's pictures, and it from the history."""
    caller = access.reader(app.current_event)
    job = delete_job(job_id, caller, jobs=jobs, pictures=pictures, provider=provider, prefix=prefix, clock=utc_now)
    access.audit(caller, job, "delete")
    return http_api.ok({"id": job.id, "deletedAt": job.deleted_at})


@app.post("/api/ai-image/jobs/<job_id>/share")
def share(job_id: str) -> Response[str]:
    """Make a link to a result for others."""
    caller = access.reader(app.current_event)
    wanted = ShareRequest.read(http_api.json_body(app.current_event))
    made = share_job(job_id, caller, wanted.expires_in, jobs=jobs, links=shares, clock=utc_now)
    return http_api.ok({"url": base_url + made.path, "expiresAt": to_text(made.expires_at)}, 201)


@app.post("/api/session")
def sign_in() -> Response[str]:
    """Turn a bearer token into a session cookie."""
    access.reader(app.current_event)
    cookie, ends = identity.open_session(identity.token(http_api.header_map(app.current_event)))
    return http_api.ok({"expiresAt": to_text(ends)}, 201, cookie=cookie)


@app.delete("/api/session")
def sign_out() -> Response[str]:
    """Forget the session."""
    access.reader(app.current_event)
    return http_api.ok({}, cookie=identity.close_session())


handler = http_api.serve(app, bootstrap.origin_secrets())
