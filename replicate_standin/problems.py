"""The errors of the stand-in in the provider's words, their responses, and the reading of JSON bodies.

    ProblemError                      500
    ├── BadRequestError               400
    ├── UnauthenticatedError          401
    ├── NotFoundError                 404
    └── UnprocessableError            422
        ├── InvalidVersionError
        └── InvalidInputError

Sources: the answers in tests/oracles/fixtures (recorded.json, refusals.json), which tests hold these to. All recorded
problems are `application/problem+json`; a 404 has no title.
"""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ProblemError(Exception):
    """A request that gets an error answer; `detail` is for the caller to read."""

    status = 500
    title: str | None = "Internal server error"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    def body(self) -> dict[str, Any]:
        """Return the members of the problem."""
        title = {"title": self.title} if self.title else {}
        return {**title, "detail": self.detail, "status": self.status}


class BadRequestError(ProblemError):
    """The body is not JSON."""

    status = 400
    title = "Bad request"


class UnauthenticatedError(ProblemError):
    """No bearer token, or the wrong one."""

    status = 401
    title = "Unauthenticated"

    def __init__(self, *, passed: bool = True) -> None:
        super().__init__(f"You did not pass {'a valid' if passed else 'an'} authentication token")


class NotFoundError(ProblemError):
    """No such prediction, model, file or path."""

    status = 404
    title = None

    def __init__(self) -> None:
        super().__init__("The requested resource could not be found.")


class UnprocessableError(ProblemError):
    """The request is well formed, but a field, header or parameter of it is invalid."""

    status = 422
    title = "Invalid request"


class InvalidVersionError(UnprocessableError):
    """The stand-in has no such model or version; the message is the provider's."""

    title = "Invalid version or not permitted"

    def __init__(self) -> None:
        super().__init__("The specified version does not exist (or perhaps you don't have permission to use it?)")


@dataclass(frozen=True)
class FieldError:
    """One error in a body: the kind of rule, the field and a description.

    The kinds are those of the provider's validator, github.com/xeipuuv/gojsonschema errors.go, read 2026-11-25.
    """

    kind: str
    field: str
    description: str


class InvalidInputError(UnprocessableError):
    """A field is missing, unknown, of the wrong type or out of range; every error is listed."""

    title = "Input validation failed"

    def __init__(self, errors: Sequence[FieldError]) -> None:
        places = [f"{error.field}: " if error.field else "" for error in errors]
        lines = [f"- {place}{error.description}\n" for place, error in zip(places, errors, strict=True)]
        super().__init__("".join(lines))
        self._errors = errors

    def body(self) -> dict[str, Any]:
        """Return the members of the problem, the errors one by one among them."""
        fields = [{"type": each.kind, "field": each.field, "description": each.description} for each in self._errors]
        return {**super().body(), "invalid_fields": fields}


async def read_json(request: web.Request) -> Any:
    """Return the body's JSON; raises BadRequestError if it is not JSON."""
    try:
        return json.loads(await request.read(), parse_constant=_refuse_constant)
    except ValueError:
        raise BadRequestError("The body is not valid JSON.") from None


def problem(body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> web.Response:
    """Return a problem response; its status is the member `status`."""
    return web.Response(
        status=body["status"],
        text=json.dumps(body) + "\n",
        content_type="application/problem+json",
        headers=headers,
    )


@web.middleware
async def problems_as_answers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every error, aiohttp's own included, into a problem response."""
    try:
        return await handler(request)
    except ProblemError as refusal:
        return problem(refusal.body())
    except web.HTTPNotFound:
        return problem(NotFoundError().body())
    except web.HTTPMethodNotAllowed as refused:
        detail = f"This resource has no {refused.method}."
        return problem({"detail": detail, "status": refused.status}, {"Allow": refused.headers["Allow"]})
    except web.HTTPClientError as refused:
        return problem({"detail": refused.reason, "status": refused.status})
    except Exception:  # the outermost handler: nothing above it could answer
        log.exception("%s %s failed", request.method, request.path)
        return problem(ProblemError("The stand-in failed; its log says why.").body())


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")
