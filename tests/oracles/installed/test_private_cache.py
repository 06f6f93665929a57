"""hishel, a cache that keeps to RFC 9111, in front of what has an ETag: it never gives what is no longer so."""

import json
import shutil
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from deployment import ROOT
from local.stack import LocalStack
from tests.conftest import RAISED_LIMITS, StartStack
from tests.images import make_image
from tests.integration.api_client import Client
from tests.oracles.installed.conftest import Ask

WINDOW, EXPIRY = 6, 12  # seconds, in place of 900 and 1800
JOBS = "/api/ai-image/jobs"


@pytest.fixture(scope="module")
def hurried(start_stack: StartStack, tmp_path_factory: pytest.TempPathFactory) -> LocalStack:
    """An installation whose links to images change and end within seconds."""
    build = tmp_path_factory.mktemp("hurried") / "build"
    shutil.copytree(ROOT / ".build" / "local", build, ignore=shutil.ignore_patterns("presigned_urls.*.pyc"))
    module = build / "layers/CoreLayer/python/enhancer/adapters/presigned_urls.py"
    text = module.read_text()
    hurried = text.replace("WINDOW = 900 ", f"WINDOW = {WINDOW} ").replace("EXPIRY = 1800 ", f"EXPIRY = {EXPIRY} ")
    assert hurried.count(f"= {WINDOW} ") == hurried.count(f"= {EXPIRY} ") == 1
    module.write_text(hurried)
    return start_stack(RAISED_LIMITS, "instant", build)


@pytest.fixture(scope="module")
def person(hurried: LocalStack) -> Iterator[Client]:
    with Client(hurried.base_url, hurried.token("cached")) as person:
        yield person


@pytest.fixture(scope="module")
def job(person: Client) -> dict[str, Any]:
    return person.finished(person.send(make_image()).json()["data"]["id"])


def cached(ask: Ask, person: Client, path: str, **headers: str) -> dict[str, Any]:
    """What the cache answers to a person."""
    headers = {"authorization": str(person.session.headers["Authorization"])} | headers
    return ask("cache.py", {"url": person.base_url + path, "headers": headers})


def test_no_kept_redirect_leads_to_a_dead_link(ask: Ask, person: Client, job: dict[str, Any]) -> None:
    answers = []
    ends = time.monotonic() + 2 * EXPIRY
    while time.monotonic() < ends:
        answers.append(cached(ask, person, job["imageUrl"]))
        shown = requests.get(answers[-1]["location"], timeout=10)
        assert (answers[-1]["status"], shown.status_code) == (302, 200), answers[-1]
        time.sleep(0.4)
    assert any(each["kept"] for each in answers), "nothing was kept"
    assert len({each["location"] for each in answers}) > EXPIRY // WINDOW
    assert requests.get(answers[0]["location"], timeout=10).status_code == 403, "the first link lives on"


def test_a_kept_job_is_as_the_job_is(ask: Ask, person: Client) -> None:
    path = f"{JOBS}/{person.send(make_image()).json()['data']['id']}"
    stage, ends = "", time.monotonic() + 60
    while stage != "done":
        assert time.monotonic() < ends, f"{stage} for ever"
        answer = cached(ask, person, path)
        assert answer["status"] == 200
        stage = json.loads(answer["body"])["data"]["stage"]
    cached(ask, person, path)  # hishel drops the last answer but one only now
    again = cached(ask, person, path)
    assert (again["kept"], again["asked"]) == (True, True)
    assert json.loads(again["body"]) == person.call("GET", path).json()
    person.call("DELETE", path)
    assert cached(ask, person, path)["status"] == 404


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ("{}", 304),
        ("W/{}", 304),
        ('"another", {}', 304),
        ('"another",W/{} , "third"', 304),
        ("*", 304),
        ('"another"', 200),
        ('"*"', 200),
        ("", 200),
    ],
)
def test_who_holds_a_job_is_told_so(person: Client, job: dict[str, Any], given: str, status: int) -> None:
    """RFC 9110, 13.1.2: a list of entity tags, compared weakly, or `*`."""
    for method in ("GET", "HEAD"):
        tag = person.call(method, f"{JOBS}/{job['id']}").headers["ETag"]
        answer = person.call(method, f"{JOBS}/{job['id']}", headers={"If-None-Match": given.format(tag)})
        assert answer.status_code == status
        assert answer.headers["ETag"] == tag
