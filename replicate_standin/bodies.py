"""Reading a request's body as JSON."""

import json
from typing import Any

from aiohttp import web

from .problems import BadRequestError


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


async def read_json(request: web.Request) -> Any:
    """Return what the body holds; raises BadRequestError if that is not JSON."""
    try:
        return json.loads(await request.read(), parse_constant=_refuse_constant)
    except ValueError:
        raise BadRequestError("The body is not valid JSON.") from None
