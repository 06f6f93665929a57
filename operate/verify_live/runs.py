"""Runs at the provider: created as the functions create them, at the pace it asks for, and ended with the checks."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import requests

from enhancer.domain.prediction import Prediction
from enhancer.errors import ProviderError, Throttled
from enhancer.ports import Provider
from operate.verify_live.findings import Findings

TRIES = 6
POLL_SECONDS = 2
PATIENCE = 660
"""Seconds to wait for the end of a run: a little more than our Cancel-After."""
DEADLINE = "5s"
RATES = ("retry-after", "ratelimit", "x-ratelimit")


class Listening(requests.Session):
    """Keeps every answer; with `deadline`, runs end after it instead of after the adapter's ten minutes."""

    def __init__(self, deadline: str = "") -> None:
        super().__init__()
        self.answers: list[requests.Response] = []
        self._deadline = deadline

    def request(self, method: str | bytes, url: str | bytes, **options: Any) -> requests.Response:  # type: ignore[override]
        """See `requests.Session.request`."""
        if self._deadline and "Cancel-After" in (options.get("headers") or {}):
            options["headers"] = {**options["headers"], "Cancel-After": self._deadline}
        answer = super().request(method, url, **options)
        self.answers.append(answer)
        return answer


class Runs:
    """Creates runs, waits when the provider throttles, and keeps track of those that have not ended."""

    def __init__(self, provider: Provider, webhook: str, pause: Callable[[float], None] = time.sleep) -> None:
        self.provider = provider
        self.webhook = webhook
        self._pause = pause
        self._open: set[str] = set()
        self._paths: set[str] = set()
        self._since = datetime.now(UTC) - timedelta(minutes=5)

    def create(self, version: str, inputs: Mapping[str, Any], provider: Provider | None = None) -> Prediction:
        """Start a run. Raises ProviderError as the adapter does, Throttled after TRIES."""
        self._paths.update(urlsplit(value).path for value in inputs.values() if "://" in str(value))
        for _ in range(TRIES - 1):
            try:
                return self._made((provider or self.provider).create(version, inputs, self.webhook))
            except Throttled as told:
                self._pause(min(told.retry_after, 60) + 0.5)
        return self._made((provider or self.provider).create(version, inputs, self.webhook))

    def end(self, run: Prediction) -> Prediction:
        """Wait for a run and return it as it ended. Raises ProviderError when it does not end."""
        for _ in range(PATIENCE // POLL_SECONDS):
            found = self.provider.get(run.id)
            if found is None:
                raise ProviderError("the provider has forgotten the run")
            if found.ended:
                self._open.discard(run.id)
                return found
            self._pause(POLL_SECONDS)
        raise ProviderError(f"the run has not ended after {PATIENCE} seconds")

    def clear(self, findings: Findings) -> None:
        """Cancel the runs that have not ended, then those whose create answer was lost."""
        for run_id in sorted(self._open):
            findings.expect(f"the open run {run_id} ends", True, partial(self._stop, run_id))

        def left() -> int:
            recent = list(self.provider.recent(self._since, 5))
            lost = [run.id for run in recent if run.input_path in self._paths and not run.ended]
            return sum(not self._stop(run_id) for run_id in lost)

        findings.expect("runs left unfinished", 0, left)

    def _stop(self, run_id: str) -> bool:
        self.provider.cancel(run_id)
        return self.end(Prediction(run_id, "starting")).ended

    def _made(self, run: Prediction) -> Prediction:
        if not run.ended:
            self._open.add(run.id)
        return run


def check_job(
    runs: Runs, version: str, inputs: Mapping[str, Any], listening: Listening, findings: Findings
) -> Prediction | None:
    """Check a real job whose image has a link signed for GET alone; return the run if it succeeded."""
    [path] = [urlsplit(value).path for value in inputs.values() if "://" in str(value)]
    run = runs.create(version, inputs)
    created = listening.answers[-1]
    findings.compare("a create is answered", frozenset({201, 202}), created.status_code)
    findings.compare("Cancel-After is taken: the answer has a deadline", True, bool(created.json().get("deadline")))
    findings.compare("the run names the path of its image", True, run.input_path == path)
    newest = {each.id for each in runs.provider.recent(datetime.now(UTC) - timedelta(minutes=10), 1)}
    findings.compare("the list of runs has it at once", True, run.id in newest)
    ended = runs.end(run)
    findings.compare("a run whose image is behind a link for GET alone", "succeeded", ended.status)
    if ended.error:
        findings.note("its error", ended.error)
    findings.compare("its image's path at the end", True, ended.input_path == path)
    findings.compare("the model's seconds are told", True, ended.model_ms is not None)
    findings.note("the model's seconds", f"{(ended.model_ms or 0) / 1000:g}")
    findings.note("the version that it says ran", ended.version)
    runs.provider.cancel(ended.id)
    findings.compare("a cancel after the end changes nothing", ended.status, runs.end(ended).status)
    return ended if ended.status == "succeeded" else None


def check_cancel(runs: Runs, version: str, inputs: Mapping[str, Any], findings: Findings) -> None:
    """Check a run that is cancelled at once."""
    run = runs.create(version, inputs)
    runs.provider.cancel(run.id)
    _cut_short("a run cancelled at once", runs.end(run), findings)


def check_deadline(runs: Runs, version: str, inputs: Mapping[str, Any], hurried: Provider, findings: Findings) -> None:
    """Check a run that may take five seconds: `aborted` if it never began, which is free on public models."""
    ended = runs.end(runs.create(version, inputs, hurried))
    _cut_short(f"a run with Cancel-After {DEADLINE}", ended, findings)
    findings.note(
        "whether that end sent a webhook", f"the log of replicate_webhook has prediction_id {ended.id}, or not"
    )


def check_rates(answers: Sequence[requests.Response], findings: Findings) -> None:
    """Note what the answers say about rates, and check that a 429 says when to try again."""
    names = {name.lower() for answer in answers for name in answer.headers}
    findings.note("headers about rates", ", ".join(sorted(name for name in names if name.startswith(RATES))) or "none")
    refusals = [answer for answer in answers if answer.status_code == 429]
    if refusals:
        said = sorted({where for answer in refusals for where in _says_when(answer)})
        findings.compare("a 429 says when to come back", True, bool(said))
        findings.note("where a 429 says it", ", ".join(said))
    else:
        findings.skip("a 429 says when to come back", "nothing was throttled; accounts below US$5 of credit are")


def _cut_short(what: str, ended: Prediction, findings: Findings) -> None:
    if ended.status == "succeeded":
        findings.skip(what, "it was done before")
    else:
        findings.compare(what, frozenset({"aborted", "canceled"}), ended.status)


def _says_when(answer: requests.Response) -> list[str]:
    said = ["the Retry-After header"] if "Retry-After" in answer.headers else []
    try:
        problem = answer.json()
    except ValueError:
        return said
    if "retry_after" in problem:
        said.append("retry_after in the body")
    if "resets in" in str(problem):
        said.append("the sentence")
    return said
