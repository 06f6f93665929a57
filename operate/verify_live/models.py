"""Which forms of `version` the provider takes, without a run: an empty input is refused behind a version it knows."""

from collections.abc import Callable, Mapping

import requests

from enhancer import USER_AGENT
from enhancer.domain.catalogue import MODELS, Offer
from enhancer.errors import Refused
from operate.verify_live.findings import Findings
from operate.verify_live.runs import Runs

MADE_UP = "0" * 64
SECONDS = 30
Versions = Callable[[str], list[str]]
"""A model's slug → its versions, newest first."""


def published(base_url: str, token: str, session: requests.Session) -> Versions:
    """What the provider lists (`GET /v1/models/{owner}/{name}/versions`, its OpenAPI document, read 2026-11-22)."""

    def read(slug: str) -> list[str]:
        answer = session.get(
            f"{base_url}/v1/models/{slug}/versions",
            headers={"Authorization": f"Bearer {token}", "User-Agent": USER_AGENT},
            timeout=SECONDS,
            allow_redirects=False,
        )
        answer.raise_for_status()
        return [str(each["id"]) for each in answer.json()["results"]]

    return read


def check_versions(runs: Runs, versions: Versions, offers: Mapping[str, Offer], findings: Findings) -> None:
    """The versions that are configured must be taken; what else is taken is noted."""
    control = _answer(runs, MADE_UP)
    findings.compare("a version that does not exist", "HTTP 422", control[:8])
    for slug in MODELS:
        configured = offers[slug].version if slug in offers else ""
        with findings.part(slug):
            listed = versions(slug)
            newest = listed[0] if listed else ""
            findings.note(f"{slug}: newest version", newest or "not listed")
            forms = [configured, slug, *([f"{slug}:{newest}", newest] if newest else [])]
            for form in dict.fromkeys(filter(None, forms)):
                name = f"{slug}: version as {_shape(form)}"
                seen = _taken(_answer(runs, form), control)
                if form == configured:
                    findings.compare(f"{name}, as configured", "taken", seen)
                else:
                    findings.note(name, seen)


def _answer(runs: Runs, version: str) -> str:
    try:
        runs.create(version, {})
    except Refused as told:
        return str(told)
    return "a run"


def _taken(answer: str, control: str) -> str:
    known = answer == "a run" or (answer.startswith("HTTP 422") and answer != control)
    return "taken" if known else f"refused: {answer}"


def _shape(form: str) -> str:
    version = form.partition(":")[2]
    if "/" not in form:
        return f"{form[:8]}…"
    return f"owner/name:{version[:8]}…" if version else "owner/name"
