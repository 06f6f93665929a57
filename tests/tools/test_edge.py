"""The CloudFront Functions in template.yaml, run as plain JavaScript."""

import json
import subprocess

import pytest

from enhancer.errors import PayloadTooLarge
from enhancer.http.response import SECURITY_HEADERS
from tests.unit.test_template import RESOURCES, ROOT

CALL = "console.log(JSON.stringify(JSON.parse(process.argv[1]).map((each) => handler(each))));"
FORM_BYTES = 4 * 1024 * 1024
LONGEST = FORM_BYTES + 65_536
"""A file of the size that upload_intake takes, and the form around it."""


def handle(function, *requests):
    """What a function makes of viewer requests."""
    code = RESOURCES[function]["Properties"]["FunctionCode"]
    events = [{"version": "1.0", "viewer": {"ip": "203.0.113.7"}, "request": request} for request in requests]
    done = subprocess.run(  # noqa: S603 - our own code
        ["node", "--eval", f"'use strict';{code}{CALL}", json.dumps(events)],  # noqa: S607
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
    )
    return json.loads(done.stdout)


def viewer_request(uri="/api/ai-image/jobs", method="POST", **headers):
    named = {name.replace("_", "-"): {"value": value} for name, value in headers.items()}
    return {"method": method, "uri": uri, "querystring": {}, "headers": named, "cookies": {}}


def test_every_view_of_the_page_is_its_index_and_files_are_themselves():
    paths = {
        "/": "/index.html",
        "/index.html": "/index.html",
        "/anything": "/index.html",
        "/a/b/c": "/index.html",
        "/v1.2/history": "/index.html",
        "/api-of-mine": "/index.html",
        "/history/": "/index.html",
        "/assets/page-1a2b.js": "/assets/page-1a2b.js",
        "/config.json": "/config.json",
        "/nothing.js": "/nothing.js",
    }
    answers = handle("PageViews", *(viewer_request(path, "GET") for path in paths))
    assert [answer["uri"] for answer in answers] == list(paths.values())


@pytest.mark.parametrize("content_type", ["multipart/form-data; boundary=x", "Multipart/Form-Data; boundary=x"])
def test_a_form_that_lambda_cannot_take_is_refused_at_the_edge(content_type):
    fits = viewer_request(content_type=content_type, content_length=str(LONGEST))
    too_large = viewer_request(content_type=content_type, content_length=str(LONGEST + 1))
    passed, refused = handle("ApiRequests", fits, too_large)
    assert passed["headers"]["content-length"] == {"value": str(LONGEST)}
    assert refused["statusCode"] == PayloadTooLarge.status
    body = json.loads(refused["body"]["data"])
    assert (body["success"], body["error"]["type"]) == (False, PayloadTooLarge.type)
    assert body["error"]["details"] == {"size": LONGEST + 1, "maxBytes": FORM_BYTES}
    headers = {name: header["value"] for name, header in refused["headers"].items()}
    assert {name: headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS
    assert (headers["content-type"], headers["cache-control"]) == ("application/json", "no-store")


def test_the_longest_form_fits_into_a_lambda_event():
    assert LONGEST * 4 / 3 < 6 * 1024 * 1024 - 2 * 65_536


def test_the_edge_takes_as_much_as_the_function_behind_it():
    assert "\nFORM_BYTES = 4 * 1024 * 1024 " in (ROOT / "functions/upload_intake/app.py").read_text()


@pytest.mark.parametrize(
    "request_",
    [
        viewer_request(method="GET"),
        viewer_request(content_type="application/json", content_length="9000000"),
        viewer_request(content_type="multipart/form-data; boundary=x"),
        viewer_request(x_viewer_address="198.51.100.1"),
    ],
    ids=["get", "json", "no-length", "forged"],
)
def test_what_goes_on_to_the_api_says_who_asks(request_):
    [passed] = handle("ApiRequests", request_)
    assert passed == request_ | {"headers": request_["headers"] | {"x-viewer-address": {"value": "203.0.113.7"}}}


def test_functions_are_small_enough_for_the_edge():
    """10 KB: docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html, read 2026-11-23."""
    codes = [r["Properties"]["FunctionCode"] for r in RESOURCES.values() if r["Type"] == "AWS::CloudFront::Function"]
    assert len(codes) == 2
    assert all(len(code) < 10_000 for code in codes)
