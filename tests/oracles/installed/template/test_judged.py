"""template.yaml as linters and scanners of others judge it. What we leave is in accepted.toml, with its reason."""

import json
import re
from fnmatch import fnmatchcase

import boto3
import pytest

from deployment import ROOT
from tests.oracles.installed.running import ran
from tests.oracles.installed.template.conftest import listed
from tests.oracles.installed.template.test_deployed import policies

FINDINGS_OR_NOT = range(16)
"""Exit codes of cfn-lint 1.58.0: 2 for errors, 4 for warnings and 8 for information, added up."""


def judged(tool, found):
    """Fail for a finding that no entry of the list accepts, and for an entry that accepts nothing."""
    entries = [each for each in listed("accepted.toml") if each["tool"] == tool]

    def accepts(entry, finding):
        return entry["id"] == finding[0] and fnmatchcase(finding[1], entry["resource"])

    assert all(entry["reason"] for entry in entries)
    assert sorted(each for each in found if not any(accepts(entry, each) for entry in entries)) == []
    assert [entry for entry in entries if not any(accepts(entry, each) for each in found)] == [], "found no longer"


@pytest.fixture(scope="module")
def linted(plain_file):
    """Rule, what it is about and message of all that cfn-lint finds with all of its rules, for all regions."""
    words = ["--include-checks", "I", "--include-experimental", "--format", "json", "--regions", "ALL_REGIONS"]
    findings = json.loads(ran("cfn-lint", *words, "--template", plain_file, codes=FINDINGS_OR_NOT))

    def named(finding):
        """The resource, and the property or value that the message quotes first."""
        path, quoted = finding["Location"]["Path"], re.match(r"'([^']+)'", finding["Message"])
        resource = path[1] if len(path) > 1 and path[0] == "Resources" else ""
        return f"{resource} {quoted[1]}" if quoted else resource

    return [(each["Rule"]["Id"], named(each), each["Message"]) for each in findings]


def test_cfn_lint_finds_nothing_else(linted):
    judged("cfn-lint", {(rule, about) for rule, about, _ in linted if rule != "E3006"})


def test_the_regions_without_a_type_of_ours_are_the_documented_ones(linted):
    """In AWS's commercial partition; elsewhere nothing was tried."""
    commercial = set(boto3.Session().get_available_regions("cloudformation"))
    missing = {}
    for rule, _, message in linted:
        if rule == "E3006":
            type_, region = re.fullmatch(r"Resource type '(.+)' does not exist in '(.+)'", message).groups()
            if region in commercial:
                missing.setdefault(type_, set()).add(region)
    text = (ROOT / "docs" / "deploy.md").read_text()
    [said] = re.findall(r"no `AWS::Budgets::Budget` in ([^:]+):", text)
    assert missing == {"AWS::Budgets::Budget": set(re.findall(r"[a-z]+-[a-z]+-\d", said))}


def test_parliament_finds_nothing_else_in_the_policies(deployed, tmp_path):
    for name, document in policies(deployed).items():
        (tmp_path / f"{name}.json").write_text(json.dumps(document))
    printed = ran("parliament", "--directory", tmp_path, "--json", "--include-community-auditors", codes=(0, 1))
    findings = [json.loads(line) for line in printed.splitlines()]
    judged("parliament", {(each["issue"], str(each["location"].get("string", ""))) for each in findings})


def test_checkov_finds_nothing_else(plain_file):
    words = ["--framework", "cloudformation", "--output", "json", "--quiet", "--compact", "--skip-download"]
    report = json.loads(ran("checkov", "--file", plain_file, *words, codes=(0, 1)))
    assert report["summary"]["parsing_errors"] == 0
    assert report["summary"]["passed"] > 100
    found = report["results"]["failed_checks"]
    judged("checkov", {(each["check_id"], each["resource"].partition(".")[2]) for each in found})
