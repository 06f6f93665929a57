"""Writes that meet another one of the same owner: DynamoDB lets one through and has the other come again."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from enhancer.errors import ConcurrentUpdate

TRIES = 5
Result = TypeVar("Result")


def settled(write: Callable[[], Result], sleep: Callable[[float], None] = time.sleep) -> Result:
    """Return what `write` returns; it is tried up to five times while it raises ConcurrentUpdate."""
    for tried in range(TRIES - 1):
        try:
            return write()
        except ConcurrentUpdate:
            sleep(pause(tried))
    return write()


def pause(tried: int) -> float:
    """Seconds until the next try: two that met do not wait equally long, and all five take 0.75 s at most."""
    return random.uniform(0, 0.05 * 2**tried)  # noqa: S311 - jitter, not a secret
