"""Finds the route of an HTTP API for a request.

Rules: docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html (2026-11-22): the most specific
match wins: a full match of path and method, then a greedy path variable, then `$default`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

DEFAULT_KEY = "$default"


@dataclass(frozen=True)
class Route:
    """A route key and the function behind it. `method` and `segments` are empty for `$default`."""

    key: str
    function: str
    method: str
    segments: tuple[str, ...]


@dataclass(frozen=True)
class Match:
    """A route and the values of its path variables."""

    route: Route
    path_parameters: Mapping[str, str]


def parse_route(key: str, function: str) -> Route:
    """Read a route key: `$default`, or a method (or ANY) and a path."""
    if key == DEFAULT_KEY:
        return Route(key, function, "", ())
    method, _, path = key.partition(" ")
    return Route(key, function, method, tuple(path.split("/")[1:]))


def deployed_routes(gateway: Any, api_id: str) -> list[Route]:
    """Return the routes of a deployed API, read through an apigatewayv2 client."""
    functions = {
        integration["IntegrationId"]: _function_name(integration["IntegrationUri"])
        for integration in gateway.get_integrations(ApiId=api_id)["Items"]
    }
    routes = gateway.get_routes(ApiId=api_id)["Items"]
    return [parse_route(route["RouteKey"], functions[route["Target"].rpartition("/")[2]]) for route in routes]


def match_route(routes: Iterable[Route], method: str, path: str) -> Match | None:
    """Return the most specific route for a method and a decoded path, or None."""
    candidates = []
    for route in routes:
        if route.method in ("", "ANY", method):
            values = {} if route.key == DEFAULT_KEY else _path_values(route.segments, path.split("/")[1:])
            if values is not None:
                candidates.append(Match(route, values))
    return min(candidates, key=_generality, default=None)


def _path_values(wanted: tuple[str, ...], actual: list[str]) -> dict[str, str] | None:
    values: dict[str, str] = {}
    for position, segment in enumerate(wanted):
        rest = actual[position:]
        if segment.endswith("+}"):
            greedy = "/".join(rest)
            return {**values, segment[1:-2]: greedy} if greedy else None
        if not rest or (segment != rest[0] and not segment.startswith("{")):
            return None
        if segment.startswith("{"):
            values[segment[1:-1]] = rest[0]
    return values if len(wanted) == len(actual) else None


def _generality(match: Match) -> tuple[bool, tuple[int, ...], bool]:
    """Return a sort key, the most specific first: literals before variables before greedy ones, a method before ANY."""
    ranks = tuple(2 if s.endswith("+}") else int(s.startswith("{")) for s in match.route.segments)
    return match.route.key == DEFAULT_KEY, ranks, match.route.method == "ANY"


def _function_name(integration_uri: str) -> str:
    """Return the name in `…:function:<name>/invocations` or a plain function ARN."""
    found = re.search(r":function:([A-Za-z0-9-_]+)", integration_uri)
    if found is None:
        raise ValueError(f"no function in the integration URI {integration_uri!r}")
    return found.group(1)
