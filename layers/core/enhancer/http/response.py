"""Responses: the JSON envelope, redirects, conditional responses and the security headers."""

import base64
import gzip
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aws_lambda_powertools.shared.cookies import Cookie

from enhancer.domain.job import Job
from enhancer.domain.messages import Message
from enhancer.errors import MethodNotAllowed, RequestError
from enhancer.http.request import Request
from enhancer.http.translations import Language, render

SECURITY_HEADERS = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=63072000; includeSubDomains",
    "x-content-type-options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class Response:
    """A response; header names in lower case."""

    status: int
    body: str | bytes = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    cookie: Cookie | None = None

    def to_payload(self, headers: Mapping[str, str]) -> dict[str, Any]:
        """Return the response in payload format 2.0; its own headers override `headers`."""
        binary = isinstance(self.body, bytes)
        return {
            "statusCode": self.status,
            "headers": {"content-type": "text/plain", **headers, **self.headers},
            "cookies": [str(self.cookie)] if self.cookie else [],
            "body": base64.b64encode(self.body).decode() if isinstance(self.body, bytes) else self.body,
            "isBase64Encoded": binary,
        }


def ok(
    data: Any, status: int = 200, headers: Mapping[str, str] | None = None, cookie: Cookie | None = None
) -> Response:
    """Return a response in the JSON envelope; caches never store it unless `headers` say so."""
    body = json.dumps({"success": True, "data": data}, ensure_ascii=False)
    return Response(
        status, body, {"content-type": "application/json", "cache-control": "no-store", **(headers or {})}, cookie
    )


def accepted(job: Mapping[str, Any], cookie: Cookie | None = None) -> Response:
    """Return 202 for a job that has begun, with its URL and when to poll it."""
    headers = {"location": f"/api/ai-image/jobs/{job['id']}", "retry-after": "2"}
    return ok(job, 202, headers, cookie)


def redirect(url: str, seconds: int) -> Response:
    """Return a 302 to a URL that stays the same for so many seconds.

    Never 304: conditions must be ignored if the response is not a 2xx (RFC 9110, 13.2.1).
    """
    return Response(302, headers={"location": url, "cache-control": f"private, max-age={seconds}"})


def with_etag(request: Request, data: Any, headers: Mapping[str, str]) -> Response:
    """Return 200 with an ETag of the data, or 304 if the caller has this version."""
    tag = hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:32]
    headers = {"etag": f'"{tag}"', "cache-control": "private, no-cache", **headers}
    return Response(304, headers=headers) if request.matches_etag(tag) else ok(data, headers=headers)


def gzipped(request: Request, data: bytes, content_type: str, headers: Mapping[str, str]) -> Response:
    """Return 200 with a gzipped file, decompressed unless the caller accepts gzip, or 304 if it has this version."""
    tag = hashlib.sha256(data).hexdigest()[:32]
    headers = {"content-type": content_type, "etag": f'W/"{tag}"', "vary": "accept-encoding", **headers}
    if request.matches_etag(tag):
        return Response(304, headers=headers)
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(200, gzip.decompress(data), headers)
    return Response(200, data, {**headers, "content-encoding": "gzip"})


def error(problem: RequestError, language: Language) -> Response:
    """Return an error in the JSON envelope, in the caller's language."""
    headers: dict[str, str] = {"content-language": language}
    if problem.retry_after is not None:
        headers["retry-after"] = str(problem.retry_after)
    if isinstance(problem, MethodNotAllowed):
        headers["allow"] = ", ".join(problem.details["allow"])
    fields: dict[str, Any] = {"type": problem.type, "message": render(problem.message, problem.details, language)}
    if problem.details:
        fields["details"] = {name: _detail(value, language) for name, value in problem.details.items()}
    return _error(problem.status, fields, headers)


def _detail(value: Any, language: Language) -> Any:
    if not isinstance(value, Job):
        return value
    from enhancer.http.response_bodies import job_json  # most functions show no jobs

    return job_json(value, language)


def internal_error(language: Language) -> Response:
    """Return 500 for an unexpected exception, which is in the log."""
    message = render(Message.INTERNAL_ERROR, {}, language)
    return _error(500, {"type": "internal_error", "message": message}, {})


def _error(status: int, fields: Mapping[str, Any], headers: Mapping[str, str]) -> Response:
    body = json.dumps({"success": False, "error": fields})
    return Response(status, body, {"content-type": "application/json", "cache-control": "no-store", **headers})
