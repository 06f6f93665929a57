"""Tell how jobs and a quota stand and which models there are; 404 and 405 for all else. Trigger: HTTP API."""

from enhancer import __version__, bootstrap
from enhancer.domain.clock import utc_now
from enhancer.http import response
from enhancer.http.request import Request
from enhancer.http.response import Response
from enhancer.http.response_bodies import job_json, model_json, usage_json
from enhancer.http.routing import Routes, http_handler
from enhancer.usecases.list_jobs import DEFAULT_PAGE, list_jobs
from enhancer.usecases.read_job import read_job
from enhancer.usecases.read_usage import read_usage

routes = Routes()
access = bootstrap.access()
jobs = bootstrap.jobs()
usage_table = bootstrap.usage()
offers = bootstrap.offered()
longest_wait = bootstrap.settings.integer("STATUS_WAIT_SECONDS")
quota_jobs = bootstrap.settings.integer("QUOTA_JOBS")
max_bytes = bootstrap.settings.integer("MAX_UPLOAD_BYTES")


@routes.route("/api/ai-image/jobs/{id}", "GET")
def job(request: Request) -> Response:
    """One job; with ?wait=seconds as soon as it changes."""
    wait = min(request.number("wait", 0), longest_wait)
    caller = access.identify(request, "status")
    found = read_job(request.path_parameters["id"], caller, jobs=jobs, wait=wait)
    access.audit(caller, found, "read")
    return response.with_etag(
        request,
        job_json(found, request.language),
        {} if found.ended else {"retry-after": "2"},
    )


@routes.route("/api/ai-image/jobs", "GET")
def history(request: Request) -> Response:
    """The caller's jobs, newest first."""
    limit = request.number("limit", DEFAULT_PAGE)
    cursor = request.query("cursor")
    page = list_jobs(access.identify(request), jobs=jobs, limit=limit, cursor=cursor)
    return response.ok(
        {
            "jobs": [job_json(each, request.language) for each in page.jobs],
            "nextCursor": page.next_cursor,
        }
    )


@routes.route("/api/ai-image/usage", "GET")
def usage(request: Request) -> Response:
    """The caller's quota."""
    caller = access.identify(request)
    now = read_usage(caller, usage=usage_table, limit=quota_jobs, clock=utc_now)
    owner_type = caller.owner.type if caller else "guest"
    return response.ok({"ownerType": owner_type} | usage_json(now, quota_jobs, max_bytes))


@routes.route("/api/ai-image/models", "GET")
def models(request: Request) -> Response:
    """The models on offer."""
    access.identify(request)
    return response.ok({"models": [model_json(offer.model) for offer in offers.values()]})


@routes.route("/api/health", "GET")
def health(_: Request) -> Response:
    """Alive, and which version."""
    return response.ok({"status": "ok", "version": __version__})


handler = http_handler(
    routes,
    bootstrap.origin_secrets(),
    on_unmatched=access.count_unidentified,
    has_signed_cookie=access.has_signed_cookie,
)
