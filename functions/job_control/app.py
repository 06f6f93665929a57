"""Cancel, delete or share a job; open or close a session. Trigger: HTTP API."""

from enhancer import bootstrap
from enhancer.domain.clock import to_text
from enhancer.http import response
from enhancer.http.request import Request
from enhancer.http.response import Response
from enhancer.http.response_bodies import job_json
from enhancer.http.routing import Routes, http_handler

routes = Routes()
access = bootstrap.access()
identity = bootstrap.identity()
cancel_job = bootstrap.cancel_job()
delete_job = bootstrap.delete_job()
share_job = bootstrap.share_job()
base_url = bootstrap.settings.text("PUBLIC_BASE_URL")


@routes.route("/api/ai-image/jobs/{id}/cancel", "POST")
def cancel(request: Request) -> Response:
    """Cancel a job: 200 when it has ended, 202 while the provider still decides."""
    caller = access.identify(request)
    job = cancel_job(request.path_parameters["id"], caller)
    return response.ok(job_json(job, request.language), 200 if job.ended else 202)


@routes.route("/api/ai-image/jobs/{id}", "DELETE")
def delete(request: Request) -> Response:
    """Delete a job's images and hide it from the history."""
    caller = access.identify(request)
    job = delete_job(request.path_parameters["id"], caller, lambda job: access.audit(caller, job, "delete"))
    return response.ok({"id": job.id, "deletedAt": job.deleted_at})


@routes.route("/api/ai-image/jobs/{id}/share", "POST")
def share(request: Request) -> Response:
    """Create a share link to a result."""
    from enhancer.http.request_bodies import ShareRequest  # the one route here that reads a body

    caller = access.identify(request)
    wanted = ShareRequest.read(request.json())
    made = share_job(request.path_parameters["id"], caller, wanted.expires_in)
    return response.ok({"url": base_url + made.path, "expiresAt": to_text(made.expires_at)}, 201)


@routes.route("/api/session", "POST")
def sign_in(request: Request) -> Response:
    """Exchange a bearer token for a session cookie."""
    access.identify(request)
    cookie, ends = identity.open_session(identity.token(request.headers))
    return response.ok({"expiresAt": to_text(ends)}, 201, cookie=cookie)


@routes.route("/api/session", "DELETE")
def sign_out(request: Request) -> Response:
    """Delete the session cookie."""
    access.identify(request)
    return response.ok({}, cookie=identity.close_session())


handler = http_handler(
    routes,
    bootstrap.origin_secrets(),
    on_unmatched=access.count_unidentified,
    has_signed_cookie=access.has_signed_cookie,
)
