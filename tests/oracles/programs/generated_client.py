"""A person's whole way through the API by the client that openapi-python-client made of docs/openapi.yaml, unedited.

One line of JSON on standard input: `package` (the folder above the generated one), `url`, `picture` (a file), `token`.
Tells what each route answered.
"""

import importlib
import json
import sys
import time
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx

asked = json.loads(sys.stdin.readline())
sys.path.insert(0, asked["package"])
made = importlib.import_module("image_enhancer_client")
models = importlib.import_module("image_enhancer_client.models")
types = importlib.import_module("image_enhancer_client.types")
picture = Path(asked["picture"]).read_bytes()
told: dict[str, Any] = {}
client = made.Client(base_url=asked["url"], raise_on_unexpected_status=True)


def call(tag: str, operation: str, as_whom: Any = client, **arguments: Any) -> Any:
    """The parsed answer of an operation, which must be of a success."""
    answer = importlib.import_module(f"image_enhancer_client.api.{tag}.{operation}").sync_detailed(
        client=as_whom, **arguments
    )
    told.setdefault(operation, []).append(int(answer.status_code))
    assert answer.status_code < HTTPStatus.BAD_REQUEST, (operation, answer.content)
    return answer.parsed


def file() -> Any:
    return types.File(payload=BytesIO(picture), file_name="cat.jpg", mime_type="image/jpeg")


def ended(job_id: str) -> Any:
    for _ in range(120):
        job = call("jobs", "read_job", id=job_id, wait=20).data
        if job.stage == "done":
            assert job.status == "succeeded", job
            return job
        time.sleep(0.2)
    raise TimeoutError(job_id)


upload = call(
    "enhance",
    "request_upload",
    body=models.UploadRequest(
        filename="cat.jpg", content_type=models.UploadRequestContentType.IMAGEJPEG, size=len(picture)
    ),
).data
stored = httpx.put(upload.url, content=picture, headers=upload.headers.to_dict())
assert stored.status_code == HTTPStatus.OK, stored.text
request = models.JobRequest(model="nightmareai/real-esrgan", upload_id=upload.upload_id, filename="cat.jpg")
request.params = models.JobRequestParams.from_dict({"scale": 2})
first = ended(call("enhance", "create_job", body=request).data.id)
form = models.Form(image=file(), model="nightmareai/real-esrgan", scale="2", output_format=models.FormOutputFormat.WEBP)
ended(call("enhance", "create_job", body=form).data.id)
call("enhance", "generate", body=models.Form(image=file(), model="nightmareai/real-esrgan", scale="2"))
again = ended(
    call("enhance", "create_job", body=models.JobRequest(model="nightmareai/real-esrgan", from_job_id=first.id)).data.id
)
told["listed"] = len(call("jobs", "list_jobs", limit=100).data.jobs)
call("jobs", "share_job", id=first.id, body=models.ShareRequest(expires_in=300))
told["created"] = first.created_at.isoformat()
call("you", "read_usage")
call("installation", "list_models")
call("installation", "health")
call("jobs", "delete_job", id=again.id)
shown = client.get_httpx_client().get(first.image_url, follow_redirects=True)
told["picture"] = [shown.status_code, shown.headers["content-type"]]
signed_in = made.AuthenticatedClient(base_url=asked["url"], token=asked["token"], raise_on_unexpected_status=True)
call("you", "sign_in", as_whom=signed_in)
call("jobs", "list_jobs", as_whom=signed_in)
call("you", "sign_out", as_whom=signed_in)
sys.stdout.write(json.dumps(told) + "\n")
