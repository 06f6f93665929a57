"""Settings come from the environment; each function reads only its own, at start, and a missing one names itself."""

import os
from collections.abc import Mapping


class ConfigurationError(Exception):
    """A setting is missing or malformed; the message names it."""


class Settings:
    """Typed reading of environment variables."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._environment = environment

    def text(self, name: str) -> str:
        """A setting that must be there; an empty one counts as missing. Raises ConfigurationError."""
        value = self.optional(name)
        if not value:
            raise ConfigurationError(f"the setting {name} is missing")
        return value

    def optional(self, name: str) -> str:
        """A setting that may be empty."""
        return self._environment.get(name, "").strip()

    def integer(self, name: str) -> int:
        """A whole number, 0 or more. Raises ConfigurationError."""
        value = self.text(name)
        if not value.isdecimal():
            raise ConfigurationError(f"the setting {name} is {value!r}; it must be a whole number, 0 or more")
        return int(value)

    def numbers(self, name: str) -> dict[str, int]:
        """`name=number` pairs, comma separated. Raises ConfigurationError."""
        pairs = [item.partition("=") for item in self.items(name)]
        if not all(number.isdecimal() for _, _, number in pairs):
            raise ConfigurationError(
                f"the setting {name} is {self.text(name)!r}; it must be name=number, comma separated"
            )
        return {key: int(number) for key, _, number in pairs}

    def items(self, name: str) -> list[str]:
        """A comma-separated list of at least one entry. Raises ConfigurationError."""
        return [item.strip() for item in self.text(name).split(",") if item.strip()]
