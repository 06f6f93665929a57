"""The workflows of GitHub: the doors of the desk, pinned actions, no key that lives long."""

import re

import pytest
import yaml

from tests.unit.test_documents import targets
from tests.unit.test_template import ROOT

FILES = sorted((ROOT / ".github/workflows").glob("*.yml"))
PINNED = re.compile(r"uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
STAGES = ["dev", "staging", "prod"]


def steps(file):
    workflow = yaml.safe_load(file.read_text())
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_action_is_pinned_by_its_commit(file):
    lines = [line.strip().removeprefix("- ") for line in file.read_text().splitlines() if "uses:" in line]
    assert lines
    assert [line for line in lines if not PINNED.fullmatch(line)] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_only_targets_of_the_makefile_are_called(file):
    called = [step["run"].split() for step in steps(file) if "run" in step]
    assert all(words[0] == "make" and words[1] in targets() for words in called)


def test_ci_runs_what_the_desk_runs():
    assert [step["run"] for step in steps(ROOT / ".github/workflows/ci.yml") if "run" in step] == [
        line for line in (ROOT / ".ci/run").read_text().splitlines() if line.startswith("make ")
    ]


def test_a_deployment_signs_in_without_a_key():
    text = (ROOT / ".github/workflows/deploy.yml").read_text()
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {"contents": "read", "id-token": "write"}
    assert workflow[True]["workflow_dispatch"]["inputs"]["stage"]["options"] == STAGES  # YAML 1.1 reads `on` as true
    assert "secrets." not in text
    [role] = [step["with"] for step in steps(ROOT / ".github/workflows/deploy.yml") if "aws" in step.get("uses", "")]
    assert set(role) == {"role-to-assume", "aws-region"}


def test_only_a_deployment_may_ask_for_an_identity():
    for file in FILES:
        granted = yaml.safe_load(file.read_text())["permissions"]
        assert granted.get("id-token") == ("write" if file.stem == "deploy" else None)
        assert set(granted.values()) - {"read"} <= {"write"}
        assert granted["contents"] == "read"
