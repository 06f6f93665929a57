"""HTTP in and out: the envelope, the error table, the security headers, 404 and 405 in our own words."""

import base64
import binascii
import gzip
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.shared.cookies import Cookie
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

from enhancer.documents import job_json
from enhancer.domain.job import Job
from enhancer.errors import (
    CeilingReached,
    Forbidden,
    MethodNotAllowed,
    NotFound,
    RequestError,
    UnsupportedMediaType,
    ValidationFailed,
)
from enhancer.observability import count, logger
from enhancer.translations import preferred, render

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]

# One table of every path and its methods: what 405 and `Allow` say. A test holds it equal to the template's routes.
METHODS = {
    "/api/ai-image/generate": ("POST",),
    "/api/ai-image/uploads": ("POST",),
    "/api/ai-image/jobs": ("GET", "POST"),
    "/api/ai-image/jobs/{id}": ("GET", "DELETE"),
    "/api/ai-image/jobs/{id}/cancel": ("POST",),
    "/api/ai-image/jobs/{id}/share": ("POST",),
    "/api/ai-image/usage": ("GET",),
    "/api/ai-image/models": ("GET",),
    "/api/session": ("POST", "DELETE"),
    "/api/health": ("GET",),
    "/api/openapi.json": ("GET",),
    "/api/docs": ("GET",),
    "/api/docs/{file+}": ("GET",),
    "/api/webhooks/replicate": ("POST",),
    "/r2-ai/{key+}": ("GET", "HEAD"),
}
_PATTERNS = {
    re.compile(
        re.sub(r"\\\{(\w+)\\(\+?)\\\}|\\\{(\w+)\\\}", lambda m: ".+" if m[2] else "[^/]+", re.escape(path))
    ): methods
    for path, methods in METHODS.items()
}
_OPEN = frozenset({"/api/health"})  # for probes that don't come through the distribution
SECURITY_HEADERS = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=63072000; includeSubDomains",
    "x-content-type-options": "nosniff",
}


def ok(
    data: Any, status: int = 200, headers: Mapping[str, str] | None = None, cookie: Cookie | None = None
) -> Response[str]:
    """An answer in the envelope, never stored by caches unless `headers` say so."""
    body = json.dumps({"success": True, "data": data}, ensure_ascii=False)
    given = {"cache-control": "no-store", **(headers or {})}
    return Response(status, "application/json", body, given, cookies=[cookie] if cookie else None)


def accepted(job: Mapping[str, Any], cookie: Cookie | None = None) -> Response[str]:
    """202 for a job that has begun, with where and when to look for it."""
    headers = {"location": f"/api/ai-image/jobs/{job['id']}", "retry-after": "2"}
    return ok(job, 202, headers, cookie)


def redirect(event: APIGatewayProxyEventV2, url: str, seconds: int, sha256: str | None) -> Response[str]:
    """302 to a link that stays the same for so many seconds, or 304 for whoever has the picture already."""
    headers = {"cache-control": f"private, max-age={seconds}"}
    if sha256:
        headers["etag"] = f'"{sha256}"'
    if sha256 and _matches(event, sha256):
        return Response(304, "text/plain", "", headers)
    return Response(302, "text/plain", "", {"location": url, **headers})


def fresh(event: APIGatewayProxyEventV2, data: Any, headers: Mapping[str, str]) -> Response[str]:
    """200 with an ETag of the data, or 304 for whoever has seen it."""
    tag = hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:32]
    headers = {"etag": f'"{tag}"', "cache-control": "private, no-cache", **headers}
    return Response(304, "text/plain", "", dict(headers)) if _matches(event, tag) else ok(data, headers=headers)


def gzipped(
    event: APIGatewayProxyEventV2, data: bytes, content_type: str, headers: Mapping[str, str]
) -> Response[bytes]:
    """200 with a file that is stored gzipped, unpacked for whoever wants it so, or 304 for whoever has it."""
    tag = hashlib.sha256(data).hexdigest()[:32]
    # not as the parameter content_type: Powertools would serialise bytes that are called JSON
    headers = {"content-type": content_type, "etag": f'W/"{tag}"', "vary": "accept-encoding", **headers}
    if _matches(event, tag):
        return Response(304, None, b"", dict(headers))
    if "gzip" not in header_map(event).get("accept-encoding", ""):
        return Response(200, None, gzip.decompress(data), dict(headers))
    return Response(200, None, data, {**headers, "content-encoding": "gzip"})


def _matches(event: APIGatewayProxyEventV2, tag: str) -> bool:
    given = header_map(event).get("if-none-match", "")
    return any(item.strip().removeprefix("W/") in {f'"{tag}"', "*"} for item in given.split(","))


def credentials(event: APIGatewayProxyEventV2) -> tuple[dict[str, str], list[str]]:
    """The request's headers and cookies, as `Identity` reads them."""
    return header_map(event), event.cookies


def header_map(event: APIGatewayProxyEventV2) -> dict[str, str]:
    """The headers with lower-case names, as payload 2.0 has them."""
    return dict(event.headers)


def is_json(event: APIGatewayProxyEventV2) -> bool:
    """Whether the body is said to be JSON."""
    return content_type(event).partition(";")[0].strip().lower() == "application/json"


def content_type(event: APIGatewayProxyEventV2) -> str:
    """The request's content type as sent, empty when there is none."""
    return header_map(event).get("content-type", "")


def client_address(event: APIGatewayProxyEventV2) -> str:
    """The client's IP address: CloudFront's word where a request had to come through it, else the gateway's."""
    viewer = header_map(event).get("cloudfront-viewer-address", "")
    return viewer.rpartition(":")[0].strip("[]") or str(event.request_context.http.source_ip)


def add_headers(event: APIGatewayProxyEventV2, headers: Mapping[str, str]) -> None:
    """Headers for the answer to this request, whatever it will be."""
    event.raw_event.setdefault("answerHeaders", {}).update(headers)


def query(event: APIGatewayProxyEventV2, name: str) -> str:
    """A query parameter, empty when it is not there."""
    return (event.query_string_parameters or {}).get(name, "")


def number(event: APIGatewayProxyEventV2, name: str, default: int) -> int:
    """A query parameter that is a whole number, `default` when it is not there. Raises ValidationFailed."""
    text = query(event, name)
    if text and not (text.isascii() and text.isdecimal() and len(text) < 6):
        raise ValidationFailed("{field} is {actual}; it must be a whole number.", field=name, actual=text[:20])
    return int(text) if text else default


def body_bytes(event: APIGatewayProxyEventV2) -> bytes:
    """The exact bytes of the body. Raises ValidationFailed for base64 that is none."""
    body = event.body or ""
    try:
        return base64.b64decode(body, validate=True) if event.is_base64_encoded else body.encode()
    except binascii.Error:
        raise ValidationFailed("The body can't be decoded.") from None


def json_body(event: APIGatewayProxyEventV2) -> dict[str, Any]:
    """The request's body as a JSON object. Raises UnsupportedMediaType or ValidationFailed."""
    if not is_json(event):
        raise UnsupportedMediaType("Send the body as application/json.")
    try:
        body = json.loads(body_bytes(event))
    except (ValueError, RecursionError):
        raise ValidationFailed("The body is not JSON.") from None
    if not isinstance(body, dict):
        raise ValidationFailed("The body must be a JSON object.")
    return body


def serve(app: APIGatewayHttpResolver, origin_secrets: Callable[[], Sequence[str]] | None = None) -> Handler:
    """The Lambda handler around a resolver's routes.

    With `origin_secrets`, requests must have come through the distribution: the `X-Origin-Verify` header holds one of
    them.
    """
    app.exception_handler(RequestError)(lambda problem: _refusal(app.current_event.raw_event, problem))
    app.exception_handler(Exception)(lambda problem: _fault(app.current_event.raw_event, problem))
    app.not_found(lambda problem: _unmatched(app, problem))

    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        request = event["requestContext"]
        request_id = request["requestId"]
        logger.set_correlation_id(request_id)
        if origin_secrets is None or event["rawPath"] in _OPEN or _came_through(event, origin_secrets()):
            answer: dict[str, Any] = app.resolve(event, context)
        else:
            answer = _plain(_refusal(event, Forbidden("Requests must come through the public address.")))
        ours = {**SECURITY_HEADERS, "x-request-id": request_id, **event.get("answerHeaders", {})}
        answer["headers"] = {**ours, **answer.get("headers", {})}
        logger.info(
            "answered",
            extra={
                "route": event["routeKey"],
                "method": request["http"]["method"],
                "status": answer["statusCode"],
            },
        )
        return answer

    return handler


def _came_through(event: Mapping[str, Any], secrets: Sequence[str]) -> bool:
    given = event["headers"].get("x-origin-verify", "").encode()
    return any(hmac.compare_digest(secret.encode(), given) for secret in secrets)


def job_document(event: APIGatewayProxyEventV2, job: Job) -> dict[str, Any]:
    """A job as the caller of this request reads it."""
    return job_json(job, preferred(header_map(event).get("accept-language", "")))


def _refusal(event: Mapping[str, Any], problem: RequestError) -> Response[str]:
    if isinstance(problem, CeilingReached):
        count("SpendCeilingReached")
    language = preferred(event["headers"].get("accept-language", ""))
    headers: dict[str, str | list[str]] = {"cache-control": "no-store", "content-language": language}
    if problem.retry_after is not None:
        headers["retry-after"] = str(problem.retry_after)
    if isinstance(problem, MethodNotAllowed):
        headers["allow"] = ", ".join(problem.details["allow"])
    error: dict[str, Any] = {"type": problem.type, "message": problem.message(language)}
    if problem.details:
        error["details"] = problem.details
    return Response(problem.status, "application/json", json.dumps({"success": False, "error": error}), headers)


def _fault(event: Mapping[str, Any], problem: Exception) -> Response[str]:
    logger.error("unhandled", extra={"error": type(problem).__name__}, exc_info=problem)
    language = preferred(event["headers"].get("accept-language", ""))
    message = render("Something went wrong on our side; try again.", {}, language)
    error = {"type": "internal_error", "message": message}
    body = json.dumps({"success": False, "error": error})
    return Response(500, "application/json", body, {"cache-control": "no-store"})


def _unmatched(app: APIGatewayHttpResolver, _: NotFoundError) -> Response[str]:
    path, method = app.current_event.path, app.current_event.http_method
    allowed = next((methods for pattern, methods in _PATTERNS.items() if pattern.fullmatch(path)), None)
    if allowed is None:
        return _refusal(app.current_event.raw_event, NotFound("There is nothing at this path."))
    return _refusal(
        app.current_event.raw_event,
        MethodNotAllowed("{method} is not allowed here; use {allow}.", method=method, allow=list(allowed)),
    )


def _plain(response: Response[str]) -> dict[str, Any]:
    return {
        "statusCode": response.status_code,
        "headers": {**response.headers, "content-type": "application/json"},
        "body": response.body,
        "isBase64Encoded": False,
    }
