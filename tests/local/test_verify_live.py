"""`make verify-live` against the stand-ins, which keep every rule: nothing differs, nothing stays, nothing is told."""

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
import requests

from enhancer.adapters.model_files import models
from enhancer.adapters.r2 import R2ImageStore
from enhancer.adapters.replicate import Replicate
from local.config import BUCKET
from local.stack import LocalStack
from operate.verify_live.__main__ import main, verify
from operate.verify_live.accounts import read_accounts
from operate.verify_live.findings import Findings
from operate.verify_live.runs import DEADLINE, Listening, Runs, check_deadline
from replicate_standin.tests.harness import ENDED
from tests.local.test_gateway_http import r2_client
from tests.terminal import Scripted

VERSION = "0fbacf7afc6c144e5be9767cff80f25aff23e52b0708f17e20f9879b2f21516c"


@pytest.fixture
def environment(stack: LocalStack, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, str]:
    """What an operator would export, of the local stack."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    secrets = stack.deployment.secrets
    return {
        "R2_ENDPOINT": stack.base_url,
        "R2_AI_IMAGES_BUCKET": BUCKET,
        "R2_ACCESS_KEY_ID": secrets["r2-access-key-id"],
        "R2_SECRET_ACCESS_KEY": secrets["r2-secret-access-key"],
        "REPLICATE_API_TOKEN": secrets["replicate-api-token"],
        "REPLICATE_WEBHOOK_SECRET": secrets["replicate-webhook-secret"],
        "REPLICATE_BASE_URL": stack.replicate_url,
        "REPLICATE_OUTPUT_HOSTS": stack.replicate_url.removeprefix("http://"),
        "PUBLIC_BASE_URL": stack.base_url,
    }


@pytest.fixture
def faults(stack: LocalStack) -> Iterator["Faults"]:
    """The stand-in's faults; none is left."""
    control = Faults(stack)
    yield control
    control.set()


class Faults:
    def __init__(self, stack: LocalStack) -> None:
        self._url = f"{stack.replicate_url}/_control"
        self._headers = {"Authorization": f"Bearer {stack.replicate_token}"}

    def set(self, *faults: Mapping[str, object]) -> None:
        body = {"faults": list(faults)}
        requests.put(self._url, json=body, headers=self._headers, timeout=10).raise_for_status()


def quickly(seconds: float) -> None:
    """Wait for a signature's end, but not for runs that take no time here."""
    time.sleep(2.2 if seconds == 3 else 0.1)


def looked(environment: Mapping[str, str], pause=quickly) -> Findings:
    return verify(read_accounts(environment), lambda _: None, pause)


def row(findings: Findings, what: str):
    [found] = [each for each in findings.rows if each.what.startswith(what)]
    return found


def stored(stack: LocalStack) -> set[str]:
    client = r2_client(stack)
    return {each.key for each in R2ImageStore(lambda: client, BUCKET, lambda: client).list("ai-enhancer/uploads/")}


@pytest.fixture
def left(stack: LocalStack) -> Callable[[], set[str]]:
    """What is in the bucket now and was not before."""
    before = stored(stack)
    return lambda: stored(stack) - before


def due_for_check(stack: LocalStack) -> list[str]:
    answer = requests.get(
        f"{stack.replicate_url}/v1/predictions",
        headers={"Authorization": f"Bearer {stack.replicate_token}"},
        timeout=10,
    )
    return [each["id"] for each in answer.json()["results"] if each["status"] not in ENDED]


def test_what_keeps_every_rule_does_not_differ(
    stack: LocalStack, environment: Mapping[str, str], tmp_path: Path, left: Callable[[], set[str]]
) -> None:
    document, desk = tmp_path / "verified.md", Scripted("y")
    assert main(environment, desk, document) == 0, desk.said
    written = document.read_text()
    assert "| presigned PUT, a byte more than signed | 403 | 403 | holds |" in written
    assert "| the same PUT again | 412 | 412 | holds |" in written
    assert (
        f"| tencentarc/gfpgan: version as owner/name:{VERSION[:8]}…, as configured | taken | taken | holds |" in written
    )
    assert (
        "| the result of nightmareai/real-esrgan, from a host that is allowed | 1280 x 852 | 1280 x 852 | holds |"
        in written
    )
    gfpgan = "| the result of tencentarc/gfpgan, from a host that is allowed | 1280 x 852 | 1280 x 852 | holds |"
    assert gfpgan in written, "an image 213 pixels high is doubled first, then twice enlarged"
    assert "about a cent" in desk.questions[0]
    assert left() == set()
    assert due_for_check(stack) == []
    for name in ("R2_ACCESS_KEY_ID", "R2_SECRET_ACCESS_KEY", "REPLICATE_API_TOKEN", "REPLICATE_WEBHOOK_SECRET"):
        assert environment[name] not in written + desk.said
    assert "http" not in written + desk.said
    assert "X-Amz" not in written + desk.said


def test_a_run_that_fails_differs(environment: Mapping[str, str], faults: Faults) -> None:
    faults.set({"fault": "run-model-error", "text": "could not read https://r2.test/x?X-Amz-Signature=secret"})
    findings = looked(environment)
    assert row(findings, "a run whose image is behind").verdict == "differs"
    assert row(findings, "its error").seen == "could not read [redacted URL]"


def test_a_result_that_is_no_image_differs(environment: Mapping[str, str], faults: Faults) -> None:
    faults.set({"fault": "output-not-an-image"})
    assert row(looked(environment), "the result of nightmareai").verdict == "differs"


def test_throttling_is_waited_for_and_told(environment: Mapping[str, str], faults: Faults) -> None:
    faults.set({"fault": "create-throttled", "retry_after": 1})
    waited: list[float] = []

    def pause(seconds: float) -> None:
        waited.append(seconds)
        quickly(seconds)

    findings = looked(environment, pause)
    assert findings.differing == 0
    assert 1.5 in waited
    assert "retry_after in the body" in row(findings, "where a 429 says it").seen


def test_a_run_that_never_begins_is_aborted_by_its_deadline(stack: LocalStack, faults: Faults) -> None:
    faults.set({"fault": "run-stuck"})
    findings = Findings(lambda _: None)
    with Listening(DEADLINE) as session:
        hurried = Replicate(stack.replicate_url, lambda: stack.replicate_token, models(), session)
        runs = Runs(hurried, f"{stack.base_url}/")
        check_deadline(runs, "nightmareai/real-esrgan", {"image": f"{stack.base_url}/x.png"}, hurried, findings)
    assert row(findings, "a run with Cancel-After 5s").seen == "aborted"


def test_what_was_made_is_removed_also_when_it_breaks_off(
    stack: LocalStack, environment: Mapping[str, str], faults: Faults, left: Callable[[], set[str]]
) -> None:
    faults.set({"fault": "run-stuck", "times": None})

    interrupted: list[str] = []

    def pause(seconds: float) -> None:
        if not interrupted and (running := due_for_check(stack)):
            interrupted.extend(running)
            raise KeyboardInterrupt
        quickly(seconds)

    with pytest.raises(KeyboardInterrupt):
        looked(environment, pause)
    assert left() == set()
    assert interrupted
    assert due_for_check(stack) == []


def test_a_run_whose_create_answer_was_lost_is_ended(
    stack: LocalStack, environment: Mapping[str, str], faults: Faults, left: Callable[[], set[str]]
) -> None:
    faults.set({"fault": "create-answer-lost"}, {"fault": "run-stuck", "times": None})
    findings = looked(environment)
    assert row(findings, "runs: the rest").seen.startswith("OutcomeUnknown")
    assert row(findings, "runs left unfinished").verdict == "holds"
    assert due_for_check(stack) == []
    assert left() == set()


def test_a_token_that_is_not_taken_differs_and_costs_nothing(
    environment: Mapping[str, str], left: Callable[[], set[str]]
) -> None:
    findings = looked({**environment, "REPLICATE_API_TOKEN": "r8_not_the_token"})
    assert row(findings, "the provider: the rest").verdict == "differs"
    assert "r8_not" not in str(findings.rows)
    assert left() == set()
