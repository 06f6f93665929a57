"""Replicate's HTTP API, reduced to four calls. Sources: Replicate's OpenAPI document and its pages on predictions,
rate limits and data retention, stored copies read 2026-11-22.

There is no idempotency key of any kind, so a creation is sent once. What its answer proves:
429, 402, 422 and other 4xx: no run. Connection refused: no run. Time-out, reset, 5xx: unknown.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import requests

from enhancer import USER_AGENT
from enhancer.adapters.replicate_prediction import read_prediction
from enhancer.domain.clock import to_text
from enhancer.domain.prediction import Prediction
from enhancer.errors import OutcomeUnknown, ProviderError, Refused, Throttled, Unreachable

CANCEL_AFTER = "10m"  # a run that has not ended by then never will; community models may boot for minutes
_TIMEOUT = (5, 30)  # seconds to connect and between bytes, as the provider's own client has it
_DEFAULT_RETRY = 10.0
_RESETS_IN = re.compile(r"resets in ~?(\d+)s")


class Replicate:
    """The port `Provider` on Replicate. `token` gives the API token when it is first needed."""

    def __init__(self, base_url: str, token: Callable[[], str], session: requests.Session | None = None) -> None:
        self._base_url = base_url
        self._token = token
        self._session = session or requests.Session()

    def create(self, version: str, inputs: Mapping[str, Any], webhook: str) -> Prediction:
        """See `ports.Provider.create`."""
        body = {
            "version": version,
            "input": inputs,
            "webhook": webhook,
            "webhook_events_filter": ["completed"],
        }
        try:
            answer = self._request("POST", "/v1/predictions", json=body, headers={"Cancel-After": CANCEL_AFTER})
        except requests.ConnectionError as problem:
            if _never_sent(problem):
                raise Unreachable(type(problem).__name__) from None
            raise OutcomeUnknown(type(problem).__name__) from None
        except requests.RequestException as problem:
            raise OutcomeUnknown(type(problem).__name__) from None
        if answer.status_code == 429:
            raise Throttled(_retry_after(answer))
        if answer.status_code in {200, 201, 202}:
            try:
                return read_prediction(answer.json())
            except (ValueError, KeyError, TypeError):
                raise OutcomeUnknown(f"HTTP {answer.status_code} with a body that is not a prediction") from None
        if 400 <= answer.status_code < 500:
            raise Refused(f"HTTP {answer.status_code} {_title(answer)}".strip())
        raise OutcomeUnknown(f"HTTP {answer.status_code}")

    def cancel(self, prediction_id: str) -> None:
        """See `ports.Provider.cancel`."""
        try:
            answer = self._request("POST", f"/v1/predictions/{prediction_id}/cancel")
        except requests.RequestException as problem:
            raise ProviderError(f"cancelling failed: {type(problem).__name__}") from None
        if answer.status_code not in {200, 201, 202, 404}:
            raise ProviderError(f"cancelling failed: HTTP {answer.status_code}")

    def get(self, prediction_id: str) -> Prediction | None:
        """See `ports.Provider.get`."""
        answer = self._read(f"/v1/predictions/{prediction_id}")
        return read_prediction(answer) if answer else None

    def recent(self, since: datetime, pages: int) -> Iterator[Prediction]:
        """See `ports.Provider.recent`."""
        path = f"/v1/predictions?created_after={to_text(since)}"
        for _ in range(pages):
            page = self._read(path) or {}
            yield from map(read_prediction, page.get("results", []))
            if not page.get("next"):
                return
            following = urlsplit(page["next"])
            path = f"{following.path}?{following.query}"

    def _read(self, path: str) -> dict[str, Any] | None:
        try:
            answer = self._request("GET", path)
            if answer.status_code == 404:
                return None
            answer.raise_for_status()
            body: dict[str, Any] = answer.json()
        except requests.RequestException as problem:
            raise ProviderError(f"reading from the provider failed: {type(problem).__name__}") from None
        return body

    def _request(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, **body: Any
    ) -> requests.Response:
        identity = {"Authorization": f"Bearer {self._token()}", "User-Agent": USER_AGENT}
        return self._session.request(
            method,
            self._base_url + path,
            headers={**identity, **(headers or {})},
            timeout=_TIMEOUT,
            allow_redirects=False,
            **body,
        )


def _never_sent(problem: requests.ConnectionError) -> bool:
    """Whether the connection itself failed: refused, no such host, or a time-out before it stood."""
    if isinstance(problem, requests.ConnectTimeout):
        return True
    reason = getattr(problem.args[0] if problem.args else None, "reason", None)
    return type(reason).__name__ in {"NewConnectionError", "NameResolutionError", "ConnectTimeoutError"}


def _retry_after(answer: requests.Response) -> float:
    """Seconds to wait, in the order of trust: body, header, the number in the text, a guess."""
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    stated = problem.get("retry_after") if isinstance(problem, dict) else None
    if isinstance(stated, int | float):
        return float(stated)
    header = answer.headers.get("Retry-After", "")
    if header.isdecimal():
        return float(header)
    match = _RESETS_IN.search(str(problem))
    return float(match[1]) if match else _DEFAULT_RETRY


def _title(answer: requests.Response) -> str:
    try:
        return str(answer.json().get("title", ""))[:100]
    except (ValueError, AttributeError):
        return ""
