"""The requests that the functions and their baselines answer, with the settings, rows and secrets behind them."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from deployment import ROOT
from enhancer.adapters.dynamo_items import job_item
from enhancer.adapters.signing import Signer
from enhancer.domain import keys
from enhancer.domain.job import Job, Status
from enhancer.domain.owner import Owner
from enhancer.usecases.request_upload import upload_headers

BUCKET, PREFIX, BASE_URL = "images", "ai-enhancer/", "https://images.example.com"
OWNER = Owner("user", "o" * 26, "alice")
JOB_ID = "j" + "a" * 25
UPLOAD_ID = "j" + "b" * 25
MODEL = "nightmareai/real-esrgan"
RUN_ID = "gm3qorzdhgbfurvjtvhg6dckhu"
_KEY = base64.b64encode(b"k" * 32).decode()
SECRETS = {
    "/bench/r2-access-key-id": "key-id",
    "/bench/r2-secret-access-key": "secret",
    "/bench/replicate-webhook-secret": f"whsec_{_KEY}",
    "/bench/owner-key": _KEY,
    "/bench/cookie-keys": f"one:{_KEY}",
    "/bench/share-keys": f"one:{_KEY}",
    "/bench/origin-secrets": "origin-secret",
}
IMAGE = (ROOT / "samples" / "cat.jpg").read_bytes()
STORED = upload_headers(UPLOAD_ID, len(IMAGE))


def settings(url: str) -> dict[str, str]:
    """Return the environment variables of every function; `url` is the stub's."""
    names = (
        "R2_ACCESS_KEY_ID R2_SECRET_ACCESS_KEY REPLICATE_WEBHOOK_SECRET OWNER_KEY COOKIE_KEYS SHARE_KEYS ORIGIN_SECRETS"
    )
    return {name: f"/bench/{name.lower().replace('_', '-')}" for name in names.split()} | {
        "ENVIRONMENT": "dev",
        "PUBLIC_BASE_URL": BASE_URL,
        "JOBS_TABLE": "jobs",
        "USAGE_TABLE": "usage",
        "START_QUEUE_URL": f"{url}/1/start",
        "COMPLETION_QUEUE_URL": f"{url}/1/completion",
        "R2_AI_IMAGES_BUCKET": BUCKET,
        "R2_ENDPOINT": url,
        "R2_PUBLIC_ENDPOINT": url,
        "AI_R2_PREFIX": PREFIX,
        "ALLOWED_MODELS": MODEL,
        "RATE_LIMITS": "create=10,upload=60,status=240,image=240,other=30,guest=10",
        "GUEST_JOBS_PER_ADDRESS": "60",
        "REQUIRE_VERIFIED_EMAIL": "false",
        "MAX_UPLOAD_BYTES": "10485760",
        "MAX_PIXELS": "50000000",
        "QUOTA_JOBS": "1000000",
        "DAILY_RUN_LIMIT": "1000000",
        "GENERATE_WAIT_SECONDS": "25",
        "STATUS_WAIT_SECONDS": "0",
        "POWERTOOLS_SERVICE_NAME": "bench",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_SESSION_TOKEN": "bench",
        "AWS_ENDPOINT_URL": url,
        # as on Lambda
        "LAMBDA_TASK_ROOT": "/var/task",
        "AWS_LAMBDA_FUNCTION_NAME": "bench",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "_X_AMZN_TRACE_ID": "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0",
    }


def rows() -> dict[str, Any]:
    """Return the rows of the tables, by key: one job that has succeeded."""
    output, preview, thumb = keys.result_keys(PREFIX, OWNER, JOB_ID, "webp")
    at = "2026-11-22T09:30:0{}.000Z".format
    job = Job(
        id=JOB_ID,
        owner_type=OWNER.type,
        owner_id=OWNER.id,
        user_id=OWNER.subject,
        model=MODEL,
        params_json=json.dumps({"scale": 4, "outputFormat": "webp", "outputQuality": 90}),
        status=Status.SUCCEEDED,
        filename="cat.jpg",
        provider_job_id=RUN_ID,
        input_r2_key=keys.original_key(PREFIX, OWNER, JOB_ID),
        input_content_type="image/jpeg",
        input_size=len(IMAGE),
        input_width=320,
        input_height=213,
        prepared_json=json.dumps({"oriented": False, "metadataRemoved": True}),
        result_width=1280,
        result_height=852,
        report_json=json.dumps({"colourShift": 2.19, "structuralSimilarity": 0.967, "sharpnessGain": 1.59}),
        output_r2_key=output,
        output_content_type="image/webp",
        output_size=181_234,
        output_width=1280,
        output_height=852,
        output_sha256="e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        preview_r2_key=preview,
        thumb_r2_key=thumb,
        quota_window=at(0),
        created_at=at(0),
        updated_at=at(9),
        claimed_at=at(1),
        accepted_at=at(2),
        saving_at=at(8),
        finished_at=at(9),
        model_ms=5200,
        expires_at=int(time.time()) + 86_400,
    )
    return {JOB_ID: job_item(job)}


def _event(method: str, path: str, route: str, body: str | None = None, **headers: str) -> dict[str, Any]:
    claims = [OWNER.id, OWNER.subject, "user", True, int(time.time()) + 3600]
    value = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    session = Signer(lambda: [SECRETS["/bench/cookie-keys"]]).sign("session", value)
    path_only, _, query = path.partition("?")
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": f"ANY {route}",
        "rawPath": path_only,
        "rawQueryString": query,
        "cookies": [f"__Host-session={session}"],
        "headers": {
            "host": "images.example.com",
            "user-agent": "bench",
            "x-origin-verify": "origin-secret",
            "x-viewer-address": "203.0.113.7",
        }
        | {name.replace("_", "-"): value for name, value in headers.items()},
        "requestContext": {
            "accountId": "1",
            "apiId": "bench",
            "domainName": "images.example.com",
            "domainPrefix": "images",
            "http": {
                "method": method,
                "path": path_only,
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7",
                "userAgent": "bench",
            },
            "requestId": "request",
            "routeKey": f"ANY {route}",
            "stage": "$default",
            "time": "22/Nov/2026:12:00:00 +0000",
            "timeEpoch": 1795348800000,
        },
        "isBase64Encoded": False,
    }
    if query:
        event["queryStringParameters"] = dict(pair.partition("=")[::2] for pair in query.split("&"))
    if body is not None:
        event["body"] = body
        event["headers"]["content-type"] = "application/json"
    return event


def status_event() -> dict[str, Any]:
    """Return a user's request for a job."""
    path = f"/api/ai-image/jobs/{JOB_ID}"
    return _event("GET", path, "/api/ai-image/jobs/{id}") | {"pathParameters": {"id": JOB_ID}}


def webhook_event(output: str = "https://replicate.delivery/xyz/out.png", job_id: str = JOB_ID) -> dict[str, Any]:
    """Return Replicate's delivery of a finished run, signed now."""
    run = {
        "id": RUN_ID,
        "version": "hidden",
        "status": "succeeded",
        "input": {
            "image": f"https://r2.example.com/{BUCKET}/{keys.original_key(PREFIX, OWNER, job_id)}?X-Amz-Signature=x"
        },
        "output": output,
        "error": None,
        "metrics": {"predict_time": 5.2},
    }
    body, stamp = json.dumps(run), str(int(time.time()))
    digest = hmac.digest(base64.b64decode(_KEY), f"msg_1.{stamp}.{body}".encode(), hashlib.sha256)
    signature = "v1," + base64.b64encode(digest).decode()
    headers = {"webhook_id": "msg_1", "webhook_timestamp": stamp, "webhook_signature": signature}
    return _event("POST", f"/api/webhooks/replicate?job={job_id}", "/api/webhooks/replicate", body, **headers)


def image_event() -> dict[str, Any]:
    """Return the request of the owner's browser for the result."""
    key = keys.result_keys(PREFIX, OWNER, JOB_ID, "webp")[0]
    return _event("GET", f"/r2-ai/{key}", "/r2-ai/{key+}") | {"pathParameters": {"key": key}}


def create_event() -> dict[str, Any]:
    """Return a user's request to create a job from an upload."""
    order = {"uploadId": UPLOAD_ID, "model": MODEL, "params": {"scale": 4}, "filename": "cat.jpg"}
    return _event("POST", "/api/ai-image/jobs", "/api/ai-image/jobs", json.dumps(order))


def _json(answer: Mapping[str, Any]) -> Any:
    return json.loads(answer["body"])


def _link(answer: Mapping[str, Any]) -> Any:
    headers = {name.lower(): value for name, value in answer["headers"].items()}
    return answer["statusCode"], headers["location"].partition("?")[0]


def _made(answer: Mapping[str, Any]) -> Any:
    volatile = {"createdAt", "updatedAt", "expires"}
    return answer["statusCode"], {name: value for name, value in _json(answer)["data"].items() if name not in volatile}


@dataclass(frozen=True)
class Scenario:
    """One request: our function's folder, and `same`, the part of an answer that must equal the baseline's."""

    name: str
    function: str
    event: Callable[[], dict[str, Any]]
    same: Callable[[Mapping[str, Any]], Any]
    baseline: str | None
    """The baseline's module in tests/budgets/handlers, if there is one."""


SCENARIOS = (
    Scenario("status", "job_status", status_event, _json, "boto3_status"),
    Scenario("webhook", "replicate_webhook", webhook_event, _json, "boto3_webhook"),
    Scenario("image", "image_proxy", image_event, _link, "boto3_image"),
    Scenario("create", "upload_intake", create_event, _made, None),
)
