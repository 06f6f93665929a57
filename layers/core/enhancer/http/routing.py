"""HTTP routing: the table of paths and methods, the Lambda handler around a function's endpoints, 404 and 405."""

import hmac
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from enhancer.domain.messages import Message
from enhancer.errors import (
    ConcurrentUpdate,
    DailyRunLimitReached,
    Forbidden,
    MethodNotAllowed,
    NotFound,
    RequestError,
    ServiceUnavailable,
)
from enhancer.http import response
from enhancer.http.request import Request
from enhancer.http.response import Response
from enhancer.observability import count, logger, reset_log_context

# Every path and its methods, for 405 and `Allow`. A test keeps it equal to the template's routes.
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
COUNTED: Mapping[type[RequestError], str] = {DailyRunLimitReached: "DailyRunLimitReached"}  # errors that are counted
_WITHOUT_ORIGIN_SECRET = frozenset({"/api/health"})  # for probes that don't come through the distribution

Endpoint = Callable[[Request], Response]


class Routes:
    """A function's endpoints by path, as in METHODS, and method. The HTTP API has matched the path already."""

    def __init__(self) -> None:
        self.endpoints: dict[tuple[str, str], Endpoint] = {}

    def route(self, path: str, *methods: str) -> Callable[[Endpoint], Endpoint]:
        """Register the decorated endpoint. One for GET takes HEAD too (RFC 9110, 9.1); the gateway drops the body."""

        def register(endpoint: Endpoint) -> Endpoint:
            head = ("HEAD",) if "GET" in methods else ()
            self.endpoints.update({(path, method): endpoint for method in (*methods, *head)})
            return endpoint

        return register

    def match(self, request: Request) -> Endpoint:
        """Return the endpoint of a request. Raises NotFound, MethodNotAllowed."""
        if request.route not in METHODS or "" in request.path_parameters.values():
            raise NotFound(Message.PATH_NOT_FOUND)
        endpoint = self.endpoints.get((request.route, request.method))
        if endpoint is not None:
            return endpoint
        allowed = list(METHODS[request.route])
        raise MethodNotAllowed(Message.METHOD_NOT_ALLOWED, method=request.method, allow=allowed)


def http_handler(
    routes: Routes,
    origin_secrets: Callable[[], Sequence[str]] | None = None,
    counted: Mapping[type[RequestError], str] = COUNTED,
    on_unmatched: Callable[[Request], None] = lambda _: None,
    has_signed_cookie: Callable[[Request], bool] = lambda _: False,
) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    """Make the Lambda handler of a function's routes.

    With `origin_secrets`, requests must come through the distribution: their `X-Origin-Verify` header holds one of
    them. `counted` maps errors to the metric that counts them. `on_unmatched` counts a request that has no endpoint,
    and may raise RateLimited. A request with a cookie that we signed, but without a valid origin secret, is a metric of
    its own: the distribution may be sending a secret that is no longer valid.
    """

    def respond(request: Request) -> Response:
        if origin_secrets and request.path not in _WITHOUT_ORIGIN_SECRET:
            _check_origin_secret(request, origin_secrets(), has_signed_cookie)
        return _matched(routes, request, on_unmatched)(request)

    def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
        request = Request(event)
        reset_log_context(request.id, request.path_parameters.get("id"))
        try:
            answer = respond(request)
        except RequestError as problem:
            if type(problem) in counted:
                count(counted[type(problem)])
            answer = _error_response(request, problem)
        except ConcurrentUpdate:  # after all tries
            answer = _error_response(request, ServiceUnavailable(Message.TOO_MANY_AT_ONCE, retry_after=1))
        except Exception:  # noqa: BLE001 - the caller gets a response in any case
            logger.exception("unhandled")
            answer = response.internal_error(request.language)
        logger.info("answered", extra={"route": event["routeKey"], "method": request.method, "status": answer.status})
        headers = {**response.SECURITY_HEADERS, "x-request-id": request.id, **request.response_headers}
        return answer.to_payload(headers)

    return handler


def _check_origin_secret(
    request: Request, secrets: Sequence[str], has_signed_cookie: Callable[[Request], bool]
) -> None:
    given = request.headers.get("x-origin-verify", "").encode()
    if any(hmac.compare_digest(secret.encode(), given) for secret in secrets):
        return
    if has_signed_cookie(request):
        count("OriginSecretMismatches")
    raise Forbidden(Message.NOT_THE_PUBLIC_ADDRESS)


def _matched(routes: Routes, request: Request, on_unmatched: Callable[[Request], None]) -> Endpoint:
    try:
        return routes.match(request)
    except RequestError:
        on_unmatched(request)
        raise


def _error_response(request: Request, problem: RequestError) -> Response:
    logger.append_keys(refusal=problem.type)
    return response.error(problem, request.language)
