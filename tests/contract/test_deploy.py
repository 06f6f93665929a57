"""`make deploy` and `make teardown` against moto; `sam` is a function that makes a small stack."""

import contextlib
import dataclasses
import json
import shlex
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jmespath
import pytest
import requests
from botocore import xform_name
from botocore.exceptions import ClientError, EndpointConnectionError, WaiterError
from botocore.stub import Stubber

from enhancer.adapters.model_files import allowed_models
from enhancer.adapters.secrets import Secrets
from enhancer.adapters.signing import Signer
from operate import parameter_store
from operate.__main__ import main
from operate.account import Account, find_account
from operate.deploy import NOT_YET, deploy, run_build, run_sam
from operate.finding import Finding
from operate.installation import Installation, OperatorError
from operate.stage import Stage, read_stage
from operate.stage_commands import CHANGING, run
from operate.store_secrets import rotate, store_secrets
from operate.teardown import empty_bucket, remains, teardown
from operate.terminal import Console, NoTerminal
from operate.upload_page import upload_page
from tests.contract.conftest import ROOT, boto_session
from tests.terminal import Scripted
from tests.transport import Answer, session

ACCOUNT = Account("123456789012", "", "us-east-1")
ADDRESS = "https://d111111abcdef8.cloudfront.net"
FILES = {
    "index.html": b"<!doctype html>",
    "assets/page-1a2b.js": b"1",
    "samples/cat.jpg": b"JPEG",
    "icon.svg": b"<svg/>",
}


def small_stack(address: str, distribution: str = "") -> str:
    """A template with what deploying and tearing down look at.

    moto's CloudFormation makes no distribution: a table with its id as its name stands for it in the stack.
    """
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
            **(
                {"Distribution": {"Type": "AWS::DynamoDB::Table", "Properties": {**table, "TableName": distribution}}}
                if distribution
                else {}
            ),
        },
        "Outputs": {
            "PageUrl": {"Value": address},
            "DistributionDomain": {"Value": "d111111abcdef8.cloudfront.net"},
            "PageBucketName": {"Value": {"Ref": "PageBucket"}},
            "JobsTableName": {"Value": {"Ref": "JobsTable"}},
        },
    }
    return json.dumps(template)


def published(request: requests.PreparedRequest) -> Answer:
    """A provider that has every version."""
    return 200, {}, json.dumps({"id": str(request.url).rpartition("/")[2]}).encode()


class Desk:
    """A stage whose secrets are stored, a page that is built, and a `sam` that notes what it was given."""

    def __init__(self, page: Path) -> None:
        read = read_stage("dev")
        filled = {**read.parameters, "R2Endpoint": "https://1a2b.r2.cloudflarestorage.com"}
        self.stage = dataclasses.replace(read, region="us-east-1", parameters=filled)
        self.page = page
        self.terminal = Scripted()
        self.given: list[dict[str, str]] = []
        self.done: list[str] = []
        self.pauses: list[float] = []
        self.provider, self.asked = session(published)
        self.distribution = ""
        self.secrets = {name: f"{name} value".replace(" ", "-") for name in parameter_store.NAMES}
        self.secrets["origin-secrets"] = "newest-secret older-secret"

    def store_secrets(self) -> None:
        for name, value in self.secrets.items():
            parameter_store.store(self.clients("ssm"), self.stage, name, value)

    def clients(self, service: str) -> Any:
        return boto_session().client(service)  # type: ignore[call-overload]

    def sam(self, stage: Stage, parameters: Any) -> None:
        cloudformation = self.clients("cloudformation")
        change = cloudformation.update_stack if self.given else cloudformation.create_stack
        self.given.append(dict(parameters))
        self.done.append("sam")
        names = ("PublicBaseUrl", "OriginSecret")
        given = [{"ParameterKey": name, "ParameterValue": parameters[name]} for name in names]
        template = small_stack(stage.page_address or ADDRESS, self.distribution)
        if self.distribution:
            self.let_the_distribution_send(parameters["OriginSecret"])
        with contextlib.suppress(ClientError):  # "No updates are to be performed" is no failure of `sam`
            change(StackName=stage.stack, TemplateBody=template, Parameters=given)

    def build(self) -> None:
        self.done.append("build")

    def deploy(self) -> str:
        return deploy(
            self.stage, self.clients, self.provider, self.build, self.sam, self.terminal, self.page, self.pauses.append
        )

    def teardown(self) -> None:
        teardown(self.stage, self.clients, self.terminal, ACCOUNT)

    def make_a_distribution(self, sends: str) -> None:
        """CloudFront has one from now on, and the next `sam` puts it into the stack."""
        cloudfront = self.clients("cloudfront")
        made = cloudfront.create_distribution(DistributionConfig=distribution_config(sends))
        self.distribution = made["Distribution"]["Id"]

    def let_the_distribution_send(self, secret: str) -> None:
        cloudfront = self.clients("cloudfront")
        tag = cloudfront.get_distribution_config(Id=self.distribution)["ETag"]
        config = distribution_config(secret)
        cloudfront.update_distribution(Id=self.distribution, IfMatch=tag, DistributionConfig=config)

    def secret(self, name: str) -> str:
        return parameter_store.load(self.clients("ssm"), self.stage)[name]

    def outputs(self) -> dict[str, str]:
        [stack] = self.clients("cloudformation").describe_stacks(StackName=self.stage.stack)["Stacks"]
        return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}


def distribution_config(secret: str) -> dict[str, Any]:
    """A distribution as the template's, as far as CloudFront's API needs it."""
    headers = {"Quantity": 1, "Items": [{"HeaderName": "X-Origin-Verify", "HeaderValue": secret}]}
    https = {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"}
    page = {"Id": "page", "DomainName": "page.s3.amazonaws.com", "S3OriginConfig": {"OriginAccessIdentity": ""}}
    api = {"Id": "api", "DomainName": "a.example.com", "CustomHeaders": headers, "CustomOriginConfig": https}
    return {
        "CallerReference": "1",
        "Comment": "",
        "Enabled": True,
        "Origins": {"Quantity": 2, "Items": [page, api]},
        "DefaultCacheBehavior": {"TargetOriginId": "page", "ViewerProtocolPolicy": "redirect-to-https"},
    }


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
    with pytest.raises(OperatorError, match="contains no page"):
        upload_page(s3, "page", desk.page / "assets", desk.stage.parameters, now)


def test_nothing_is_deployed_with_a_secret_or_a_parameter_missing(desk: Desk) -> None:
    with pytest.raises(OperatorError, match=r"missing: replicate-api-token, .*make secrets ENV=dev"):
        desk.deploy()
    desk.store_secrets()
    desk.stage = read_stage("dev")
    with pytest.raises(OperatorError, match="R2Endpoint still says ACCOUNT_ID"):
        desk.deploy()
    assert desk.given == []
    assert desk.done == [], "nothing is built either"


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (
            (404, {}, b'{"detail":"Not found."}'),
            r"has no version nightmareai/real-esrgan:f121d640\w+, so that every job",
        ),
        ((401, {}, b"{}"), ""),
        ((500, {}, b"oops"), ""),
        (requests.ConnectionError("https://api.replicate.com/v1?token=r8_x"), ""),
    ],
)
def test_a_version_that_the_provider_has_not_is_said_before_a_minute_is_spent_on_building(
    desk: Desk, answer: Answer | Exception, says: str
) -> None:
    """Where the provider does not say, a deployment may be what fixes it."""
    desk.store_secrets()
    desk.provider, desk.asked = session(lambda _: answer)
    if says:
        with pytest.raises(OperatorError, match=says):
            desk.deploy()
        assert desk.done == []
    else:
        desk.deploy()
        assert "The versions of models were not checked: " in desk.terminal.said
        assert "r8_x" not in desk.terminal.said


def test_each_version_on_offer_is_asked_for_and_then_it_is_built_and_deployed(desk: Desk) -> None:
    desk.store_secrets()
    desk.deploy()
    versions = {
        allowed.version for allowed in allowed_models(desk.stage.parameters["AllowedModels"].split(",")).values()
    }
    paths = [urlsplit(str(request.url)).path for request in desk.asked.requests]
    assert {path.removeprefix("/v1/models/").replace("/versions/", ":") for path in paths} == versions
    assert {request.method for request in desk.asked.requests} == {"GET"}
    assert desk.done == ["build", "sam", "sam"]


def test_origin_secrets_are_replaced_once_a_deployment(desk: Desk) -> None:
    """A second rotation would leave the distribution with a secret that no function accepts."""
    desk.store_secrets()
    desk.make_a_distribution(sends="newest-secret")
    desk.deploy()
    rotate(desk.stage, desk.clients, desk.terminal, "origin-secrets")
    replaced = desk.secret("origin-secrets")
    assert replaced.split()[1] == "newest-secret"
    with pytest.raises(OperatorError, match=r"does not send the newest .* First: make deploy ENV=dev"):
        rotate(desk.stage, desk.clients, desk.terminal, "origin-secrets")
    assert desk.secret("origin-secrets") == replaced
    desk.deploy()
    [waited] = desk.pauses
    assert 300 < waited <= parameter_store.SPREAD, "functions that run know the value before it is sent"
    rotate(desk.stage, desk.clients, desk.terminal, "origin-secrets")
    assert desk.secret("origin-secrets").split()[1] == replaced.split()[0]
    for value in desk.secret("origin-secrets").split():
        assert value not in desk.terminal.said


def test_a_secret_that_has_been_stored_for_long_is_sent_without_waiting(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.store_secrets()
    desk.make_a_distribution(sends="an-older-secret")
    desk.deploy()
    desk.let_the_distribution_send("older-secret")
    monkeypatch.setattr(parameter_store, "age", lambda *_: timedelta(minutes=6))
    desk.pauses.clear()
    desk.deploy()
    assert desk.pauses == []


def test_before_there_is_a_distribution_origin_secrets_may_be_replaced_at_will(desk: Desk) -> None:
    desk.store_secrets()
    for _ in range(2):
        rotate(desk.stage, desk.clients, desk.terminal, "origin-secrets")
    desk.deploy()
    assert desk.pauses == []


def cookies(desk: Desk, now: Callable[[], float]) -> Signer:
    """A process of a function: it holds the keys that it read for five minutes."""
    name = desk.stage.secret("cookie-keys")
    held = Secrets(desk.clients("ssm"), [name], lambda _: None, now)
    return Signer(lambda: held.several(name))


def test_while_a_signing_key_is_replaced_each_function_accepts_what_another_signs(desk: Desk) -> None:
    """Processes read secrets at different times: at no time may one sign with a key that another does not know."""
    clock = [0.0]
    desk.secrets["cookie-keys"] = parameter_store.made("cookie-keys")
    desk.store_secrets()
    before = cookies(desk, lambda: clock[0])
    sealed = before.sign("guest", "an-early-guest")
    processes = [before]

    def look() -> None:
        processes.append(cookies(desk, lambda: clock[0]))
        for signing in processes:
            cookie = signing.sign("guest", "a guest")
            assert [each.unsign("guest", cookie) for each in processes] == ["a guest"] * len(processes)
            assert signing.unsign("guest", sealed) == "an-early-guest"

    def pause(seconds: float) -> None:
        look()
        clock[0] += seconds - 1
        look()
        clock[0] += 1

    rotate(desk.stage, desk.clients, desk.terminal, "cookie-keys", pause)
    look()
    clock[0] += 301
    look()
    newest = desk.secret("cookie-keys").split()[0].partition(":")[0]
    assert f".{newest}." in before.sign("guest", "a-new-guest")


def test_a_rotation_that_meets_another_ends_without_a_change(desk: Desk) -> None:
    desk.store_secrets()

    def pause(_: float) -> None:
        parameter_store.store(desk.clients("ssm"), desk.stage, "share-keys", "another")

    with pytest.raises(OperatorError, match="share-keys was changed in the meantime"):
        rotate(desk.stage, desk.clients, desk.terminal, "share-keys", pause)
    assert desk.secret("share-keys") == "another"


def test_what_a_second_rotation_ends_is_said(desk: Desk) -> None:
    desk.store_secrets()
    for _ in range(2):
        rotate(desk.stage, desk.clients, desk.terminal, "share-keys", lambda _: None)
    assert desk.terminal.said.count("is no longer valid") == 1


def test_the_account_is_shown_by_its_alias_and_must_be_the_one_that_is_named(desk: Desk) -> None:
    assert find_account(desk.clients) == ACCOUNT
    assert str(ACCOUNT) == "AWS account 123456789012, us-east-1"
    desk.clients("iam").create_account_alias(AccountAlias="images-dev")
    assert str(find_account(desk.clients, "123456789012")) == "AWS account 123456789012 (images-dev), us-east-1"
    with pytest.raises(OperatorError) as refusal:
        find_account(desk.clients, "210987654321")
    assert str(refusal.value) == (
        "samconfig.toml names the account 210987654321, but these credentials are for AWS account 123456789012 "
        "(images-dev), us-east-1. Nothing was changed; use other credentials, for example with AWS_PROFILE."
    )


def test_an_alias_that_may_not_be_read_and_an_account_that_does_not_answer(desk: Desk) -> None:
    def refused(service: str) -> Any:
        client = desk.clients(service)
        if service == "iam":
            stubber = Stubber(client)
            stubber.add_client_error("list_account_aliases", "AccessDenied")
            stubber.activate()
        return client

    assert str(find_account(refused)) == "AWS account 123456789012, us-east-1"

    def nothing(service: str) -> Any:
        stubber = Stubber(client := desk.clients(service))
        stubber.add_client_error("get_caller_identity", "ExpiredToken")
        stubber.activate()
        return client

    with pytest.raises(
        OperatorError, match=r"No AWS account can be reached \(ClientError\); sign in, for example: aws sso"
    ):
        find_account(nothing)


@pytest.mark.parametrize("command", CHANGING)
def test_a_command_shows_the_account_and_changes_nothing_in_another(
    desk: Desk, command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    changed: list[str] = []
    monkeypatch.setattr("operate.stage_commands.change", lambda name, *_: changed.append(name))
    stages = [dataclasses.replace(desk.stage, account=each) for each in ("210987654321", "123456789012", "")]
    for stage in stages:
        monkeypatch.setattr("operate.stage_commands.read_stage", lambda _, stage=stage: stage)
        if stage is stages[0]:
            with pytest.raises(OperatorError, match="Nothing was changed"):
                run(command, {"ENV": "dev"})
            assert changed == []
        else:
            assert run(command, {"ENV": "dev"}) == 0
            assert capsys.readouterr().out == "AWS account 123456789012, us-east-1\n"
    assert changed == [command, command]


@pytest.mark.parametrize(
    ("command", "environment", "called", "given"),
    [
        ("deploy", {}, "deploy", [requests.Session, run_build, run_sam, Console, ROOT / "web" / "dist"]),
        ("bucket", {"DRY_RUN": "1"}, "configure_bucket", [Console, {"ENV": "dev", "DRY_RUN": "1"}]),
        ("secrets", {"ROTATE": "share-keys"}, "rotate", [Console, "share-keys"]),
        ("secrets", {"ROTATE": ""}, "store_secrets", [Console, requests.Session]),
        ("teardown", {}, "teardown", [Console, Account("123456789012", "", "eu-central-1")]),
        ("doctor", {}, "examine", [requests.Session]),
    ],
)
@pytest.mark.usefixtures("aws")
def test_each_command_gets_the_stage_clients_in_its_region_and_what_else_it_takes(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
    environment: dict[str, str],
    called: str,
    given: list[Any],
) -> None:
    calls: list[tuple[str, tuple[Any, ...]]] = []

    def calling(name: str) -> Callable[..., Any]:
        def note(*arguments: Any) -> Any:
            calls.append((name, arguments))
            return iter([Finding("looked at", "fix it")]) if name == "examine" else ADDRESS

        return note

    for name in ("deploy", "configure_bucket", "rotate", "store_secrets", "teardown", "examine"):
        monkeypatch.setattr(f"operate.stage_commands.{name}", calling(name))
    assert run(command, {"ENV": "dev", **environment}) == (1 if command == "doctor" else 0)
    [(name, (stage, clients, *rest))] = calls
    assert (name, stage) == (called, read_stage("dev"))
    ssm = clients if called == "store_secrets" else clients("ssm")
    assert (ssm.meta.service_model.service_name, ssm.meta.region_name) == ("ssm", "eu-central-1")
    assert [type(each) if isinstance(each, requests.Session | Console) else each for each in rest] == given
    account = "AWS account 123456789012, eu-central-1"
    assert capsys.readouterr().out.splitlines() == {
        "deploy": [account, f"{ADDRESS} (make doctor ENV=dev checks it)"],
        "doctor": ["WRONG looked at: fix it"],
    }.get(command, [account])


@pytest.mark.parametrize(
    ("problem", "says"),
    [
        (
            ClientError({"Error": {"Code": "AccessDenied", "Message": "Not you."}}, "PutParameter"),
            "AWS: An error occurred (AccessDenied) when calling the PutParameter operation: Not you.",
        ),
        (EndpointConnectionError(endpoint_url="x"), 'AWS: Could not connect to the endpoint URL: "x"'),
    ],
)
@pytest.mark.usefixtures("aws")
def test_what_aws_refuses_is_told_in_its_words(monkeypatch: pytest.MonkeyPatch, problem: Exception, says: str) -> None:
    def refused(*_: Any) -> None:
        raise problem

    monkeypatch.setattr("operate.stage_commands.change", refused)
    with pytest.raises(OperatorError) as refusal:
        run("bucket", {"ENV": "dev"})
    assert str(refusal.value) == says


def test_redriving_a_stack_on_aws_shows_its_account(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sqs = desk.clients("sqs")
    urls = [sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("start", "start-dead")]
    outputs = dict(zip(("StartQueueUrl", "StartDeadLettersUrl"), urls, strict=True))
    monkeypatch.setenv("STACK", "ours")
    installation = Installation(desk.clients, outputs)
    monkeypatch.setattr("operate.__main__.find_installation", lambda _: installation)
    assert main(["redrive", "start"]) == 0
    assert capsys.readouterr().out == "AWS account 123456789012, us-east-1\nmessages moved back to start: 0\n"


def test_the_owner_key_is_never_replaced_and_a_race_is_told(desk: Desk) -> None:
    """Every owner's id follows from it; AWS itself refuses, so that no reading beforehand has to be trusted."""
    ssm = desk.clients("ssm")
    assert parameter_store.create(ssm, desk.stage, "owner-key", "first")
    assert not parameter_store.create(ssm, desk.stage, "owner-key", "second")
    with pytest.raises(OperatorError, match=r"owner-key can't be stored: ParameterAlreadyExists"):
        parameter_store.store(ssm, desk.stage, "owner-key", "second")
    assert desk.secret("owner-key") == "first"

    class Late:
        """A parameter store that shows nothing yet of what another command is storing."""

        def get_parameters(self, **_: Any) -> dict[str, Any]:
            return {"Parameters": []}

        def put_parameter(self, **given: Any) -> Any:
            return ssm.put_parameter(**given)

    monkeypatched = session(lambda _: (200, {}, b'{"key": "whsec_abcdefgh"}'))[0]
    desk.terminal.answers = ["r8_12345678", "key-id-12345", "secret-access-key"]
    s3 = desk.clients("s3")
    s3.create_bucket(Bucket=desk.stage.parameters["R2Bucket"])
    store_secrets(desk.stage, Late(), desk.terminal, monkeypatched, lambda *_: s3)
    assert desk.secret("owner-key") == "first"
    assert "owner-key: another `make secrets` stored it in the meantime; that value is kept" in desk.terminal.lines
    assert "cookie-keys: generated" in desk.terminal.lines


def test_without_a_terminal_secrets_are_asked_for_once(desk: Desk) -> None:
    class Piped(Scripted):
        def ask_hidden(self, question: str) -> str:
            raise NoTerminal(question)

    piped = Piped()
    with pytest.raises(NoTerminal):
        store_secrets(desk.stage, desk.clients("ssm"), piped, desk.provider)
    assert piped.lines == [], "nothing says Try again: to a pipe"


def test_a_stage_is_deleted_by_its_name_alone_and_what_stays_is_said(desk: Desk) -> None:
    desk.store_secrets()
    desk.deploy()
    outputs = desk.outputs()
    for typed in ("", "yes", "image-enhancer-prod"):
        desk.terminal.answers = [typed]
        with pytest.raises(OperatorError, match="Nothing was deleted"):
            desk.teardown()
    assert desk.outputs() == outputs
    assert desk.terminal.questions[0] == "Type image-enhancer-dev to delete it in AWS account 123456789012, us-east-1:"
    desk.terminal.answers = ["image-enhancer-dev"]
    desk.teardown()
    assert run_by_hand(desk, "aws dynamodb delete-table") == ["--table-name", outputs["JobsTableName"]]
    assert "bucket image-enhancer-dev below ai-enhancer/" in desk.terminal.said
    assert outputs["PageBucketName"] not in {each["Name"] for each in desk.clients("s3").list_buckets()["Buckets"]}
    assert parameter_store.load(desk.clients("ssm"), desk.stage) == desk.secrets, "a new deployment takes them again"
    with pytest.raises(OperatorError, match="There is no stack image-enhancer-dev"):
        desk.teardown()


def test_a_stage_whose_creation_failed_is_deleted_too(desk: Desk) -> None:
    """It has no outputs: the stack itself names the table that it leaves."""
    template = json.loads(small_stack(ADDRESS))
    bare = {name: template[name] for name in ("Parameters", "Resources")}
    given = [{"ParameterKey": name, "ParameterValue": "x"} for name in bare["Parameters"]]
    cloudformation = desk.clients("cloudformation")
    cloudformation.create_stack(StackName=desk.stage.stack, TemplateBody=json.dumps(bare), Parameters=given)
    [table] = desk.clients("dynamodb").list_tables()["TableNames"]
    desk.terminal.answers = ["image-enhancer-dev"]
    desk.teardown()
    assert run_by_hand(desk, "aws dynamodb delete-table") == ["--table-name", table]


def test_a_stack_that_made_no_table_is_deleted_with_the_way_to_look_for_others(desk: Desk) -> None:
    bare = json.dumps({"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}})
    desk.clients("cloudformation").create_stack(StackName=desk.stage.stack, TemplateBody=bare)
    desk.terminal.answers = ["image-enhancer-dev"]
    desk.teardown()
    [option, query] = run_by_hand(desk, "aws dynamodb list-tables")
    names = ["image-enhancer-dev-JobsTable-1A2B", "image-enhancer-dev2-JobsTable-1A2B", "other"]
    assert option == "--query"
    assert jmespath.search(query, {"TableNames": names}) == names[:1]


def run_by_hand(desk: Desk, command: str) -> list[str]:
    """The arguments of a printed command behind its region, as a shell reads them."""
    [line] = [line for line in desk.terminal.lines if line.strip().startswith(command)]
    words = shlex.split(line)
    assert words[3:5] == ["--region", desk.stage.region]
    assert "…" not in line
    return words[5:]


def test_an_empty_bucket_is_empty_already(desk: Desk) -> None:
    desk.clients("s3").create_bucket(Bucket="page")
    empty_bucket(desk.clients("s3"), "page")


def test_what_stays_is_told_with_commands_that_aws_has(desk: Desk) -> None:
    """The names of operations and options are those of AWS's own model."""
    for table in ("the-table", None):
        for line in remains(desk.stage, table):
            if not line.startswith("  aws "):
                continue
            _, service, operation, *words = shlex.split(line)
            model = boto_session().client(service).meta.service_model  # type: ignore[call-overload]
            [known] = [name for name in model.operation_names if xform_name(name, "-") == operation]
            taken = {f"--{xform_name(member, '-')}" for member in model.operation_model(known).input_shape.members}
            assert {word for word in words if word.startswith("--")} <= taken | {"--region", "--query"}


def test_each_thing_that_stays_is_told(desk: Desk) -> None:
    names = " ".join(f"/image-enhancer-dev/{name}" for name in parameter_store.NAMES)
    rest = [
        "Kept: the secrets; a new deployment uses them again. To delete them:",
        f"  aws ssm delete-parameters --region us-east-1 --names {names}",
        (
            "Kept: images in R2, bucket image-enhancer-dev below ai-enhancer/; the lifecycle rules of "
            "`make bucket` delete them."
        ),
        "Kept: the bucket of `sam`, aws-sam-cli-managed-default, which your other stacks may use.",
    ]
    assert remains(desk.stage, "the-table") == [
        "Kept: the table of jobs, the-table. A new deployment creates another. To delete it:",
        "  aws dynamodb delete-table --region us-east-1 --table-name the-table",
        *rest,
    ]
    assert remains(desk.stage, None)[0] == "The stack had no table of jobs. To look for earlier ones:"
    assert remains(desk.stage, None)[2:] == rest


def test_a_stack_that_aws_can_not_delete_is_told(desk: Desk) -> None:
    desk.store_secrets()
    desk.deploy()
    desk.terminal.answers = ["image-enhancer-dev"]
    usual = desk.clients

    class Failing:
        def wait(self, **_: Any) -> None:
            raise WaiterError("StackDeleteComplete", "it is in use", {})

    def clients(service: str) -> Any:
        client = usual(service)
        if service == "cloudformation":
            client.get_waiter = lambda _: Failing()
        return client

    with pytest.raises(OperatorError, match=r"^AWS could not delete all of image-enhancer-dev: .*it is in use"):
        teardown(desk.stage, clients, desk.terminal, ACCOUNT)


def test_log_groups_that_came_back_are_deleted_and_no_others(desk: Desk) -> None:
    """A function that logs after its group was deleted makes it again, and the next creation fails on it."""
    logs = desk.clients("logs")
    theirs = ["/aws/lambda/image-enhancer-dev-2-job-start", "/aws/lambda/image-enhancer-prod-job-start"]
    for name in ("/aws/lambda/image-enhancer-dev-job-start", *theirs):
        logs.create_log_group(logGroupName=name)
    desk.store_secrets()
    desk.deploy()
    desk.terminal.answers = ["image-enhancer-dev"]
    desk.teardown()
    assert sorted(group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]) == theirs
    assert "deleted /aws/lambda/image-enhancer-dev-job-start again" in desk.terminal.said


def test_no_secret_is_said(desk: Desk) -> None:
    desk.store_secrets()
    desk.deploy()
    desk.terminal.answers = ["image-enhancer-dev"]
    desk.teardown()
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
