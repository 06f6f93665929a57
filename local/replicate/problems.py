"""Everything the stand-in refuses, as RFC 7807 problems, and the one place that turns them into answers.

    ProblemError                      500
    ├── BadRequestError               400
    ├── UnauthenticatedError          401
    ├── NotFoundError                 404
    └── UnprocessableError            422
        ├── InvalidVersionError
        └── InvalidInputError

Source: the provider's client models exactly `title`, `detail`, `status` (+ `type`, `instance`):
github.com/replicate/replicate-python, replicate/exceptions.py, read 2026-11-22.
"""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ProblemError(Exception):
    """A request that gets an error answer; `detail` is for the caller to read."""

    status = 500
    title = "Internal server error"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class BadRequestError(ProblemError):
    """The body is not what HTTP says it is."""

    status = 400
    title = "Bad request"


class UnauthenticatedError(ProblemError):
    """No bearer token, or the wrong one."""

    status = 401
    title = "Unauthenticated"

    def __init__(self) -> None:
        super().__init__("You did not pass a valid authentication token")


class NotFoundError(ProblemError):
    """No such prediction, model, file or path."""

    status = 404
    title = "Not found"

    def __init__(self) -> None:
        super().__init__("The requested resource could not be found.")


class UnprocessableError(ProblemError):
    """The request is well formed, and a field or header of it is not."""

    status = 422
    title = "Invalid request"


class InvalidVersionError(UnprocessableError):
    """The model or version is not one that the stand-in plays; the provider's own words."""

    title = "Invalid version or not permitted"

    def __init__(self) -> None:
        super().__init__("The specified version does not exist (or perhaps you don't have permission to use it?)")


class InvalidInputError(UnprocessableError):
    """A field of `input` is missing, unknown, of the wrong type or out of range."""

    title = "Input validation failed"


def answer(status: int, title: str, detail: str) -> web.Response:
    """Write one problem."""
    return problem({"title": title, "detail": detail, "status": status})


def problem(body: Mapping[str, Any]) -> web.Response:
    """Write a problem of any members; `status` among them becomes the answer's."""
    return web.Response(status=body["status"], text=json.dumps(body), content_type="application/problem+json")


@web.middleware
async def problems_as_answers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give every refusal, aiohttp's own included, the one shape."""
    try:
        return await handler(request)
    except ProblemError as refusal:
        return answer(refusal.status, refusal.title, refusal.detail)
    except web.HTTPNotFound:
        return answer(NotFoundError.status, NotFoundError.title, NotFoundError().detail)
    except web.HTTPMethodNotAllowed as refused:
        response = answer(refused.status, refused.reason, f"This resource has no {refused.method}.")
        response.headers["Allow"] = refused.headers["Allow"]
        return response
    except web.HTTPClientError as refused:
        return answer(refused.status, refused.reason, refused.reason)
    except Exception:  # the outermost edge: nothing above could answer
        log.exception("%s %s failed", request.method, request.path)
        return answer(ProblemError.status, ProblemError.title, "The stand-in failed; its log says why.")
