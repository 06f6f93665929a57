"""Replicate's HTTP API, reduced to four calls. Sources: Replicate's OpenAPI document and its pages on predictions,
rate limits and data retention, stored copies read 2026-11-22.

There is no idempotency key of any kind, so a create request is sent once. Its response shows whether a run exists:
4xx: no run. Connection refused: no run. Time-out, reset, 5xx, a body that is not a prediction: unknown.
"""

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import requests

from enhancer import USER_AGENT
from enhancer.adapters.replicate_prediction import NotAPrediction, read_prediction
from enhancer.domain.catalogue import EnhancementModel
from enhancer.domain.clock import to_text
from enhancer.domain.prediction import Prediction
from enhancer.domain.redaction import redact
from enhancer.errors import AccountRefused, OutcomeUnknown, ProviderError, Refused, Throttled, Unreachable

CANCEL_AFTER = "10m"  # a run that has not ended by then never will; community models may boot for minutes
TIMEOUT = (5, 30)  # seconds to connect and between bytes, as in the provider's own client
_DEFAULT_RETRY = 10.0
_LONGEST_RETRY = 900.0
_RESETS_IN = re.compile(r"resets in ~?(\d{1,6})s")
_WORDS = 200  # characters kept of the provider's error text


class Replicate:
    """The port `Provider` on Replicate. `token` returns the API token when it is first used; `models` are by slug."""

    def __init__(
        self,
        base_url: str,
        token: Callable[[], str],
        models: Mapping[str, EnhancementModel],
        session: requests.Session | None = None,
    ) -> None:
        self._base_url = base_url
        self._token = token
        self._models = models
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
                raise Unreachable(_exception_name(problem)) from None
            raise OutcomeUnknown(_exception_name(problem)) from None
        except requests.RequestException as problem:
            raise OutcomeUnknown(_exception_name(problem)) from None
        if answer.status_code == 429:
            raise Throttled(_retry_after(answer))
        if answer.status_code in {200, 201, 202}:
            try:
                return read_prediction(_json(answer), self._models)
            except (ValueError, NotAPrediction):
                raise OutcomeUnknown(f"HTTP {answer.status_code}: the body is not a prediction") from None
        if answer.status_code in {401, 402, 403}:
            raise AccountRefused(_error_text(answer))
        if 400 <= answer.status_code < 500:
            raise Refused(_error_text(answer))
        raise OutcomeUnknown(_error_text(answer))

    def cancel(self, prediction_id: str) -> None:
        """See `ports.Provider.cancel`."""
        try:
            answer = self._request("POST", f"/v1/predictions/{prediction_id}/cancel")
        except requests.RequestException as problem:
            raise ProviderError(_exception_name(problem)) from None
        if answer.status_code not in {200, 201, 202, 404}:
            raise ProviderError(_error_text(answer))

    def get(self, prediction_id: str) -> Prediction | None:
        """See `ports.Provider.get`."""
        answer = self._read(f"/v1/predictions/{prediction_id}")
        return None if answer is None else self._prediction(answer)

    def recent(self, since: datetime, pages: int) -> Iterator[Prediction]:
        """See `ports.Provider.recent`.

        If an entry can't be read, the list does not prove that a run is missing: ProviderError is raised after the
        other entries.
        """
        path = f"/v1/predictions?created_after={to_text(since)}"
        unreadable = False
        for _ in range(pages):
            page = self._read(path)
            if not isinstance(page, dict) or not isinstance(page.get("results"), list):
                raise ProviderError("HTTP 404: no list of predictions" if page is None else "the body is not a list")
            for entry in page["results"]:
                try:
                    yield read_prediction(entry, self._models)
                except NotAPrediction:
                    unreadable = True
            if not page.get("next"):
                break
            path = f"/v1/predictions?{_query(page['next'])}"
        if unreadable:
            raise ProviderError("the list has an entry that is not a prediction")

    def _prediction(self, body: Any) -> Prediction:
        try:
            return read_prediction(body, self._models)
        except NotAPrediction:
            raise ProviderError("the body is not a prediction") from None

    def _read(self, path: str) -> Any:
        """Return the JSON of a response, None for a 404 in the provider's own format. Raises ProviderError."""
        try:
            answer = self._request("GET", path)
        except requests.RequestException as problem:
            raise ProviderError(_exception_name(problem)) from None
        if answer.status_code not in {200, 404}:
            raise ProviderError(_error_text(answer))
        try:
            body = _json(answer)
        except ValueError:
            raise ProviderError("the body is not JSON") from None
        if answer.status_code == 404:
            if not isinstance(body, dict):  # not from the provider: the run may exist
                raise ProviderError("HTTP 404: the body is not the provider's")
            return None
        if body is None:
            raise ProviderError("the body is null")
        return body

    def _request(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, **body: Any
    ) -> requests.Response:
        identity = {"Authorization": f"Bearer {self._token()}", "User-Agent": USER_AGENT}
        return self._session.request(
            method,
            self._base_url + path,
            headers={**identity, **(headers or {})},
            timeout=TIMEOUT,
            allow_redirects=False,
            **body,
        )


def _json(answer: requests.Response) -> Any:
    """Return the body of a response. Raises ValueError if it is not JSON or nested too deeply."""
    try:
        return json.loads(answer.content)  # answer.json() may use Lambda's simplejson, which rejects NaN
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _query(address: Any) -> str:
    """Return the query of the next page's URL. The token is sent to no other host. Raises ProviderError."""
    try:
        return urlsplit(str(address)).query
    except ValueError:
        raise ProviderError("the address of the next page can't be read") from None


def _never_sent(problem: requests.ConnectionError) -> bool:
    """Return whether the connection itself failed: refused, no such host, or a time-out while connecting."""
    if isinstance(problem, requests.ConnectTimeout):
        return True
    reason = getattr(problem.args[0] if problem.args else None, "reason", None)
    return type(reason).__name__ in {"NewConnectionError", "NameResolutionError", "ConnectTimeoutError"}


def _exception_name(problem: requests.RequestException) -> str:
    """Return the innermost exception's name, which says more about the connection than requests' own."""
    cause: BaseException = problem
    while True:
        inner = next((each for each in cause.args if isinstance(each, BaseException)), None)
        reason = inner if inner is not None else getattr(cause, "reason", None)
        if not isinstance(reason, BaseException):
            return type(cause).__name__
        cause = reason


def _retry_after(answer: requests.Response) -> float:
    """Return the seconds to wait, 0 to 900, by the first of the body, the headers and the text that states them."""
    try:
        problem = _json(answer)
    except ValueError:
        problem = {}
    match = _RESETS_IN.search(answer.text)
    stated = (
        problem.get("retry_after") if isinstance(problem, dict) else None,
        answer.headers.get("Retry-After"),
        match[1] if match else None,
        answer.headers.get("ratelimit-reset"),  # of the limit for all requests, which every response carries
    )
    seconds = next((found for found in map(_seconds, stated) if found is not None), _DEFAULT_RETRY)
    return min(_LONGEST_RETRY, seconds)


def _seconds(stated: Any) -> float | None:
    """Read a number of seconds or, as RFC 9110 allows for Retry-After, a date; None for anything else."""
    if stated is None or isinstance(stated, bool):
        return None
    try:
        seconds = float(stated)
    except (TypeError, ValueError, OverflowError):
        try:
            seconds = (parsedate_to_datetime(str(stated)) - datetime.now(UTC)).total_seconds()
        except (TypeError, ValueError, OverflowError):
            return None
        seconds = max(0.0, seconds)
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _error_text(answer: requests.Response) -> str:
    """Return a response's status, and the title and detail of its problem document (RFC 9457)."""
    try:
        problem = _json(answer)
    except ValueError:
        problem = None
    said = [problem.get(name) for name in ("title", "detail")] if isinstance(problem, dict) else []
    words = ". ".join(each.strip().rstrip(".") for each in said if isinstance(each, str) and each.strip())
    return f"HTTP {answer.status_code}: {redact(' '.join(words.split()))[:_WORDS]}".rstrip(": ")
