"""Replicate's HTTP API, reduced to four calls. Sources: Replicate's OpenAPI document and its pages on predictions,
rate limits and data retention, stored copies read 2026-11-22.

There is no idempotency key of any kind, so a creation is sent once. What its answer proves:
4xx: no run. Connection refused: no run. Time-out, reset, 5xx, an answer that is no prediction: unknown.
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
TIMEOUT = (5, 30)  # seconds to connect and between bytes, as the provider's own client has it
_DEFAULT_RETRY = 10.0
_LONGEST_RETRY = 900.0
_RESETS_IN = re.compile(r"resets in ~?(\d{1,6})s")
_WORDS = 200  # characters kept of what the provider says


class Replicate:
    """The port `Provider` on Replicate. `token` gives the API token when it is first needed, `models` are by slug."""

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
                raise Unreachable(_name(problem)) from None
            raise OutcomeUnknown(_name(problem)) from None
        except requests.RequestException as problem:
            raise OutcomeUnknown(_name(problem)) from None
        if answer.status_code == 429:
            raise Throttled(_retry_after(answer))
        if answer.status_code in {200, 201, 202}:
            try:
                return read_prediction(_json(answer), self._models)
            except (ValueError, NotAPrediction):
                raise OutcomeUnknown(f"HTTP {answer.status_code}: the body is not a prediction") from None
        if answer.status_code in {401, 402, 403}:
            raise AccountRefused(_words(answer))
        if 400 <= answer.status_code < 500:
            raise Refused(_words(answer))
        raise OutcomeUnknown(_words(answer))

    def cancel(self, prediction_id: str) -> None:
        """See `ports.Provider.cancel`."""
        try:
            answer = self._request("POST", f"/v1/predictions/{prediction_id}/cancel")
        except requests.RequestException as problem:
            raise ProviderError(_name(problem)) from None
        if answer.status_code not in {200, 201, 202, 404}:
            raise ProviderError(_words(answer))

    def get(self, prediction_id: str) -> Prediction | None:
        """See `ports.Provider.get`."""
        answer = self._read(f"/v1/predictions/{prediction_id}")
        return None if answer is None else self._prediction(answer)

    def recent(self, since: datetime, pages: int) -> Iterator[Prediction]:
        """See `ports.Provider.recent`.

        A list with an entry that can't be read proves nothing of what it lacks: ProviderError comes after the others.
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
        """The JSON of an answer, None where the provider says 404 in its own form. Raises ProviderError."""
        try:
            answer = self._request("GET", path)
        except requests.RequestException as problem:
            raise ProviderError(_name(problem)) from None
        if answer.status_code not in {200, 404}:
            raise ProviderError(_words(answer))
        try:
            body = _json(answer)
        except ValueError:
            raise ProviderError("the body is not JSON") from None
        if answer.status_code == 404:
            if not isinstance(body, dict):  # of something between: the run may well exist
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
    """The body of an answer. Raises ValueError where it is not JSON, or is nested deeper than can be read."""
    try:
        return json.loads(answer.content)  # requests takes simplejson, which Lambda's runtime has, and that refuses NaN
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _query(address: Any) -> str:
    """The query of the next page's address; its host is ignored, lest the token go there. Raises ProviderError."""
    try:
        return urlsplit(str(address)).query
    except ValueError:
        raise ProviderError("the address of the next page can't be read") from None


def _never_sent(problem: requests.ConnectionError) -> bool:
    """Whether the connection itself failed: refused, no such host, or a time-out before it stood."""
    if isinstance(problem, requests.ConnectTimeout):
        return True
    reason = getattr(problem.args[0] if problem.args else None, "reason", None)
    return type(reason).__name__ in {"NewConnectionError", "NameResolutionError", "ConnectTimeoutError"}


def _name(problem: requests.RequestException) -> str:
    """What happened to the connection: the innermost exception's name, for requests' own says as little as "reset"."""
    cause: BaseException = problem
    while True:
        inner = next((each for each in cause.args if isinstance(each, BaseException)), None)
        reason = inner if inner is not None else getattr(cause, "reason", None)
        if not isinstance(reason, BaseException):
            return type(cause).__name__
        cause = reason


def _retry_after(answer: requests.Response) -> float:
    """Seconds to wait, 0 to 900, in the order of trust: body, headers, the number in the text, a guess."""
    try:
        problem = _json(answer)
    except ValueError:
        problem = {}
    match = _RESETS_IN.search(answer.text)
    stated = (
        problem.get("retry_after") if isinstance(problem, dict) else None,
        answer.headers.get("Retry-After"),
        match[1] if match else None,
        answer.headers.get("ratelimit-reset"),  # of the limit for all requests, which every answer tells
    )
    seconds = next((found for found in map(_seconds, stated) if found is not None), _DEFAULT_RETRY)
    return min(_LONGEST_RETRY, seconds)


def _seconds(stated: Any) -> float | None:
    """A number of seconds or, as RFC 9110 allows for Retry-After, a date; None for what is neither."""
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


def _words(answer: requests.Response) -> str:
    """Status, title and detail of an answer, in which a problem document (RFC 9457) says what is wrong."""
    try:
        problem = _json(answer)
    except ValueError:
        problem = None
    said = [problem.get(name) for name in ("title", "detail")] if isinstance(problem, dict) else []
    words = ". ".join(each.strip().rstrip(".") for each in said if isinstance(each, str) and each.strip())
    return f"HTTP {answer.status_code}: {redact(' '.join(words.split()))[:_WORDS]}".rstrip(": ")
