"""The provider's own clients, in Python and JavaScript, against the stand-in."""

from collections.abc import Iterator
from typing import Any

import pytest

from replicate_standin.tests.harness import SECRET, TOKEN, Outside, Service, image_file
from tests.oracles.installed.conftest import run

SLUG = "nightmareai/real-esrgan"
VERSION = "f121d640bd286e1fdc67f9799164c1d5be36ff74576ee11c803ae5b665dd46aa"
PAGE = 100
RUNS = 105
CLIENTS = {"python": "python_client.py", "javascript": "client.js"}


@pytest.fixture(scope="module", params=CLIENTS)
def client(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def stand_in(client: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A stand-in of its own for each client, with all that the client made of it."""
    service = Service(tmp_path_factory.mktemp(client))
    yield service
    service.close()


@pytest.fixture(scope="module")
def told(client: str, stand_in: Service) -> dict[str, Any]:
    """What a client tells of a stand-in in which a run with a certain webhook is `processing` until it is cancelled."""
    outside = Outside()
    try:
        stand_in.set_faults({"fault": "run-slow", "seconds": 600, "job": "slow"})
        question = {
            "base_url": stand_in.url,
            "token": TOKEN,
            "image": outside.host("/input.png", image_file()),
            "slow": outside.url + "/hook?job=slow",
            "slug": SLUG,
            "version": VERSION,
            "runs": RUNS,
        }
        return run(CLIENTS[client], question)
    finally:
        outside.close()


def test_a_client_runs_an_image_and_reads_all_there_is_to_read(
    stand_in: Service, told: dict[str, Any], client: str
) -> None:
    for way in ("run", "run_by_name", "run_by_polling", "run_async", "run_without_waiting"):
        if way in told:
            assert told[way].startswith(stand_in.url + "/files/"), way
            assert stand_in.output({"output": told[way]}).size == (48, 32)
    assert told["started"]["status"] in ("starting", "processing")
    assert told["started"]["output"] is None
    assert (told["done"]["status"], told["done"]["version"]) == ("succeeded", VERSION)
    assert told["got"] == "succeeded"
    assert told["model"] == {"name": SLUG, "latest": VERSION}
    assert told["versions"][0] == told["model"]["latest"]
    assert told["version"] == {"type": "string", "title": "Output", "format": "uri"}
    assert told["secret"] == SECRET
    if client == "python":
        assert told["done"]["percentage"] == 1.0
        assert told["done"]["predict_time"] > 0


def test_a_client_reads_all_pages(told: dict[str, Any]) -> None:
    """Everything that was made until then, each once."""
    ids = [each for page in told["pages"] for each in page]
    assert len(told["pages"][0]) == PAGE
    assert len(ids) == len(set(ids)) >= RUNS + 2
    assert told["done"]["id"] in ids


def test_a_client_cancels(told: dict[str, Any]) -> None:
    assert told["canceled"] == "canceled"


def test_a_client_understands_refusals(told: dict[str, Any], client: str) -> None:
    words = {
        "wrong_token": (401, "You did not pass a valid authentication token"),
        "wrong_version": (422, "The specified version does not exist"),
        "wrong_input": (422, "- input: image is required"),
        "unknown": (404, "The requested resource could not be found."),
        "unknown_model": (404, "The requested resource could not be found."),
    }
    for name, (status, text) in words.items():
        if name in told:
            assert told[name]["status"] == status
            assert text in told[name]["detail" if client == "python" else "message"]
