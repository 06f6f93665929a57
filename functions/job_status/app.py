"""Tell how jobs and a quota stand and which models there are; 404 and 405 for all else. Trigger: HTTP API."""

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from enhancer import __version__, bootstrap, http_api
from enhancer.documents import model_json, usage_json
from enhancer.domain.clock import utc_now
from enhancer.usecases.list_jobs import DEFAULT_PAGE, MAX_PAGE, list_jobs
from enhancer.usecases.read_job import read_job
from enhancer.usecases.read_usage import read_usage

app = APIGatewayHttpResolver()
access = bootstrap.access()
jobs = bootstrap.jobs()
usage_table = bootstrap.usage()
offers = bootstrap.offered()
longest_wait = bootstrap.settings.integer("STATUS_WAIT_SECONDS")
quota_jobs = bootstrap.settings.integer("QUOTA_JOBS")
max_bytes = bootstrap.settings.integer("MAX_UPLOAD_BYTES")


@app.get("/api/ai-image/jobs/<job_id>")
def job(job_id: str) -> Response[str]:
    """One job; with ?wait=seconds as soon as it changes."""
    wait = min(http_api.number(app.current_event, "wait", 0), longest_wait)
    caller = access.reader(app.current_event, "status")
    found = read_job(job_id, caller, jobs=jobs, wait=wait)
    access.audit(caller, found, "read")
    return http_api.fresh(
        app.current_event,
        http_api.job_document(app.current_event, found),
        {} if found.ended else {"retry-after": "2"},
    )


@app.get("/api/ai-image/jobs")
def history() -> Response[str]:
    """The caller's jobs, newest first."""
    limit = min(http_api.number(app.current_event, "limit", DEFAULT_PAGE), MAX_PAGE)
    cursor = http_api.query(app.current_event, "cursor")
    page = list_jobs(access.reader(app.current_event), jobs=jobs, limit=limit, cursor=cursor)
    return http_api.ok(
        {
            "jobs": [http_api.job_document(app.current_event, each) for each in page.jobs],
            "nextCursor": page.next_cursor,
        }
    )


@app.get("/api/ai-image/usage")
def usage() -> Response[str]:
    """The caller's quota."""
    caller = access.reader(app.current_event)
    now = read_usage(caller, usage=usage_table, limit=quota_jobs, clock=utc_now)
    owner_type = caller.owner.type if caller else "guest"
    return http_api.ok({"ownerType": owner_type} | usage_json(now, quota_jobs, max_bytes))


@app.get("/api/ai-image/models")
def models() -> Response[str]:
    """The models on offer."""
    access.reader(app.current_event)
    return http_api.ok({"models": [model_json(offer.model) for offer in offers.values()]})


@app.get("/api/health")
def health() -> Response[str]:
    """Alive, and which version."""
    return http_api.ok({"status": "ok", "version": __version__})


handler = http_api.serve(app, bootstrap.origin_secrets())
