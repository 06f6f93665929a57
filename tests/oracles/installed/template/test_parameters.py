"""What `make start` and `make doctor` say of a parameter's value is what cfn-lint says of it as a default (E2015)."""

import json

from deployment.template import refusal
from tests.oracles.installed.running import ran
from tests.oracles.installed.template.test_judged import FINDINGS_OR_NOT

SOMETHING = [
    "",
    "x",
    "no good!",
    "0",
    "1",
    "-1",
    "26",
    "3",
    "50000000",
    "50000001",
    "true",
    "false",
    "Active",
    "local",
    "a/",
    "a/b/",
    "/a",
]
ADDRESSES = [
    "http://x",
    "https://x.test",
    "https://x.test/",
    "https://x.test/path",
    "ftp://x",
    "https://a.test https://b.test",
]
OTHERS = [
    "a@b.test", "a b@c", "images", "ImageStore", "a.test", "*.a.test:80,b",
    "create=1,upload=1,status=1,image=1,other=1,guest=1",
    "a/b", "a/b:" + "0" * 64, "a/b:00", "arn:aws:acm:us-east-1:123456789012:certificate/0-f",
]  # fmt: skip


def default(parameter, value):
    """A default as a template writes it."""
    return int(value) if parameter["Type"] == "Number" else value


def judged_by_both(parameter, value):
    """cfn-lint 1.58.0 does not look whether a Number is one, and overlooks a MinValue of 0."""
    if parameter["Type"] != "Number":
        return True
    return value.lstrip("-").isdigit() and not (parameter.get("MinValue") == 0 and value.startswith("-"))


def test_our_refusals_are_those_of_cfn_lint(plain, tmp_path):
    declared = plain["Parameters"]
    tried = {
        f"{name}X{number}": {**parameter, "Default": default(parameter, value)}
        for name, parameter in declared.items()
        for number, value in enumerate([*SOMETHING, *ADDRESSES, *OTHERS, str(parameter.get("Default", "x"))])
        if judged_by_both(parameter, value)
    }
    path = tmp_path / "template.json"
    topic = {"Topic": {"Type": "AWS::SNS::Topic"}}
    path.write_text(json.dumps({"Parameters": tried, "Resources": topic}))
    words = [
        "--format",
        "json",
        "--regions",
        "eu-central-1",
        "--ignore-checks",
        "W",
        "E3010",
        "E2010",
        "--template",
        path,
    ]
    findings = json.loads(ran("cfn-lint", *words, codes=FINDINGS_OR_NOT))
    theirs = {each["Location"]["Path"][1] for each in findings if each["Rule"]["Id"] == "E2015"}
    ours = {name for name, parameter in tried.items() if refusal(parameter, str(parameter["Default"]))}
    assert len(ours) > 300
    assert {(name, tried[name]["Default"]) for name in ours ^ theirs} == set()
