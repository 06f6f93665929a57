"""Secrets: settings hold the names of SSM SecureStrings, this fetches their values."""

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from enhancer.settings import ConfigurationError

if TYPE_CHECKING:
    from types_boto3_ssm import SSMClient

MAX_AGE = 300.0  # seconds; rotation takes effect within it


class Secrets:
    """All of a function's secrets, fetched in one GetParameters call when the first is needed (at most 10 names)."""

    def __init__(self, client: "SSMClient", names: Iterable[str], now: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._names = list(names)
        self._now = now
        self._values: dict[str, str] = {}
        self._fetched_at = float("-inf")

    def get(self, name: str) -> str:
        """One secret's value, at most MAX_AGE old. Raises ConfigurationError that names what is missing."""
        if self._now() - self._fetched_at > MAX_AGE:
            answer = self._client.get_parameters(Names=self._names, WithDecryption=True)
            self._values = {found["Name"]: found["Value"] for found in answer["Parameters"]}
            self._fetched_at = self._now()
        if name not in self._values:
            raise ConfigurationError(f"the secret {name} is not in the parameter store")
        return self._values[name]

    def several(self, name: str) -> list[str]:
        """A secret that may have several valid values while it is rotated, separated by spaces."""
        return self.get(name).split()
