"""The measured comparison compares like with like: what `make bench ONLY=functions` would stop at."""

import json

import pytest

from tests.budgets.functions import stubbed, variants
from tests.budgets.scenarios import SCENARIOS
from tests.budgets.variants import answer_once


@pytest.fixture(scope="module")
def answers():
    """What each variant answers to its event."""
    with stubbed() as world:
        return {(each.scenario.name, each.name): answer_once(each, world)[0]["answer"] for each in variants([])}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_built_function_answers_its_measured_event(answers, scenario):
    answer = answers[scenario.name, "ours"]
    assert answer["statusCode"] in {200, 202, 302}, answer
    assert json.loads(answer["body"] or "{}").get("success", True)


@pytest.mark.parametrize("scenario", [each for each in SCENARIOS if each.baseline], ids=lambda scenario: scenario.name)
def test_a_baseline_answers_the_same(answers, scenario):
    assert scenario.same(answers[scenario.name, "B"]) == scenario.same(answers[scenario.name, "ours"])
