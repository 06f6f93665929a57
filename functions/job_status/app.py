"""Read-only API: jobs, quota, models, health; 404 and 405 for every other path. Trigger: HTTP API."""

from enhancer import __version__, bootstrap
from enhancer.http import response
from enhancer.http.request import Request
from enhancer.http.response import Response
from enhancer.http.response_bodies import job_json, model_json, usage_json
from enhancer.http.routing import Routes, http_handler
from enhancer.usecases.list_jobs import DEFAULT_PAGE

routes = Routes()
access = bootstrap.access()
read_job = bootstrap.read_job()
list_jobs = bootstrap.list_jobs()
read_usage = bootstrap.read_usage()
allowed_models = bootstrap.allowed_models()
longest_wait = bootstrap.settings.integer("STATUS_WAIT_SECONDS")
max_bytes = bootstrap.settings.integer("MAX_UPLOAD_BYTES")


@routes.route("/api/ai-image/jobs/{id}", "GET")
def job(request: Request) -> Response:
    """Return a job; with `?wait=seconds` as soon as it changes."""
    wait = min(request.number("wait", 0), longest_wait)
    caller = access.identify(request, "status")
    found = read_job(request.path_parameters["id"], caller, wait)
    access.audit(caller, found, "read")
    return response.with_etag(
        request,
        job_json(found, request.language),
        {} if found.ended else {"retry-after": "2"},
    )


@routes.route("/api/ai-image/jobs", "GET")
def history(request: Request) -> Response:
    """Return the caller's jobs, newest first."""
    limit = request.number("limit", DEFAULT_PAGE)
    cursor = request.query("cursor")
    page = list_jobs(access.identify(request), limit, cursor)
    return response.ok(
        {
            "jobs": [job_json(each, request.language) for each in page.jobs],
            "nextCursor": page.next_cursor,
        }
    )


@routes.route("/api/ai-image/usage", "GET")
def usage(request: Request) -> Response:
    """Return the caller's quota."""
    caller = access.identify(request)
    owner_type = caller.owner.type if caller else "guest"
    return response.ok({"ownerType": owner_type} | usage_json(read_usage(caller), read_usage.limit, max_bytes))


@routes.route("/api/ai-image/models", "GET")
def models(request: Request) -> Response:
    """Return the allowed models."""
    access.identify(request)
    return response.ok({"models": [model_json(allowed.model) for allowed in allowed_models.values()]})


@routes.route("/api/health", "GET")
def health(_: Request) -> Response:
    """Return the version, as a sign that the function works."""
    return response.ok({"status": "ok", "version": __version__})


handler = http_handler(
    routes,
    bootstrap.origin_secrets(),
    on_unmatched=access.count_unidentified,
    has_signed_cookie=access.has_signed_cookie,
)
