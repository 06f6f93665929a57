"""Settings from the environment. Each function reads only its own, at start; errors name a missing setting."""

import os
from collections.abc import Mapping


class ConfigurationError(Exception):
    """A setting is missing or malformed; the message names it."""


class Settings:
    """Reads environment variables as typed values."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._environment = environment

    def text(self, name: str) -> str:
        """Return a required setting; an empty one counts as missing. Raises ConfigurationError."""
        value = self.optional(name)
        if not value:
            raise ConfigurationError(f"the setting {name} is missing")
        return value

    def optional(self, name: str) -> str:
        """Return a setting that may be empty."""
        return self._environment.get(name, "").strip()

    def integer(self, name: str) -> int:
        """Return a whole number, 0 or more. Raises ConfigurationError."""
        value = self.text(name)
        if not value.isdecimal():
            raise ConfigurationError(f"the setting {name} is {value!r}; it must be a whole number, 0 or more")
        return int(value)

    def numbers(self, name: str) -> dict[str, int]:
        """Return comma-separated `name=number` pairs. Raises ConfigurationError."""
        pairs = [item.partition("=") for item in self.items(name)]
        if not all(number.isdecimal() for _, _, number in pairs):
            raise ConfigurationError(
                f"the setting {name} is {self.text(name)!r}; it must be name=number, comma separated"
            )
        return {key: int(number) for key, _, number in pairs}

    def items(self, name: str) -> list[str]:
        """Return the entries of a comma-separated list, at least one. Raises ConfigurationError."""
        return [item.strip() for item in self.text(name).split(",") if item.strip()]
