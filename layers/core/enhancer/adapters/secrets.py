"""Secrets: settings hold the names of SSM SecureStrings, this fetches their values.

Parameter Store answers 40 calls a second of an account and region together, all stacks and products in it (AWS,
"Systems Manager quotas", as quoted in public, read 2026-11-25), and throttles what is more. So a process asks seldom,
not at the same moment as the others, and while there is no response it keeps what it has.
"""

import random
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from enhancer.settings import ConfigurationError

if TYPE_CHECKING:
    from types_boto3_ssm import SSMClient

MAX_AGE = 300.0  # seconds; rotation takes effect within it
KEPT = 3600.0  # seconds for which values still serve while the store does not answer
RETRY = 60.0  # seconds, on average, from a refresh that failed to the next
COLD_RETRY = 3.0  # seconds, on average, where there is nothing to go on with


class Secrets:
    """All of a function's secrets, fetched in one GetParameters call when the first is needed (at most 10 names).

    The client repeats a failed call by itself; `kept` is told why values had to serve longer than usual.
    """

    def __init__(
        self,
        client: "SSMClient",
        names: Iterable[str],
        kept: Callable[[str], None],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._names = list(names)
        self._kept = kept
        self._now = now
        self._values: dict[str, str] = {}
        self._fetched_at = self._ask_at = float("-inf")
        self._problem = ""

    def get(self, name: str) -> str:
        """One secret's value, at most MAX_AGE old, or KEPT while the store does not answer.

        Raises ConfigurationError that names what is missing.
        """
        if self._now() >= self._ask_at:
            self._refresh()
        if self._now() - self._fetched_at > KEPT:
            raise ConfigurationError(f"the parameter store does not answer: {self._problem}")
        if name not in self._values:
            raise ConfigurationError(f"the secret {name} is not in the parameter store")
        return self._values[name]

    def _refresh(self) -> None:
        try:
            answer = self._client.get_parameters(Names=self._names, WithDecryption=True)
        except (BotoCoreError, ClientError) as problem:
            code = problem.response["Error"]["Code"] if isinstance(problem, ClientError) else type(problem).__name__
            self._problem = code
            holds = self._now() - self._fetched_at <= KEPT
            self._ask_at = self._now() + (RETRY if holds else COLD_RETRY) * _spread(0.5, 1.5)
            if holds:
                self._kept(code)
            return
        self._values = {found["Name"]: found["Value"] for found in answer["Parameters"]}
        self._fetched_at = self._now()
        self._ask_at = self._fetched_at + MAX_AGE * _spread(0.8, 1.0)

    def several(self, name: str) -> list[str]:
        """A secret that may have several valid values while it is rotated, separated by spaces."""
        return self.get(name).split()


def _spread(low: float, high: float) -> float:
    """Processes that started together do not ask together again."""
    return random.uniform(low, high)  # noqa: S311 - jitter
