"""`make demo`: enhances one image on a stack of its own and shows it before and after."""

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import requests
from PIL import Image, UnidentifiedImageError

from deployment import ROOT
from local.config import LocalStackError, StackConfig
from local.ports import free_ports
from local.side_by_side import side_by_side
from local.stack import LocalStack

MODEL = "nightmareai/real-esrgan"
SCALE = 4
SAMPLE = ROOT / "samples" / "cat.jpg"
JOB_SECONDS = 600
TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}

Job = dict[str, Any]


def demo(image: str | None = None) -> int:
    """Enhance an image (default: the sample cat), write `out/` and return the exit code.

    Raises LocalStackError when the image, the stack or the job fails.
    """
    path = Path(image) if image else SAMPLE
    content_type = _content_type(path)
    state = _own_state()
    try:
        result, job, upload_seconds = _enhance(path, content_type, state)
    except KeyboardInterrupt:
        shutil.rmtree(state)
        _progress("stopped")
        return 130
    except requests.RequestException as error:
        raise LocalStackError(f"The local stack stopped answering ({error}); its logs are in {state}.") from error
    except LocalStackError as error:
        raise LocalStackError(f"{error} The stack's logs are in {state}.") from error
    shutil.rmtree(state)
    _report(path, result, job, upload_seconds)
    return 0


def _enhance(path: Path, content_type: str, state: Path) -> tuple[bytes, Job, float]:
    """Return the enhanced image, its job, and the seconds that the upload took."""
    with LocalStack(_own_config(state), say=_progress) as stack, _session() as session:
        _progress(f"uploading {path}")
        started = time.monotonic()
        upload_id = _upload(session, stack.base_url, path, content_type)
        upload_seconds = time.monotonic() - started
        job = _follow(session, stack.base_url, _create(session, stack.base_url, upload_id, path.name))
        result = _checked(session.get(urljoin(stack.base_url, job["imageUrl"]), timeout=60)).content
    return result, job, upload_seconds


def _content_type(path: Path) -> str:
    """Return the media type by content. Raises LocalStackError for other files."""
    try:
        with Image.open(path) as image:
            return TYPES[image.format or ""]
    except FileNotFoundError:
        raise LocalStackError(f"There is no file {path}.") from None
    except (UnidentifiedImageError, KeyError, OSError):
        raise LocalStackError(f"{path} is not a JPEG, PNG or WebP image.") from None


def _own_state() -> Path:
    folder = ROOT / ".local"
    folder.mkdir(mode=0o700, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="demo-", dir=folder))


def _own_config(state: Path) -> StackConfig:
    """Use free ports and a folder of its own, so that a running `make start` is not disturbed."""
    port, replicate_port, emulator_port = free_ports(3)
    return StackConfig(
        port=port,
        replicate_port=replicate_port,
        emulator_port=emulator_port,
        state=state,
        engine=os.environ.get("LOCAL_ENGINE") or "realesrgan",
    )


def _session() -> requests.Session:
    session = requests.Session()  # keeps the guest cookie
    session.trust_env = False
    return session


def _upload(session: requests.Session, base_url: str, path: Path, content_type: str) -> str:
    """Upload the image to the bucket and return the upload's id."""
    content = path.read_bytes()
    body = {"filename": path.name, "contentType": content_type, "size": len(content)}
    upload = _data(session.post(f"{base_url}/api/ai-image/uploads", json=body, timeout=60))
    _checked(session.request(upload["method"], upload["url"], headers=upload["headers"], data=content, timeout=60))
    return str(upload["uploadId"])


def _create(session: requests.Session, base_url: str, upload_id: str, filename: str) -> Job:
    body = {"uploadId": upload_id, "filename": filename, "model": MODEL, "params": {"scale": SCALE}}
    return _data(session.post(f"{base_url}/api/ai-image/jobs", json=body, timeout=60))


def _follow(session: requests.Session, base_url: str, job: Job) -> Job:
    """Follow the job until it ends and print its stages. Raises LocalStackError when it does not succeed."""
    started = time.monotonic()
    while job["status"] in ("queued", "processing"):
        elapsed = time.monotonic() - started
        if elapsed > JOB_SECONDS:
            raise LocalStackError(f"The job is still {job['status']} after {JOB_SECONDS} s.")
        _progress(f"{elapsed:6.1f} s  {job['stage']}")
        job = _data(session.get(f"{base_url}/api/ai-image/jobs/{job['id']}?wait=5", timeout=60))
    if job["status"] != "succeeded":
        error = job["error"] or {"message": "no reason given"}
        raise LocalStackError(f"The job ended as {job['status']}: {error['message']}")
    return job


def _report(path: Path, result: bytes, job: Job, upload_seconds: float) -> None:
    """Write the images and print the timeline."""
    folder = Path("out")
    folder.mkdir(exist_ok=True)
    enhanced = folder / f"{path.stem}-enhanced-{SCALE}x.png"
    enhanced.write_bytes(result)
    compared = folder / f"{path.stem}-side-by-side.png"
    side_by_side(path, enhanced, compared)
    timings = job["timings"]
    rows = [("upload", upload_seconds * 1000)] + [
        (name, timings[key])
        for name, key in (("queue", "queueMs"), ("model", "modelMs"), ("copy", "copyMs"), ("total", "totalMs"))
    ]
    for name, milliseconds in rows:
        print(f"{name:>8}  {milliseconds / 1000:7.2f} s")
    for title, file in (("original", path), ("enhanced", enhanced), ("compare", compared)):
        with Image.open(file) as image:
            print(f"{title:>8}  {image.width} x {image.height}  {file.stat().st_size:,} bytes  {file}")


def _data(response: requests.Response) -> dict[str, Any]:
    data: dict[str, Any] = _checked(response).json()["data"]
    return data


def _checked(response: requests.Response) -> requests.Response:
    """Return the response; raises LocalStackError with the server's message."""
    if response.ok:
        return response
    try:
        said = response.json()["error"]["message"]
    except (ValueError, KeyError, TypeError):
        said = response.text[:200]
    path = response.url.partition("?")[0]
    raise LocalStackError(f"{response.request.method} {path} answered {response.status_code}: {said}")


def _progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
