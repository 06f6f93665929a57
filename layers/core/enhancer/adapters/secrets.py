"""Fetch secrets: settings hold the names of SSM SecureStrings, Parameter Store their values.

Parameter Store answers 40 calls a second of an account and region together, all stacks and products in it (AWS,
"Systems Manager quotas", as quoted in public, read 2026-11-25), and throttles further calls. So a process refreshes
seldom, at another moment than the others, and keeps its values while there is no response.
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
MAX_STALE_AGE = 3600.0  # seconds for which values stay in use while the store does not respond
RETRY = 60.0  # seconds, on average, from a failed refresh to the next
COLD_RETRY = 3.0  # the same, while there are no values yet


class Secrets:
    """All of a function's secrets, fetched in one GetParameters call when the first is needed (at most 10 names).

    The client retries a failed call by itself; `on_stale` is called with the error when old values stay in use.
    """

    def __init__(
        self,
        client: "SSMClient",
        names: Iterable[str],
        on_stale: Callable[[str], None],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._names = list(names)
        self._on_stale = on_stale
        self._now = now
        self._values: dict[str, str] = {}
        self._fetched_at = self._refresh_at = float("-inf")
        self._problem = ""

    def get(self, name: str) -> str:
        """Return a secret's value, at most MAX_AGE old, or MAX_STALE_AGE while the store does not respond.

        Raises ConfigurationError that names what is missing.
        """
        if self._now() >= self._refresh_at:
            self._refresh()
        if self._now() - self._fetched_at > MAX_STALE_AGE:
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
            holds = self._now() - self._fetched_at <= MAX_STALE_AGE
            self._refresh_at = self._now() + (RETRY if holds else COLD_RETRY) * _spread(0.5, 1.5)
            if holds:
                self._on_stale(code)
            return
        self._values = {found["Name"]: found["Value"] for found in answer["Parameters"]}
        self._fetched_at = self._now()
        self._refresh_at = self._fetched_at + MAX_AGE * _spread(0.8, 1.0)

    def several(self, name: str) -> list[str]:
        """Return the valid values of a secret: several, separated by spaces, while it is rotated."""
        return self.get(name).split()


def _spread(low: float, high: float) -> float:
    """Return a random factor, so that processes that started together do not refresh together."""
    return random.uniform(low, high)  # noqa: S311 - jitter
