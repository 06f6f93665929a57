"""One tiny stack for all tests that speak HTTP."""

from collections.abc import Iterator

import pytest
import requests

from local.stack import LocalStack
from tests.local.tiny_stack import tiny_config


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    with LocalStack(tiny_config(tmp_path_factory.mktemp("tiny") / "state")) as running:
        yield running


@pytest.fixture
def http() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session
