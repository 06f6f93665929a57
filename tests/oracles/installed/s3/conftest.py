"""The S3 servers of others, one of each for all tests here."""

import contextlib
from collections.abc import Callable, Iterator

import pytest
import requests

from tests.oracles.installed.s3 import servers
from tests.oracles.installed.s3.servers import S3Server

VERIFYING = {"minio": servers.minio, "rclone": servers.rclone}
"""Those that compute each signature again from what they received."""


@pytest.fixture(scope="session")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], S3Server]]:
    """Starts a server by its name, once."""
    running: dict[str, S3Server] = {}
    with contextlib.ExitStack() as opened:

        def start(name: str) -> S3Server:
            if name not in running:
                begin = {**VERIFYING, "moto": servers.moto}[name]
                running[name] = opened.enter_context(begin(tmp_path_factory.mktemp(name)))
            return running[name]

        yield start


@pytest.fixture(params=VERIFYING)
def server(request: pytest.FixtureRequest, started: Callable[[str], S3Server]) -> S3Server:
    """Each server that verifies signatures, emptied."""
    found = started(request.param)
    found.empty()
    return found


@pytest.fixture
def http() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session
