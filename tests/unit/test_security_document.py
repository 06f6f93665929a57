"""docs/security.md says what the code says: files, days, secrets, licences."""

import re
from pathlib import Path

import pytest
import yaml

from deployment.template import read_template
from enhancer.adapters.identity import GUEST, SESSION
from enhancer.adapters.model_files import models
from enhancer.adapters.outputs import MAX_BYTES
from enhancer.adapters.presigned_urls import EXPIRY, WINDOW
from enhancer.adapters.secrets import MAX_AGE
from enhancer.domain.retention import ORIGINAL, RECORD, RESULT
from enhancer.usecases.request_upload import LIFETIME
from enhancer.usecases.share_job import MAX_SECONDS, MIN_SECONDS

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/security.md").read_text()
TEMPLATE = read_template(ROOT / "template.yaml")


def test_every_file_that_is_named_exists():
    folders = ("layers", "functions", "operate", "tests")
    known = {file.name for folder in folders for file in (ROOT / folder).rglob("*.py")}
    named = set(re.findall(r"`(?:[a-z_]+/)*([a-z0-9_]+\.py)`", TEXT))
    assert len(named) > 40
    assert named <= known, named - known


LICENCES = dict(re.findall(r"^\| `([a-z0-9._-]+/[a-z0-9._-]+)` \| ([^|]+) \|", TEXT, re.MULTILINE))
DEFAULT = TEMPLATE["Parameters"]["AllowedModels"]["Default"].split(",")


@pytest.mark.parametrize("slug", LICENCES)
def test_the_licence_of_each_model_is_the_catalogues(slug):
    """A model that an operator adds needs no row: `GET /models`, the page and `make doctor` show its licence."""
    assert models()[slug].licence.name == LICENCES[slug]
    allowed_models = "on offer by default" if slug in DEFAULT else "not on offer by default"
    assert f"| `{slug}` | {LICENCES[slug]} | {allowed_models}" in TEXT


def test_each_model_on_offer_by_default_has_its_licence_in_the_document():
    assert set(DEFAULT) <= set(LICENCES)


def test_the_functions_of_each_secret_are_the_templates():
    listed = {
        name: set(functions.strip().split(", "))
        for names, functions in re.findall(r"^\| ((?:`[a-z0-9-]+`(?:, )?)+) \| ([a-z_, ]+) \|$", TEXT, re.MULTILINE)
        for name in re.findall(r"`([a-z0-9-]+)`", names)
    }
    held = {}
    for resource in TEMPLATE["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            properties = resource["Properties"]
            function = Path(properties["CodeUri"]).name
            for name in re.findall(r"parameter/\$\{AWS::StackName\}/([a-z0-9-]+)", yaml.safe_dump(properties)):
                held.setdefault(name, set()).add(function)
    assert listed == held


def test_numbers_are_the_codes():
    days, hours, minutes = 86_400, 3_600, 60
    assert (GUEST.days, SESSION.seconds) == (90, 8 * hours)
    assert (ORIGINAL.total_seconds(), RESULT.days, RECORD.days) == (24 * hours, 30, 90)
    assert (LIFETIME.seconds, EXPIRY, WINDOW, MAX_AGE) == (10 * minutes, 30 * minutes, 15 * minutes, 5 * minutes)
    assert 5 * minutes == MIN_SECONDS
    assert 7 * days == MAX_SECONDS
    assert MAX_BYTES == 200 << 20
    queues = {name: each["Properties"] for name, each in TEMPLATE["Resources"].items() if "SQS::Queue" in each["Type"]}
    kept = {name: properties.get("MessageRetentionPeriod", 4 * days) for name, properties in queues.items()}
    assert {days * (14 if name.endswith("DeadLetters") else 4) for name in kept} == set(kept.values())
    recovery = TEMPLATE["Resources"]["JobsTable"]["Properties"]["PointInTimeRecoverySpecification"]
    assert recovery == {"PointInTimeRecoveryEnabled": True}  # without a number AWS keeps 35 days
    assert TEMPLATE["Parameters"]["LogRetentionDays"]["Default"] == 30
    rows = dict(
        re.findall(r"^\| ([A-Z][a-z]+).*?\|.*?\| (.*?) \|", TEXT.partition("## Personal data")[2], re.MULTILINE)
    )
    for row, said in {
        "Originals": "24 hours",
        "Results": "30 days",
        "Job": "90 days after creation",
        "Messages": "4 days at most, dead letters 14",
        "Cookies": "90 days, 8 hours",
    }.items():
        assert said in rows[row], row
    assert "(point-in-time recovery) 35 days" in rows["Job"]
    upload = next(line for line in TEXT.splitlines() if line.startswith("| Browser → R2"))
    assert "for 10 minutes" in upload
