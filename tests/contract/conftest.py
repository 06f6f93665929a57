"""Contract tests: the fake and the adapter of a port behave alike. The adapters talk to moto in this process."""

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from moto import mock_aws

from enhancer.adapters.dynamo_jobs import DynamoJobs
from enhancer.adapters.dynamo_usage import DynamoUsage
from enhancer.adapters.r2 import R2ImageStore
from enhancer.adapters.sqs import SqsMessages
from tests.fakes import FakeClock, FakeImageStore, FakeJobs, FakeUsage

ROOT = Path(__file__).parents[2]


class _CloudFormation(yaml.SafeLoader):
    """Reads a template, keeping short intrinsic functions as their bare values."""


_CloudFormation.add_multi_constructor(
    "!", lambda loader, _, node: loader.construct_scalar(node) if isinstance(node, yaml.ScalarNode) else None
)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """AWS in this process."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        yield


@functools.cache
def template_yaml() -> Any:
    """template.yaml, short intrinsic functions as their bare values."""
    return yaml.load((ROOT / "template.yaml").read_text(), _CloudFormation)  # noqa: S506 - a SafeLoader


@functools.cache
def boto_session() -> boto3.Session:
    """One session for all tests: a new one reads the models of its services again."""
    return boto3.Session()


def create_table(client: Any, logical_id: str) -> str:
    """Create a table as the template describes it."""
    wanted = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
    properties = template_yaml()["Resources"][logical_id]["Properties"]
    client.create_table(TableName=logical_id, **{name: properties[name] for name in wanted if name in properties})
    return logical_id


@pytest.fixture(params=["fake", "dynamo"])
def tables(request: pytest.FixtureRequest) -> tuple[Any, Any]:
    """The ports Jobs and Usage over the same data."""
    if request.param == "fake":
        usage = FakeUsage()
        return FakeJobs(usage), usage
    request.getfixturevalue("aws")
    client = boto_session().client("dynamodb")
    jobs, usage_table = create_table(client, "JobsTable"), create_table(client, "UsageTable")
    return DynamoJobs(client, jobs, usage_table), DynamoUsage(client, usage_table)


@pytest.fixture(params=["fake", "r2"])
def images(request: pytest.FixtureRequest) -> Any:
    """The port Images."""
    if request.param == "fake":
        return FakeImageStore(FakeClock())
    request.getfixturevalue("aws")
    client = boto_session().client("s3")
    client.create_bucket(Bucket="images")
    return R2ImageStore(lambda: client, "images", lambda: client)


@pytest.fixture
def queues(aws: None) -> tuple[SqsMessages, Any, str, str, str]:  # noqa: ARG001 - it is there
    """The port Messages, a client and the URLs of the queues."""
    client = boto_session().client("sqs")
    urls = [client.create_queue(QueueName=name)["QueueUrl"] for name in ("start", "completion", "retention")]
    return SqsMessages(client, *urls), client, *urls
