"""`make deploy` and `make teardown` against moto; `sam` is a function that makes a small stack."""

import contextlib
import dataclasses
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from operate import parameter_store
from operate.deploy import NOT_YET, deploy
from operate.installation import OperatorError
from operate.stage import Stage, read_stage
from operate.teardown import teardown
from operate.upload_page import upload_page
from tests.terminal import Scripted

ADDRESS = "https://d111111abcdef8.cloudfront.net"
FILES = {
    "index.html": b"<!doctype html>",
    "assets/page-1a2b.js": b"1",
    "samples/cat.jpg": b"JPEG",
    "icon.svg": b"<svg/>",
}


def small_stack(address: str) -> str:
    """A template with what deploying and tearing down look at."""
    table = {
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    template = {
        "Parameters": {
            "PublicBaseUrl": {"Type": "String"},
            "OriginSecret": {"Type": "String", "NoEcho": True},
        },
        "Resources": {
            "PageBucket": {"Type": "AWS::S3::Bucket"},
            "JobsTable": {"Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Retain", "Properties": table},
        },
        "Outputs": {
            "PageUrl": {"Value": address},
            "DistributionDomain": {"Value": "d111111abcdef8.cloudfront.net"},
            "PageBucketName": {"Value": {"Ref": "PageBucket"}},
            "JobsTableName": {"Value": {"Ref": "JobsTable"}},
        },
    }
    return json.dumps(template)


class Desk:
    """A stage whose secrets are stored, a page that is built, and a `sam` that notes what it was given."""

    def __init__(self, page: Path) -> None:
        read = read_stage("dev")
        filled = {**read.parameters, "R2Endpoint": "https://1a2b.r2.cloudflarestorage.com"}
        self.stage = dataclasses.replace(read, region="us-east-1", parameters=filled)
        self.page = page
        self.terminal = Scripted()
        self.given: list[dict[str, str]] = []
        self.secrets = {name: f"{name} value".replace(" ", "-") for name in parameter_store.NAMES}
        self.secrets["origin-secrets"] = "newest-secret older-secret"

    def store_secrets(self) -> None:
        for name, value in self.secrets.items():
            parameter_store.store(self.clients("ssm"), self.stage, name, value)

    def clients(self, service: str) -> Any:
        return boto3.client(service)  # type: ignore[call-overload]

    def sam(self, stage: Stage, parameters: Any) -> None:
        cloudformation = self.clients("cloudformation")
        change = cloudformation.update_stack if self.given else cloudformation.create_stack
        self.given.append(dict(parameters))
        names = ("PublicBaseUrl", "OriginSecret")
        given = [{"ParameterKey": name, "ParameterValue": parameters[name]} for name in names]
        template = small_stack(stage.page_address or ADDRESS)
        with contextlib.suppress(ClientError):  # "No updates are to be performed" is no failure of `sam`
            change(StackName=stage.stack, TemplateBody=template, Parameters=given)

    def deploy(self) -> str:
        return deploy(self.stage, self.clients, self.sam, self.terminal, self.page)

    def outputs(self) -> dict[str, str]:
        [stack] = self.clients("cloudformation").describe_stacks(StackName=self.stage.stack)["Stacks"]
        return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}


@pytest.fixture
def desk(aws: None, tmp_path: Path) -> Iterator[Desk]:  # noqa: ARG001 - it is there
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    return Desk(tmp_path)


def test_the_first_deployment_learns_the_address_and_the_next_knows_it(desk: Desk) -> None:
    desk.store_secrets()
    assert desk.deploy() == ADDRESS
    assert [each["PublicBaseUrl"] for each in desk.given] == [NOT_YET, ADDRESS]
    assert {each["OriginSecret"] for each in desk.given} == {"newest-secret"}
    assert all(each["R2Bucket"] == "image-enhancer-dev" for each in desk.given)
    desk.deploy()
    assert [each["PublicBaseUrl"] for each in desk.given] == [NOT_YET, ADDRESS, ADDRESS]


def test_a_domain_of_ones_own_is_the_address_at_once(desk: Desk) -> None:
    desk.store_secrets()
    own = {"DomainName": "images.example.com", "CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/1a"}
    desk.stage = dataclasses.replace(desk.stage, parameters={**desk.stage.parameters, **own})
    assert desk.deploy() == "https://images.example.com"
    assert [each["PublicBaseUrl"] for each in desk.given] == ["https://images.example.com"]
    assert "point images.example.com to d111111abcdef8.cloudfront.net" in desk.terminal.said


def test_the_page_is_uploaded_with_its_types_and_times_and_the_stages_config(desk: Desk) -> None:
    desk.store_secrets()
    sign_in = {
        "OidcIssuer": "https://id.example.com",
        "OidcAudience": "client",
        "OidcJwksUrl": "https://id.example.com/jwks.json",
        "PrivacyUrl": "https://example.com/privacy",
    }
    desk.stage = dataclasses.replace(desk.stage, parameters={**desk.stage.parameters, **sign_in})
    desk.deploy()
    s3, bucket = desk.clients("s3"), desk.outputs()["PageBucketName"]
    stored = {name: s3.get_object(Bucket=bucket, Key=name) for name in (*FILES, "config.json")}
    assert {name: stored[name]["Body"].read() for name in FILES} == FILES
    assert {name: (each["ContentType"], each["CacheControl"]) for name, each in stored.items()} == {
        "index.html": ("text/html; charset=utf-8", "no-cache"),
        "assets/page-1a2b.js": ("text/javascript; charset=utf-8", "public, max-age=31536000, immutable"),
        "samples/cat.jpg": ("image/jpeg", "no-cache"),
        "icon.svg": ("image/svg+xml", "no-cache"),
        "config.json": ("application/json", "no-cache"),
    }
    assert json.loads(stored["config.json"]["Body"].read()) == {
        "privacyUrl": "https://example.com/privacy",
        "oidc": {"authority": "https://id.example.com", "clientId": "client", "scope": "openid email"},
    }


def test_files_of_earlier_builds_stay_a_week_for_pages_that_are_open(desk: Desk) -> None:
    s3 = desk.clients("s3")
    s3.create_bucket(Bucket="page")
    s3.put_object(Bucket="page", Key="assets/old-9z.js", Body=b"old")
    now = datetime.now(UTC)
    for days, names in ((6, {"assets/old-9z.js"}), (8, set())):
        upload_page(s3, "page", desk.page, desk.stage.parameters, now + timedelta(days=days))
        listed = {each["Key"] for each in s3.list_objects_v2(Bucket="page")["Contents"]}
        assert listed == {*FILES, "config.json"} | names
    with pytest.raises(OperatorError, match="holds no page"):
        upload_page(s3, "page", desk.page / "assets", desk.stage.parameters, now)


def test_nothing_is_deployed_with_a_secret_or_a_parameter_missing(desk: Desk) -> None:
    with pytest.raises(OperatorError, match=r"missing: replicate-api-token, .*make secrets ENV=dev"):
        desk.deploy()
    desk.store_secrets()
    desk.stage = read_stage("dev")
    with pytest.raises(OperatorError, match="R2Endpoint still says ACCOUNT_ID"):
        desk.deploy()
    assert desk.given == []


def test_a_stage_is_deleted_by_its_name_alone_and_what_stays_is_said(desk: Desk) -> None:
    desk.store_secrets()
    desk.deploy()
    outputs = desk.outputs()
    for typed in ("", "yes", "image-enhancer-prod"):
        desk.terminal.answers = [typed]
        with pytest.raises(OperatorError, match="Nothing was deleted"):
            teardown(desk.stage, desk.clients, desk.terminal)
    assert desk.outputs() == outputs
    desk.terminal.answers = ["image-enhancer-dev"]
    teardown(desk.stage, desk.clients, desk.terminal)
    assert outputs["JobsTableName"] in desk.terminal.said
    assert "bucket image-enhancer-dev below ai-enhancer/" in desk.terminal.said
    assert outputs["PageBucketName"] not in {each["Name"] for each in desk.clients("s3").list_buckets()["Buckets"]}
    assert parameter_store.load(desk.clients("ssm"), desk.stage) == desk.secrets, "a new deployment takes them again"
    with pytest.raises(OperatorError, match="There is no stack image-enhancer-dev"):
        teardown(desk.stage, desk.clients, desk.terminal)


def test_a_stage_whose_creation_failed_is_deleted_too(desk: Desk) -> None:
    """It has no outputs: the table that it may have left is named by its pattern."""
    bare = json.dumps({"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}})
    desk.clients("cloudformation").create_stack(StackName=desk.stage.stack, TemplateBody=bare)
    desk.terminal.answers = ["image-enhancer-dev"]
    teardown(desk.stage, desk.clients, desk.terminal)
    assert "image-enhancer-dev-JobsTable-…" in desk.terminal.said


def test_no_secret_is_said(desk: Desk) -> None:
    desk.store_secrets()
    desk.deploy()
    desk.terminal.answers = ["image-enhancer-dev"]
    teardown(desk.stage, desk.clients, desk.terminal)
    for value in " ".join(desk.secrets.values()).split():
        assert value not in desk.terminal.said


def test_what_the_store_refuses_is_told_without_the_value(desk: Desk) -> None:
    class Quoting:
        def put_parameter(self, **given: Any) -> None:
            told = {"Code": "ValidationException", "Message": f"Value {given['Value']} failed to satisfy a constraint"}
            raise ClientError({"Error": told}, "PutParameter")

    with pytest.raises(OperatorError, match="can't be stored: ValidationException") as refusal:
        parameter_store.store(Quoting(), desk.stage, "owner-key", "the-value")
    assert "the-value" not in str(refusal.value)
