"""The gateway sends each method of each path to a function that has an endpoint for it."""

from pathlib import Path

import pytest

from enhancer.http.routing import METHODS
from tests.unit.test_template import FUNCTIONS

SENT_TO = {
    (event["Properties"].get("Path", "$default"), event["Properties"].get("Method", "ANY")): function["CodeUri"]
    for function in FUNCTIONS.values()
    for event in function.get("Events", {}).values()
    if event["Type"] == "HttpApi"
}
ROUTES = [(path, method) for path, methods in METHODS.items() for method in methods]


@pytest.mark.parametrize(("path", "method"), ROUTES)
def test_a_route_has_its_endpoint_where_the_template_sends_it(path, method, load):
    function = Path(SENT_TO.get((path, method)) or SENT_TO[path, "ANY"]).name
    assert (path, method) in load(function).routes.endpoints, f"functions/{function}/app.py has no {method} {path}"


@pytest.mark.parametrize("function", sorted({Path(folder).name for folder in SENT_TO.values()}))
def test_an_endpoint_is_in_the_method_table(function, load):
    assert set(load(function).routes.endpoints) <= set(ROUTES)
