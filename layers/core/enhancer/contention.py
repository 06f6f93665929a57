"""Retries of writes that conflict with another of the same owner: DynamoDB lets only one of them through."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from enhancer.errors import ConcurrentUpdate

TRIES = 5
Result = TypeVar("Result")


def retry_contended(write: Callable[[], Result], sleep: Callable[[float], None] = time.sleep) -> Result:
    """Return what `write` returns; it is tried up to five times while it raises ConcurrentUpdate."""
    for tried in range(TRIES - 1):
        try:
            return write()
        except ConcurrentUpdate:
            sleep(pause(tried))
    return write()


def pause(tried: int) -> float:
    """Return the seconds until the next try: random, so that two do not conflict again; all take 0.75 s at most."""
    return random.uniform(0, 0.05 * 2**tried)  # noqa: S311 - jitter, not a secret
