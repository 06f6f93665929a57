"""The walks in the documents, typed as they stand."""

import json
import sys

import pytest
from PIL import Image

from local.ports import is_taken
from tests.documents import ROOT, block, interrupt, terminal, typed, wait_for
from tests.images import make_image
from tests.integration.api_client import Client

HERE = "http://127.0.0.1:8080"


def free_port():
    """A port that is free with the two behind it."""
    return next(port for port in range(18_080, 28_080, 10) if not any(map(is_taken, range(port, port + 3))))


@pytest.fixture
def desk(tmp_path):
    """A folder to type in, with the sample images in it."""
    (tmp_path / "samples").symlink_to(ROOT / "samples")
    return tmp_path


def test_the_readmes_curl_walk_enhances_an_image(stack, desk):
    typed(block("README.md", "sh", "enhanced.png").replace(HERE, stack.base_url), desk)
    with Image.open(desk / "enhanced.png") as enhanced:
        assert enhanced.size == (1280, 852)


def test_the_curl_walk_with_a_token_generates_an_image(stack, desk):
    token = stack.token("alice")
    script = block("docs/api.md", "sh", "generate").replace("$(make -s token SUB=alice)", token)
    printed = typed(script.replace(HERE, stack.base_url), desk)
    assert "'imageUrl': '/r2-ai/" in printed
    assert '"nextCursor"' in printed


def test_the_python_walk_enhances_an_image(stack, desk):
    (desk / "walk.py").write_text(block("docs/api.md", "python", "requests"))
    printed = typed(f"{sys.executable} walk.py {stack.base_url} samples/cat.jpg", desk)
    assert printed.rstrip().endswith("enhanced.png: 1280 x 852")


def test_the_demo_enhances_a_real_photo_and_says_where_the_result_is():
    demo, test = block("README.md", "sh", "make demo").splitlines()
    assert test.startswith("make test"), "which is what runs this"
    printed = typed(demo)
    [told] = [line for line in printed.splitlines() if line.startswith("enhanced")]
    with Image.open(ROOT / told.split()[-1]) as enhanced:
        assert enhanced.size == (1280, 852)


def test_an_operators_commands_tell_of_a_job_that_was_just_made(desk):
    port = free_port()
    settings = {"PORT": str(port), "STATE": str(desk / "state"), "LOCAL_ENGINE": "instant"}
    with terminal(block("README.md", "sh", "prints: ready"), **settings) as started:
        ready = wait_for(started, "ready ")
        base_url = ready.split()[1]
        assert base_url == HERE.replace("8080", str(port))
        typed(block("README.md", "sh", "enhanced.png").replace(HERE, base_url), desk)
        job_id = json.loads((desk / "job.json").read_text())["data"]["id"]

        def operated(holding):
            """What a command of docs/operations.md prints about this job."""
            return typed(holding.replace("jl2qrbrzmu33rjw3ppgpdky2zd", job_id), **settings)

        assert "succeeded: 1280 x 852 pixels" in operated(block("docs/operations.md", "sh", "make timeline"))
        assert f'filter job_id = "{job_id}"' in operated(block("docs/operations.md", "sh", "make logs"))
        assert "messages moved back to completion: 0" in operated(block("docs/operations.md", "sh", "make redrive"))
        interrupt(started)
        assert "stopped; jobs and images are kept in" in started.stdout.read()


def test_start_takes_a_parameter_of_the_template(desk):
    settings = {"PORT": str(free_port()), "STATE": str(desk / "state"), "LOCAL_ENGINE": "instant"}
    with terminal(block("README.md", "sh", "QuotaJobs=1"), **settings) as started:
        base_url = wait_for(started, "ready ").split()[1]
        with Client(base_url) as guest:
            assert guest.enhance(make_image(), "image/png")["status"] == "succeeded"
            second = guest.create(guest.upload(make_image(), "image/png"))
        assert second.status_code == 429
        assert second.json()["error"]["type"] == "quota_exceeded"
        assert second.json()["error"]["details"]["limit"] == 1


def test_start_says_in_a_sentence_what_it_does_not_take(desk):
    with terminal("make start QuotaJob=1", STATE=str(desk / "state")) as started:
        printed, _ = started.communicate(timeout=60)
    assert started.returncode != 0
    [said] = [line for line in printed.splitlines() if not line.startswith("make")]
    assert said == "template.yaml has no parameter QuotaJob; did you mean QuotaJobs?"
    assert not (desk / "state").exists()
