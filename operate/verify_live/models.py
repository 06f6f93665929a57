"""Checks which forms of `version` the provider accepts, without a run: an empty input is refused after the version."""

from collections.abc import Callable, Mapping

import requests

from enhancer import USER_AGENT
from enhancer.adapters.model_files import models
from enhancer.domain.catalogue import AllowedModel
from enhancer.errors import Refused
from operate.installation import OperatorError
from operate.verify_live.findings import Findings
from operate.verify_live.runs import Runs

MADE_UP = "0" * 64
SECONDS = 30
Versions = Callable[[str], list[str]]
"""A model's slug → its versions, newest first."""


def published(base_url: str, token: str, session: requests.Session) -> Versions:
    """Return a function that requests a model's versions, by `GET /v1/models/{owner}/{name}/versions`.

    Source: the provider's OpenAPI document, read 2026-11-22.
    """

    def read(slug: str) -> list[str]:
        answer = session.get(
            f"{base_url}/v1/models/{slug}/versions",
            headers={"Authorization": f"Bearer {token}", "User-Agent": USER_AGENT},
            timeout=SECONDS,
            allow_redirects=False,
        )
        answer.raise_for_status()
        try:
            return [str(each["id"]) for each in answer.json()["results"]]
        except (KeyError, TypeError):
            raise OperatorError(f"the answer of {slug}'s versions lists none") from None

    return read


def check_versions(
    runs: Runs, versions: Versions, allowed_models: Mapping[str, AllowedModel], findings: Findings
) -> None:
    """Check that the configured versions are accepted; note whether other forms are."""
    control = _answer(runs, MADE_UP)
    findings.compare("a version that does not exist", "HTTP 422", control[:8])
    for slug in models():
        configured = allowed_models[slug].version if slug in allowed_models else ""
        if configured:
            seen = _taken(_answer(runs, configured), control)
            findings.compare(f"{slug}: version as {_shape(configured)}, as configured", "taken", seen)
        with findings.part(f"{slug}: its versions"):
            newest = next(iter(versions(slug)), "")
            findings.note(f"{slug}: newest version", newest or "not listed")
            for form in (slug, *([f"{slug}:{newest}", newest] if newest else [])):
                if form != configured:
                    findings.note(f"{slug}: version as {_shape(form)}", _taken(_answer(runs, form), control))


def _answer(runs: Runs, version: str) -> str:
    try:
        run = runs.create(version, {})
    except Refused as told:
        return str(told)
    runs.provider.cancel(run.id)
    return "a run"


def _taken(answer: str, control: str) -> str:
    known = answer == "a run" or (answer.startswith("HTTP 422") and answer != control)
    return "taken" if known else f"refused: {answer}"


def _shape(form: str) -> str:
    version = form.partition(":")[2]
    if "/" not in form:
        return f"{form[:8]}…"
    return f"owner/name:{version[:8]}…" if version else "owner/name"
