"""Do something about a job: cancel, delete, share; and open or close a session. Trigger: HTTP API."""

from enhancer import bootstrap, http_api
from enhancer.documents import job_json
from enhancer.domain.clock import to_text, utc_now
from enhancer.http_api import Answer
from enhancer.request import Request
from enhancer.usecases.cancel_job import cancel_job
from enhancer.usecases.delete_job import delete_job
from enhancer.usecases.share_job import share_job

routes = http_api.Routes()
access = bootstrap.access()
identity = bootstrap.identity()
jobs = bootstrap.jobs()
pictures = bootstrap.pictures()
provider = bootstrap.provider()
shares = bootstrap.shares()
prefix = bootstrap.prefix()
base_url = bootstrap.settings.text("PUBLIC_BASE_URL")


@routes.on("/api/ai-image/jobs/{id}/cancel", "POST")
def cancel(request: Request) -> Answer:
    """Ask for a job to end: 200 when it has, 202 while the provider still decides."""
    caller = access.reader(request)
    job = cancel_job(request.parameters["id"], caller, jobs=jobs, provider=provider, clock=utc_now)
    return http_api.ok(job_json(job, request.language), 200 if job.ended else 202)


@routes.on("/api/ai-image/jobs/{id}", "DELETE")
def delete(request: Request) -> Answer:
    """Delete a job's pictures, and it from the history."""
    caller = access.reader(request)
    job = delete_job(
        request.parameters["id"],
        caller,
        jobs=jobs,
        pictures=pictures,
        provider=provider,
        prefix=prefix,
        clock=utc_now,
        audit=lambda job: access.audit(caller, job, "delete"),
    )
    return http_api.ok({"id": job.id, "deletedAt": job.deleted_at})


@routes.on("/api/ai-image/jobs/{id}/share", "POST")
def share(request: Request) -> Answer:
    """Make a link to a result for others."""
    from enhancer.contracts import ShareRequest  # the one route here that reads a body

    caller = access.reader(request)
    wanted = ShareRequest.read(request.json())
    made = share_job(request.parameters["id"], caller, wanted.expires_in, jobs=jobs, links=shares, clock=utc_now)
    return http_api.ok({"url": base_url + made.path, "expiresAt": to_text(made.expires_at)}, 201)


@routes.on("/api/session", "POST")
def sign_in(request: Request) -> Answer:
    """Turn a bearer token into a session cookie."""
    access.reader(request)
    cookie, ends = identity.open_session(identity.token(request.headers))
    return http_api.ok({"expiresAt": to_text(ends)}, 201, cookie=cookie)


@routes.on("/api/session", "DELETE")
def sign_out(request: Request) -> Answer:
    """Forget the session."""
    access.reader(request)
    return http_api.ok({}, cookie=identity.close_session())


handler = http_api.serve(routes, bootstrap.origin_secrets(), stranger=access.stranger)
