"""The adapter on servers of others passes the very tests that the fake passes."""

import pytest

from tests.contract.test_image_store import *  # noqa: F403 - every test of the contract


@pytest.fixture
def images(server):
    return server.images
