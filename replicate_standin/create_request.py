"""Reads and checks a create request: its body and two headers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import parse_qs, urlsplit

from .models import Model, Models, missing_field, unexpected_field
from .problems import FieldError, InvalidInputError, InvalidVersionError, UnprocessableError

EVENTS = ("start", "output", "logs", "completed")
DEFAULT_EVENTS = frozenset({"output", "completed"})
FIELDS = ("input", "version", "webhook", "webhook_events_filter", "stream")
CANCEL_AFTER_MIN_SECONDS = 5
WAIT_MAX_SECONDS = 60

# Written exactly as in api.replicate.com/openapi.json, copy of 2026-04-09; it also accepts 61 to 99.
_PREFER = re.compile(r"wait(=([1-9]|[1-9][0-9]|60))?")
_CANCEL_AFTER = re.compile(r"(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s?)?")


@dataclass(frozen=True)
class CreateRequest:
    """A checked request for a prediction. `raw_input` is as sent, `inputs` has the defaults filled in.

    `wait` and `cancel_after` are seconds, or None if not requested."""

    model: Model
    version: str
    raw_input: dict[str, Any]
    inputs: dict[str, Any]
    webhook: str | None
    events: frozenset[str]
    wait: int | None
    cancel_after: int | None

    @property
    def job(self) -> str | None:
        """The id in `?job=` of the webhook's URL, if any."""
        values = parse_qs(urlsplit(self.webhook or "").query).get("job")
        return values[0] if values else None


def read_create_request(
    body: Any, headers: Mapping[str, str], models: Models, named: Model | None = None
) -> CreateRequest:
    """Check a create request; raises UnprocessableError or a subclass of it.

    `named` is the model when the path names it; then the body has no `version`.
    """
    fields = _fields(body, FIELDS if named is None else tuple(name for name in FIELDS if name != "version"))
    identifier = fields.get("version") if named is None else named.slug
    if not isinstance(identifier, str) or not identifier:
        raise InvalidVersionError
    model, version = models.find_version(identifier)
    return CreateRequest(
        model=model,
        version=version,
        raw_input=fields["input"],
        inputs=model.read_inputs(fields["input"]),
        webhook=_webhook(fields.get("webhook")),
        events=_events(fields.get("webhook_events_filter")),
        wait=read_prefer(headers.get("Prefer")),
        cancel_after=read_cancel_after(headers.get("Cancel-After")),
    )


def read_prefer(header: str | None) -> int | None:
    """Return how many seconds to hold the request open, at most 60; plain `wait` means 60."""
    if header is None:
        return None
    match = _PREFER.fullmatch(header)
    if not match:
        raise UnprocessableError("Prefer must be `wait` or `wait=n`, n from 1 to 60.")
    return min(int(match[2] or WAIT_MAX_SECONDS), WAIT_MAX_SECONDS)


def read_cancel_after(header: str | None) -> int | None:
    """Return the lifetime in seconds: `90s`, `5m`, `1h30m45s`, or bare seconds; 5 at least."""
    if header is None:
        return None
    match = _CANCEL_AFTER.fullmatch(header)
    if not header or not match:
        raise UnprocessableError("Cancel-After must be a duration such as 90s, 5m or 1h30m45s.")
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    total = hours * 3600 + minutes * 60 + seconds
    if total < CANCEL_AFTER_MIN_SECONDS:
        raise UnprocessableError(f"Cancel-After must be at least {CANCEL_AFTER_MIN_SECONDS} seconds.")
    return total


def _fields(body: Any, allowed: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise UnprocessableError("The body must be a JSON object.")
    errors = [missing_field(name, "") for name in ("version", "input") if name in allowed and name not in body]
    errors += [unexpected_field(name, "") for name in body if name not in allowed]
    for name, kind, expected in (("input", dict, "object"), ("stream", bool, "boolean")):
        if name in body and not isinstance(body[name], kind):
            errors.append(FieldError("invalid_type", name, f"Invalid type. Expected: {expected}"))
    if errors:
        raise InvalidInputError(errors)
    return body


def _events(names: Any) -> frozenset[str]:
    if names is None:
        return DEFAULT_EVENTS
    if not isinstance(names, list) or not all(isinstance(name, str) and name in EVENTS for name in names):
        raise UnprocessableError(f"- webhook_events_filter: must be a list of {', '.join(EVENTS)}")
    return frozenset(names)


def _webhook(url: Any) -> str | None:
    """Check a webhook URL: HTTPS as the provider requires, or plain HTTP to this machine."""
    if url is None:
        return None
    if isinstance(url, str):
        try:
            parts = urlsplit(url)
            host = parts.hostname
        except ValueError:
            host = None
        if host and (parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))):
            return url
    raise UnprocessableError("- webhook: must be an HTTPS URL (this stand-in also takes http:// to a loopback host)")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
