"""Settings from the environment, read once at start."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .model_file import ModelFileError, read_models
from .models import Model

ENGINES = ("realesrgan", "instant")


class SettingsError(Exception):
    """A setting is missing or wrong; the message names the variable and the expected value."""


@dataclass(frozen=True)
class Settings:
    """All settings of the stand-in.

    `port` 0 picks a free one. `state` is the folder for files; None: a temporary one, deleted at the end. `models` are
    played beside the published three.
    """

    token: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    port: int = 0
    engine: str = "realesrgan"
    state: Path | None = None
    models: tuple[Model, ...] = ()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Read `STANDIN_*` and `LOCAL_ENGINE`; raises SettingsError on the first that is missing or wrong."""
        state = environment.get("STANDIN_STATE", "")
        return cls(
            token=_token(environment),
            webhook_secret=_webhook_secret(environment),
            port=_port(environment.get("STANDIN_PORT") or "0"),
            engine=_engine(environment.get("LOCAL_ENGINE") or ENGINES[0]),
            state=Path(state) if state else None,
            models=_models(environment.get("STANDIN_MODELS", "")),
        )


def _token(environment: Mapping[str, str]) -> str:
    token = environment.get("STANDIN_TOKEN", "")
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise SettingsError("STANDIN_TOKEN must be set to the bearer token that clients send (visible ASCII).")
    return token


def _webhook_secret(environment: Mapping[str, str]) -> str:
    """Check the form that Standard Webhooks requires.

    Source: standard-webhooks/standard-webhooks, spec/standard-webhooks.md, read 2026-11-22: 24 to 64 bytes in
    base64 behind `whsec_`.
    """
    secret = environment.get("STANDIN_WEBHOOK_SECRET", "")
    wanted = "STANDIN_WEBHOOK_SECRET must be `whsec_` followed by 24 to 64 bytes in base64"
    if not secret.startswith("whsec_"):
        raise SettingsError(f"{wanted}; it is {'not set' if not secret else 'something else'}.")
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        raise SettingsError(f"{wanted}; what follows the prefix is not base64.") from None
    if not 24 <= len(key) <= 64:
        raise SettingsError(f"{wanted}; it holds {len(key)} bytes.")
    return secret


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise SettingsError(f"STANDIN_PORT must be a whole number from 0 (pick a free one) to 65535, not {text!r}.")
    return int(text)


def _models(path: str) -> tuple[Model, ...]:
    try:
        return read_models(Path(path)) if path else ()
    except ModelFileError as fault:
        raise SettingsError(f"STANDIN_MODELS must name a file with models: {fault}.") from None


def _engine(name: str) -> str:
    if name not in ENGINES:
        raise SettingsError(f"LOCAL_ENGINE must be one of {', '.join(ENGINES)}, not {name!r}.")
    return name
