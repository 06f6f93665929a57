"""Tell how jobs and a quota stand and which models there are; 404 and 405 for all else. Trigger: HTTP API."""

from enhancer import __version__, bootstrap, http_api
from enhancer.documents import job_json, model_json, usage_json
from enhancer.domain.clock import utc_now
from enhancer.http_api import Answer
from enhancer.request import Request
from enhancer.usecases.list_jobs import DEFAULT_PAGE, list_jobs
from enhancer.usecases.read_job import read_job
from enhancer.usecases.read_usage import read_usage

routes = http_api.Routes()
access = bootstrap.access()
jobs = bootstrap.jobs()
usage_table = bootstrap.usage()
offers = bootstrap.offered()
longest_wait = bootstrap.settings.integer("STATUS_WAIT_SECONDS")
quota_jobs = bootstrap.settings.integer("QUOTA_JOBS")
max_bytes = bootstrap.settings.integer("MAX_UPLOAD_BYTES")


@routes.on("/api/ai-image/jobs/{id}", "GET")
def job(request: Request) -> Answer:
    """One job; with ?wait=seconds as soon as it changes."""
    wait = min(request.number("wait", 0), longest_wait)
    caller = access.reader(request, "status")
    found = read_job(request.parameters["id"], caller, jobs=jobs, wait=wait)
    access.audit(caller, found, "read")
    return http_api.fresh(
        request,
        job_json(found, request.language),
        {} if found.ended else {"retry-after": "2"},
    )


@routes.on("/api/ai-image/jobs", "GET")
def history(request: Request) -> Answer:
    """The caller's jobs, newest first."""
    limit = request.number("limit", DEFAULT_PAGE)
    cursor = request.query("cursor")
    page = list_jobs(access.reader(request), jobs=jobs, limit=limit, cursor=cursor)
    return http_api.ok(
        {
            "jobs": [job_json(each, request.language) for each in page.jobs],
            "nextCursor": page.next_cursor,
        }
    )


@routes.on("/api/ai-image/usage", "GET")
def usage(request: Request) -> Answer:
    """The caller's quota."""
    caller = access.reader(request)
    now = read_usage(caller, usage=usage_table, limit=quota_jobs, clock=utc_now)
    owner_type = caller.owner.type if caller else "guest"
    return http_api.ok({"ownerType": owner_type} | usage_json(now, quota_jobs, max_bytes))


@routes.on("/api/ai-image/models", "GET")
def models(request: Request) -> Answer:
    """The models on offer."""
    access.reader(request)
    return http_api.ok({"models": [model_json(offer.model) for offer in offers.values()]})


@routes.on("/api/health", "GET")
def health(_: Request) -> Answer:
    """Alive, and which version."""
    return http_api.ok({"status": "ok", "version": __version__})


handler = http_api.serve(routes, bootstrap.origin_secrets(), stranger=access.stranger)
