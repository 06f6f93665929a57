"""template.yaml for programs of others: translated by AWS's own translator, and deployed to moto."""

import io
import json
import tomllib
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from boto3.session import Session
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from deployment import ROOT
from deployment.template import read_template
from local.ports import free_ports
from local.transform import CODE_PROPERTY
from tests.oracles.installed.running import serving

REGION = "eu-central-1"
STACK = "image-enhancer-test"
CODE = ("artefacts", "code.zip")
GIVEN = {
    "PublicBaseUrl": "https://images.test",
    "R2Endpoint": "https://r2.test",
    "R2Bucket": "images",
    "BudgetEmail": "a@b.test",
    "AlarmEmail": "a@b.test",
    "OriginSecret": "abc",
}
HERE = Path(__file__).parent
Template = dict[str, Any]


@pytest.fixture(scope="session")
def plain() -> Template:
    """The template as `sam deploy` hands it to CloudFormation."""
    template = read_template(ROOT / "template.yaml")
    for resource in template["Resources"].values():
        if resource["Type"] in CODE_PROPERTY:
            resource["Properties"][CODE_PROPERTY[resource["Type"]]] = "s3://" + "/".join(CODE)
    translator = Translator({}, Parser(), boto_session=Session(region_name=REGION))  # a region, and never a call
    translated: Template = translator.translate(template, parameter_values=dict(GIVEN))
    translator.metrics.publish()  # to no one; unpublished ones are complained about on stderr
    return translated


@pytest.fixture(scope="session")
def plain_file(plain: Template, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "template.json"
    path.write_text(json.dumps(plain, indent=1))
    return path


@dataclass(frozen=True)
class Deployed:
    """The stack as moto keeps it."""

    endpoint: str
    names: Mapping[str, str]
    """Logical id → physical id."""

    def client(self, service: str) -> Any:
        return _client(service, self.endpoint)


@pytest.fixture(scope="session")
def deployed(plain: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """The stack on moto's server, without what omitted.toml leaves out."""
    left_out = {each["type"] for each in listed("omitted.toml")}
    kept = {name: each for name, each in plain["Resources"].items() if each["Type"] not in left_out}
    template = {**plain, "Resources": kept, "Outputs": {}}
    [port] = free_ports(1)
    folder = tmp_path_factory.mktemp("moto")
    with serving("moto_server", ["-H", "127.0.0.1", "-p", str(port)], port, folder) as endpoint:
        s3 = _client("s3", endpoint)
        s3.create_bucket(Bucket=CODE[0], CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_object(Bucket=CODE[0], Key=CODE[1], Body=_some_code())
        cloudformation = _client("cloudformation", endpoint)
        cloudformation.create_stack(
            StackName=STACK,
            TemplateBody=json.dumps(template),
            Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in GIVEN.items()],
            Capabilities=["CAPABILITY_IAM"],
        )
        [stack] = cloudformation.describe_stacks(StackName=STACK)["Stacks"]
        assert stack["StackStatus"] == "CREATE_COMPLETE"
        pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=STACK)
        found = [each for page in pages for each in page["StackResourceSummaries"]]
        yield Deployed(endpoint, {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in found})


def listed(name: str) -> list[dict[str, str]]:
    """The entries of a recorded list, each with its reason."""
    entries: list[dict[str, str]] = tomllib.loads((HERE / name).read_text())["entry"]
    return entries


def _client(service: str, endpoint: str) -> Any:
    session: Any = boto3.session.Session("key", "secret", region_name=REGION)
    return session.client(service, endpoint_url=endpoint)


def _some_code() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", "")
    return buffer.getvalue()
