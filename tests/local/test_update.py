"""The present template over the previous release's, on a running installation: data stays, jobs in flight end."""

import shutil
import tarfile
import time
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from deployment import ROOT
from enhancer import __version__
from local.config import StackConfig
from local.deploy import deploy
from local.ports import free_ports
from local.stack import LocalStack, silent
from tests.conftest import RAISED_LIMITS
from tests.images import make_image
from tests.integration.api_client import Client

RELEASE = Path(__file__).parent / "previous_release" / "release.tar.gz"
BUILT = ROOT / ".build" / "local"


@pytest.fixture
def previous(tmp_path):
    """The previous release, unpacked and built; its packages are the present ones."""
    with tarfile.open(RELEASE) as release:
        release.extractall(tmp_path, filter="data")
    core = tmp_path / "build" / "layers" / "CoreLayer"
    shutil.copytree(BUILT / "layers" / "CoreLayer", core, ignore=shutil.ignore_patterns("enhancer"))
    shutil.copytree(tmp_path / "layers/core/enhancer", core / "python/enhancer")
    shutil.copytree(BUILT / "layers" / "ImagingLayer", tmp_path / "build/layers/ImagingLayer")
    shutil.copytree(tmp_path / "functions", tmp_path / "build/functions")
    return tmp_path


def take(stack, seconds):
    """Have the provider's next run take so long."""
    slow = {"fault": "run-slow", "seconds": seconds, "times": 1}
    headers = {"Authorization": f"Bearer {stack.replicate_token}"}
    url = f"{stack.replicate_url}/_control"
    requests.put(url, json={"faults": [slow]}, headers=headers, timeout=10).raise_for_status()


def parameters_of_0_1(parameters):
    """The parameters under their names of 0.1.0."""
    renamed = {"DailyRunLimit": "SpendCeiling"}
    return {renamed.get(name, name): value.replace("image=", "picture=") for name, value in parameters.items()}


def version(guest):
    return guest.call("GET", "/api/health").json()["data"]["version"]


def test_an_update_keeps_the_data_and_jobs_in_flight_end(previous, tmp_path):
    present = StackConfig(*free_ports(3), tmp_path / "state", engine="instant", parameters=RAISED_LIMITS)
    before = replace(
        present,
        template=previous / "template.yaml",
        build=previous / "build",
        parameters=parameters_of_0_1(RAISED_LIMITS),
    )
    png = make_image(size=(64, 48))
    with LocalStack(before) as stack, Client(stack.base_url) as guest:
        done = guest.upload(png, "image/png")
        assert guest.create(done).status_code == 202
        kept = guest.finished(done)
        assert kept["status"] == "succeeded"
        take(stack, seconds=12)
        flying = guest.upload(png, "image/png")
        assert guest.create(flying).status_code == 202
        while guest.job(flying)["stage"] != "enhancing":
            time.sleep(0.1)
        uploaded = guest.upload(png, "image/png")
        outputs = stack.deployment.outputs
        assert version(guest) != __version__

        updated = deploy(present, silent)

        assert guest.job(flying)["stage"] == "enhancing", "the update came while it ran"
        assert outputs.items() <= updated.outputs.items(), "the same table, queues and API"
        assert guest.job(done).items() >= kept.items(), "what it said before, and what this release adds"
        assert guest.call("GET", kept["imageUrl"]).status_code == 302
        assert guest.finished(flying)["status"] == "succeeded"
        assert guest.create(uploaded).status_code == 202, "an upload that was signed before"
        assert guest.finished(uploaded)["status"] == "succeeded"
        assert guest.usage()["usage"]["used"] == 3
        assert version(guest) == __version__
