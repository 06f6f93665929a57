"""The API as a developer uses it, with `requests`; one client is one person."""

import time
from typing import Any
from urllib.parse import urljoin

import requests

MODEL = "nightmareai/real-esrgan"
Job = dict[str, Any]


class Client:
    """A person at the API: a guest with a cookie jar, or a user with a token."""

    def __init__(self, base_url: str, token: str | None = None) -> None:
        self.base_url = base_url
        self.session = requests.Session()
        self.session.trust_env = False
        if token:
            self.session.headers["Authorization"] = f"Bearer {token}"

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        """One request; redirects are left alone."""
        return self.session.request(
            method, urljoin(self.base_url, path), timeout=60, **{"allow_redirects": False} | options
        )

    def presign(self, data: bytes, content_type: str, size: int | None = None) -> requests.Response:
        order = {"filename": "image", "contentType": content_type, "size": len(data) if size is None else size}
        return self.call("POST", "/api/ai-image/uploads", json=order)

    def upload(self, data: bytes, content_type: str) -> str:
        """Presign and PUT; the upload's id."""
        upload = self.presign(data, content_type).json()["data"]
        put = requests.put(upload["url"], data=data, headers=upload["headers"], timeout=60)
        assert put.status_code == 200, put.text
        return str(upload["uploadId"])

    def create(self, upload_id: str, model: str = MODEL, **params: Any) -> requests.Response:
        return self.call("POST", "/api/ai-image/jobs", json={"uploadId": upload_id, "model": model, "params": params})

    def send(self, data: bytes, route: str = "jobs", name: str = "image.png", **options: Any) -> requests.Response:
        """A PNG as a form; `fields` replace the usual ones, `headers` are added."""
        fields = {"model": MODEL} | options.pop("fields", {})
        files = {"image": (name, data, "image/png")}
        return self.call("POST", f"/api/ai-image/{route}", files=files, data=fields, **options)

    def usage(self) -> dict[str, Any]:
        """What GET /usage says."""
        found: dict[str, Any] = self.call("GET", "/api/ai-image/usage").json()["data"]
        return found

    def job(self, job_id: str, wait: int = 0) -> Job:
        answer = self.call("GET", f"/api/ai-image/jobs/{job_id}?wait={wait}")
        assert answer.status_code == 200, answer.text
        found: Job = answer.json()["data"]
        return found

    def finished(self, job_id: str, seconds: float = 60) -> Job:
        """The job when it has ended."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            job = self.job(job_id, wait=20)
            if job["stage"] == "done":
                return job
        raise AssertionError(f"the job is still {job['stage']} after {seconds} s")

    def enhance(self, data: bytes, content_type: str, **params: Any) -> Job:
        """The whole journey; the finished job."""
        created = self.create(self.upload(data, content_type), **params)
        assert created.status_code == 202, created.text
        return self.finished(created.json()["data"]["id"])

    def image(self, path: str) -> requests.Response:
        """An image, through the redirect."""
        return self.call("GET", path, allow_redirects=True)
