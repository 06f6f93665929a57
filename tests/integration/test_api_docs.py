"""The description and its page, as a browser gets them."""

import re

import pytest
import yaml

from deployment import ROOT
from tests.integration.api_client import Client


@pytest.fixture
def visitor(stack):
    with Client(stack.base_url) as client:
        yield client


def test_the_served_description_is_the_documents(visitor):
    answer = visitor.call("GET", "/api/openapi.json")
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json() == yaml.safe_load((ROOT / "docs/openapi.yaml").read_text())


def test_every_file_of_the_page_comes_from_here_and_needs_nothing_inline(visitor):
    page = visitor.call("GET", "/api/docs")
    named = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(named) == 5
    for path in named:
        assert path.startswith("/api/")
        answer = visitor.call("GET", path)
        assert answer.status_code == 200, path
        assert ("immutable" in answer.headers["Cache-Control"]) == ("/5." in path)
    assert "<style" not in page.text
    assert "style=" not in page.text
    assert all('src="' in script for script in re.findall(r"<script[^>]*>", page.text))
    policy = page.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "http" not in policy


@pytest.mark.parametrize("path", ["/api/openapi.json", "/api/docs", "/api/docs/start.js"])
def test_a_file_comes_gzipped_plain_or_not_again(visitor, path):
    packed = visitor.call("GET", path, headers={"Accept-Encoding": "gzip"})
    plain = visitor.call("GET", path, headers={"Accept-Encoding": "identity"})
    assert (packed.headers["Content-Encoding"], plain.headers.get("Content-Encoding")) == ("gzip", None)
    assert packed.content == plain.content
    again = visitor.call("GET", path, headers={"If-None-Match": packed.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["nothing.js", "../app.py", "%2e%2e/app.py", "..%2fapp.py", "5.35.0", "start.js.gz"])
def test_nothing_else_is_served(visitor, path):
    assert visitor.call("GET", f"/api/docs/{path}").status_code == 404
