"""A person's whole way through the API by the client that openapi-python-client made of docs/openapi.yaml, unedited.

One line of JSON on standard input: `package` (the folder above the generated one), `url`, `image` (a file), `token`,
`secret` (the provider's, of deliveries). Tells each request: its operation, the body's media type, the answer's status.
"""

import importlib
import json
import sys
import time
from datetime import UTC, datetime
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from standardwebhooks.webhooks import Webhook

asked = json.loads(sys.stdin.readline())
sys.path.insert(0, asked["package"])
made = importlib.import_module("image_enhancer_client")
models = importlib.import_module("image_enhancer_client.models")
types = importlib.import_module("image_enhancer_client.types")
shown = Path(asked["image"]).read_bytes()
told: dict[str, Any] = {"calls": []}


def tell(response: httpx.Response) -> None:
    body = response.request.headers.get("content-type", "").partition(";")[0] or None
    told["calls"].append({"operation": told["operation"], "body": body, "status": response.status_code})


settings: dict[str, Any] = {
    "base_url": asked["url"],
    "raise_on_unexpected_status": True,
    "httpx_args": {"event_hooks": {"response": [tell]}},
}
client = made.Client(**settings)


def call(tag: str, operation: str, as_whom: Any = client, **arguments: Any) -> Any:
    """The parsed answer of an operation, which must be of a success."""
    told["operation"] = operation
    answer = importlib.import_module(f"image_enhancer_client.api.{tag}.{operation}").sync_detailed(
        client=as_whom, **arguments
    )
    assert answer.status_code < HTTPStatus.BAD_REQUEST, (operation, answer.content)
    return answer.parsed


def file() -> Any:
    return types.File(payload=BytesIO(shown), file_name="cat.jpg", mime_type="image/jpeg")


def ended(job_id: str) -> Any:
    for _ in range(120):
        job = call("jobs", "read_job", id=job_id, wait=20).data
        if job.stage == "done":
            assert job.status == "succeeded", job
            return job
        time.sleep(0.2)
    raise TimeoutError(job_id)


def upload() -> str:
    """The id of an upload whose image is there."""
    wanted = models.UploadRequest(
        filename="cat.jpg", content_type=models.UploadRequestContentType.IMAGEJPEG, size=len(shown)
    )
    signed = call("enhance", "request_upload", body=wanted).data
    stored = httpx.put(signed.url, content=shown, headers=signed.headers.to_dict())
    assert stored.status_code == HTTPStatus.OK, stored.text
    return str(signed.upload_id)


def order(**fields: Any) -> Any:
    request = models.JobRequest(model=MODEL, filename="cat.jpg", **fields)
    request.params = models.JobRequestParams.from_dict({"scale": 2})
    return request


MODEL = "nightmareai/real-esrgan"
call("installation", "health")
call("installation", "read_description")
call("installation", "read_docs")
call("installation", "read_docs_file", file="start.js")
call("installation", "list_models")
slow = call("enhance", "create_job", body=order(upload_id=upload())).data
call("jobs", "cancel_job", id=slow.id)
upload_id = upload()
first = ended(call("enhance", "create_job", body=order(upload_id=upload_id), idempotency_key=upload_id).data.id)
form = models.Form(image=file(), model=MODEL, scale="2", output_format=models.FormOutputFormat.WEBP)
ended(call("enhance", "create_job", body=form).data.id)
call("enhance", "generate", body=models.Form(image=file(), model=MODEL, scale="2"))
again = ended(call("enhance", "create_job", body=order(from_job_id=first.id)).data.id)
told["listed"] = len(call("jobs", "list_jobs", limit=100).data.jobs)
told["created"] = first.created_at.isoformat()
key = first.image_url.removeprefix("/r2-ai/")
call("images", "head_image", key=key)
call("images", "read_image", key=key)
link = call("jobs", "share_job", id=first.id, body=models.ShareRequest(expires_in=300)).data
[share] = parse_qs(urlsplit(link.url).query)["share"]
call("images", "read_image", as_whom=made.Client(**settings), key=key, share=share)
shown = client.get_httpx_client().get(first.image_url, follow_redirects=True)
told["image"] = shown.headers["content-type"]
call("you", "read_usage")
call("jobs", "delete_job", id=again.id)
signed_in = made.AuthenticatedClient(token=asked["token"], **settings)
call("you", "sign_in", as_whom=signed_in)
call("jobs", "list_jobs", as_whom=signed_in)
call("you", "sign_out", as_whom=signed_in)
delivery = models.ReceiveDeliveryBody(id="another", status="succeeded")
text, now = json.dumps(delivery.to_dict(), separators=(",", ":")), datetime.now(UTC)
signature = Webhook(asked["secret"]).sign("msg_1", now, text)
provider = made.AuthenticatedClient(token=signature, prefix="", auth_header_name="webhook-signature", **settings)
call(
    "provider",
    "receive_delivery",
    as_whom=provider,
    body=delivery,
    webhook_id="msg_1",
    webhook_timestamp=str(int(now.timestamp())),
)
sys.stdout.write(json.dumps(told) + "\n")
