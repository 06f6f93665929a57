"""Tell how a job and a quota stand, and that we are alive; 404 and 405 for all other paths. Trigger: HTTP API."""

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from enhancer import __version__, bootstrap, http_api
from enhancer.domain.clock import to_text, utc_now
from enhancer.job_json import job_json
from enhancer.usecases.read_job import read_job
from enhancer.usecases.read_usage import read_usage

app = APIGatewayHttpResolver()
identity = bootstrap.identity()
jobs = bootstrap.jobs()
usage_table = bootstrap.usage()
longest_wait = bootstrap.settings.integer("STATUS_WAIT_SECONDS")
quota_jobs = bootstrap.settings.integer("QUOTA_JOBS")
max_bytes = bootstrap.settings.integer("MAX_UPLOAD_BYTES")


@app.get("/api/ai-image/jobs/<job_id>")
def job(job_id: str) -> Response[str]:
    """One job; with ?wait=seconds as soon as it changes."""
    wait = http_api.seconds(app.current_event, "wait", longest_wait)
    found = read_job(job_id, identity.caller(*http_api.credentials(app.current_event)), jobs=jobs, wait=wait)
    return http_api.ok(job_json(found), headers={} if found.ended else {"retry-after": "2"})


@app.get("/api/ai-image/usage")
def usage() -> Response[str]:
    """The caller's quota."""
    owner = identity.caller(*http_api.credentials(app.current_event))
    now = read_usage(owner, usage=usage_table, limit=quota_jobs, clock=utc_now)
    return http_api.ok(
        {
            "ownerType": owner.type if owner else "guest",
            "usage": {
                "used": now.used,
                "remaining": now.remaining,
                "resetAt": to_text(now.reset_at) if now.reset_at else None,
            },
            "limits": {"jobs": quota_jobs, "windowSeconds": 86_400, "maxBytes": max_bytes},
        }
    )


@app.get("/api/health")
def health() -> Response[str]:
    """Alive, and which version."""
    return http_api.ok({"status": "ok", "version": __version__})


handler = http_api.serve(app, bootstrap.origin_secrets())
