"""Routes and answers: the envelope, the error table, the security headers, 404 and 405 in our own words."""

import base64
import gzip
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aws_lambda_powertools.shared.cookies import Cookie

from enhancer.domain.messages import Message
from enhancer.errors import (
    CeilingReached,
    Contended,
    Forbidden,
    MethodNotAllowed,
    NotFound,
    RequestError,
    ServiceUnavailable,
)
from enhancer.observability import begin, count, logger
from enhancer.request import Request
from enhancer.translations import render

# One table of every path and its methods: what 405 and `Allow` say. A test holds it equal to the template's routes.
METHODS = {
    "/api/ai-image/generate": ("POST",),
    "/api/ai-image/uploads": ("POST",),
    "/api/ai-image/jobs": ("GET", "HEAD", "POST"),
    "/api/ai-image/jobs/{id}": ("GET", "HEAD", "DELETE"),
    "/api/ai-image/jobs/{id}/cancel": ("POST",),
    "/api/ai-image/jobs/{id}/share": ("POST",),
    "/api/ai-image/usage": ("GET", "HEAD"),
    "/api/ai-image/models": ("GET", "HEAD"),
    "/api/session": ("POST", "DELETE"),
    "/api/health": ("GET", "HEAD"),
    "/api/openapi.json": ("GET", "HEAD"),
    "/api/docs": ("GET", "HEAD"),
    "/api/docs/{file+}": ("GET", "HEAD"),
    "/api/webhooks/replicate": ("POST",),
    "/r2-ai/{key+}": ("GET", "HEAD"),
}
COUNTED: Mapping[type[RequestError], str] = {CeilingReached: "SpendCeilingReached"}  # refusals that are a metric
_OPEN = frozenset({"/api/health"})  # for probes that don't come through the distribution
SECURITY_HEADERS = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=63072000; includeSubDomains",
    "x-content-type-options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back; header names in lower case."""

    status: int
    body: str | bytes = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    cookie: Cookie | None = None

    def payload(self, headers: Mapping[str, str]) -> dict[str, Any]:
        """As payload format 2.0, with `headers` where the answer has none of that name."""
        binary = isinstance(self.body, bytes)
        return {
            "statusCode": self.status,
            "headers": {"content-type": "text/plain", **headers, **self.headers},
            "cookies": [str(self.cookie)] if self.cookie else [],
            "body": base64.b64encode(self.body).decode() if isinstance(self.body, bytes) else self.body,
            "isBase64Encoded": binary,
        }


Endpoint = Callable[[Request], Answer]


class Routes:
    """A function's endpoints by path, as in METHODS, and method. The HTTP API has matched the path already."""

    def __init__(self) -> None:
        self.endpoints: dict[tuple[str, str], Endpoint] = {}

    def on(self, path: str, *methods: str) -> Callable[[Endpoint], Endpoint]:
        """Register the decorated endpoint. GET's answers HEAD too (RFC 9110, 9.1); the gateway leaves out its body."""

        def register(endpoint: Endpoint) -> Endpoint:
            head = ("HEAD",) if "GET" in methods else ()
            self.endpoints.update({(path, method): endpoint for method in (*methods, *head)})
            return endpoint

        return register

    def find(self, request: Request) -> Endpoint:
        """The endpoint that a request is for. Raises NotFound, MethodNotAllowed."""
        if request.route not in METHODS or "" in request.parameters.values():
            raise NotFound(Message.PATH_NOT_FOUND)
        endpoint = self.endpoints.get((request.route, request.method))
        if endpoint is not None:
            return endpoint
        allowed = list(METHODS[request.route])
        raise MethodNotAllowed(Message.METHOD_NOT_ALLOWED, method=request.method, allow=allowed)


def ok(data: Any, status: int = 200, headers: Mapping[str, str] | None = None, cookie: Cookie | None = None) -> Answer:
    """An answer in the envelope, never stored by caches unless `headers` say so."""
    body = json.dumps({"success": True, "data": data}, ensure_ascii=False)
    return Answer(
        status, body, {"content-type": "application/json", "cache-control": "no-store", **(headers or {})}, cookie
    )


def accepted(job: Mapping[str, Any], cookie: Cookie | None = None) -> Answer:
    """202 for a job that has begun, with where and when to look for it."""
    headers = {"location": f"/api/ai-image/jobs/{job['id']}", "retry-after": "2"}
    return ok(job, 202, headers, cookie)


def redirect(url: str, seconds: int) -> Answer:
    """302 to a link that stays the same for so many seconds.

    Never 304: where the answer is no 2xx, conditions must be ignored (RFC 9110, 13.2.1).
    """
    return Answer(302, headers={"location": url, "cache-control": f"private, max-age={seconds}"})


def fresh(request: Request, data: Any, headers: Mapping[str, str]) -> Answer:
    """200 with an ETag of the data, or 304 if the caller has this version."""
    tag = hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:32]
    headers = {"etag": f'"{tag}"', "cache-control": "private, no-cache", **headers}
    return Answer(304, headers=headers) if request.has_seen(tag) else ok(data, headers=headers)


def gzipped(request: Request, data: bytes, content_type: str, headers: Mapping[str, str]) -> Answer:
    """200 with a gzipped file, unpacked unless the caller accepts gzip, or 304 if it has this version."""
    tag = hashlib.sha256(data).hexdigest()[:32]
    headers = {"content-type": content_type, "etag": f'W/"{tag}"', "vary": "accept-encoding", **headers}
    if request.has_seen(tag):
        return Answer(304, headers=headers)
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Answer(200, gzip.decompress(data), headers)
    return Answer(200, data, {**headers, "content-encoding": "gzip"})


def serve(
    routes: Routes,
    origin_secrets: Callable[[], Sequence[str]] | None = None,
    counted: Mapping[type[RequestError], str] = COUNTED,
    stranger: Callable[[Request], None] = lambda _: None,
    known: Callable[[Request], bool] = lambda _: False,
) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    """The Lambda handler around a function's routes.

    With `origin_secrets`, requests must have come through the distribution: the `X-Origin-Verify` header holds one of
    them. `counted` names the metric of a refusal. `stranger` counts a request for which there is no endpoint, and may
    refuse it as one too many. `known` says whether a request has a cookie of ours. Where such a one has not come
    through the distribution, that is a metric: the distribution may send a secret that is no longer valid.
    """

    def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
        request = Request(event)
        begin(request.id, request.parameters.get("id"))
        try:
            if origin_secrets and request.path not in _OPEN and not _came_through(request, origin_secrets()):
                if known(request):
                    count("VisitorsRefused")
                raise Forbidden(Message.NOT_THE_PUBLIC_ADDRESS)
            answer = _found(routes, request, stranger)(request)
        except RequestError as problem:
            if type(problem) in counted:
                count(counted[type(problem)])
            answer = _refusal(request, problem)
        except Contended:  # through all tries
            answer = _refusal(request, ServiceUnavailable(Message.TOO_MANY_AT_ONCE, retry_after=1))
        except Exception:  # noqa: BLE001 - whatever it is, the caller gets an answer of ours
            answer = _fault(request)
        logger.info("answered", extra={"route": event["routeKey"], "method": request.method, "status": answer.status})
        return answer.payload({**SECURITY_HEADERS, "x-request-id": request.id, **request.answer_headers})

    return handler


def _found(routes: Routes, request: Request, stranger: Callable[[Request], None]) -> Endpoint:
    try:
        return routes.find(request)
    except RequestError:
        stranger(request)
        raise


def _came_through(request: Request, secrets: Sequence[str]) -> bool:
    given = request.headers.get("x-origin-verify", "").encode()
    return any(hmac.compare_digest(secret.encode(), given) for secret in secrets)


def _refusal(request: Request, problem: RequestError) -> Answer:
    logger.append_keys(refusal=problem.type)
    headers: dict[str, str] = {"content-language": request.language}
    if problem.retry_after is not None:
        headers["retry-after"] = str(problem.retry_after)
    if isinstance(problem, MethodNotAllowed):
        headers["allow"] = ", ".join(problem.details["allow"])
    error: dict[str, Any] = {"type": problem.type, "message": problem.text(request.language)}
    if problem.details:
        error["details"] = problem.details
    return _error(problem.status, error, headers)


def _fault(request: Request) -> Answer:
    logger.exception("unhandled")
    message = render(Message.INTERNAL_ERROR, {}, request.language)
    return _error(500, {"type": "internal_error", "message": message}, {})


def _error(status: int, error: Mapping[str, Any], headers: Mapping[str, str]) -> Answer:
    body = json.dumps({"success": False, "error": error})
    return Answer(status, body, {"content-type": "application/json", "cache-control": "no-store", **headers})
