"""A guest for a module's tests, and an installation whose provider goes wrong."""

import contextlib
from collections.abc import Callable, Iterator

import pytest

from local.stack import LocalStack
from tests.conftest import RAISED_LIMITS, StartStack
from tests.integration.api_client import Client
from tests.integration.faulty_provider import Installation, Order


@pytest.fixture(scope="module")
def guest(stack: LocalStack) -> Iterator[Client]:
    """One person for all tests of a module; modules whose tests need a new one each make their own."""
    with Client(stack.base_url) as client:
        yield client


@pytest.fixture(scope="session")
def faulty_stack(start_stack: StartStack) -> Installation:
    """One for all modules that test faults."""
    return Installation(start_stack(RAISED_LIMITS, "instant"))


@pytest.fixture
def installation(faulty_stack: Installation) -> Iterator[Installation]:
    """Its provider works again when the test ends, and each fault that was set has acted."""
    yield faulty_stack
    faulty_stack.clear()


@pytest.fixture
def orders(installation: Installation) -> Iterator[Callable[[int], list[Order]]]:
    """Uploads for so many jobs, each of another guest; they are still to be created."""
    with contextlib.ExitStack() as guests:

        def prepare(count: int) -> list[Order]:
            return [
                Order(installation, guests.enter_context(Client(installation.stack.base_url))) for _ in range(count)
            ]

        yield prepare


@pytest.fixture
def faulty_job(installation: Installation, orders: Callable[[int], list[Order]]) -> Callable[..., Order]:
    """Creates a job that is to meet these faults."""

    def create(*faults: dict[str, object]) -> Order:
        [order] = orders(1)
        installation.set(*({**each, "job": order.id} for each in faults))
        order.create()
        return order

    return create
