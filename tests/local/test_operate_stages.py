"""`make secrets`, `make doctor` and `make bucket`: the emulator's SSM, its S3 as R2, the provider's stand-in."""

import dataclasses
import json
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests

from deployment.bucket import LIFECYCLE_DAYS, cors_rule
from deployment.emulator import ROOT_KEY, admin_client
from enhancer.adapters.model_files import models
from local.config import BUCKET
from local.stack import LocalStack
from operate import parameter_store, r2
from operate.deploy import run_sam
from operate.doctor import examine
from operate.finding import Finding
from operate.installation import OperatorError
from operate.stage import SAMCONFIG, Stage, read_stage
from operate.stage_commands import configure_bucket, diagnose
from operate.store_secrets import rotate, store_secrets
from operate.verify_live.accounts import environment_of, read_accounts
from tests.terminal import Scripted


@dataclasses.dataclass
class Desk:
    """A stage of the local stack's own accounts, and the keys that open them."""

    stack: LocalStack
    stage: Stage
    http: requests.Session

    @property
    def token(self) -> str:
        return self.stack.replicate_token

    @property
    def r2_keys(self) -> tuple[str, str]:
        secrets = self.stack.deployment.secrets
        return secrets["r2-access-key-id"], secrets["r2-secret-access-key"]

    @property
    def ssm(self) -> Any:
        return self.stack.client("ssm")

    def keep(self, *answers: str) -> Scripted:
        terminal = Scripted(*answers)
        store_secrets(self.stage, self.ssm, terminal, self.http)
        return terminal

    def stored(self) -> dict[str, str]:
        return parameter_store.load(self.ssm, self.stage)

    def examine(self, *, tools: bool = True) -> list[Finding]:
        outputs = {"sam": "SAM CLI, version 1", "node": "v20.19.0"}
        answers = (lambda command: outputs.get(command[0].rpartition("/")[2], "1")) if tools else (lambda _: None)
        return list(examine(self.stage, self.stack.client, self.http, answers))

    def wrong(self, **options: Any) -> dict[str, str]:
        return {each.what: each.fix for each in self.examine(**options) if each.fix}


@pytest.fixture
def desk(stack: LocalStack, http: requests.Session, request: pytest.FixtureRequest) -> Iterator[Desk]:
    read = read_stage("dev")
    own = {
        "R2Endpoint": stack.config.emulator_url,
        "R2PublicEndpoint": stack.base_url,
        "R2Bucket": BUCKET,
        "ReplicateBaseUrl": stack.replicate_url,
    }
    name = re.sub(r"[^a-z0-9]+", "-", f"operated-{request.node.name}")[:60].rstrip("-")
    desk = Desk(stack, dataclasses.replace(read, stack=name, parameters={**read.parameters, **own}), http)
    yield desk
    stack.client("ssm").delete_parameters(Names=[desk.stage.secret(each) for each in parameter_store.NAMES])


def test_secrets_are_asked_for_proven_fetched_and_made(desk: Desk) -> None:
    terminal = desk.keep(desk.token, *desk.r2_keys)
    stored = desk.stored()
    assert set(stored) == set(parameter_store.NAMES)
    assert parameter_store.malformed(stored) == []
    assert stored["replicate-api-token"] == desk.token
    assert stored["replicate-webhook-secret"] == desk.stack.deployment.secrets["replicate-webhook-secret"]
    assert (stored["r2-access-key-id"], stored["r2-secret-access-key"]) == desk.r2_keys
    types = desk.ssm.get_parameters(Names=[desk.stage.secret(name) for name in parameter_store.NAMES])["Parameters"]
    assert {each["Type"] for each in types} == {"SecureString"}
    assert "owner-key: generated" in terminal.lines
    for value in " ".join(stored.values()).split():
        assert value not in terminal.said, "nothing is echoed"
    keys = [each["Key"] for each in desk.stack.client("s3").list_objects_v2(Bucket=BUCKET).get("Contents", [])]
    assert not [key for key in keys if "check" in key], "what proved the token is deleted"


def test_enter_keeps_what_is_stored_and_proves_it_again(desk: Desk) -> None:
    desk.keep(desk.token, *desk.r2_keys)
    before = desk.stored()
    terminal = desk.keep("", "", "")
    assert desk.stored() == before
    assert terminal.lines == [f"{name}: kept" for name in (
        "replicate-api-token", "replicate-webhook-secret", "r2-access-key-id", "r2-secret-access-key",
        *parameter_store.MADE,
    )]  # fmt: skip


def test_a_wrong_answer_is_asked_again_and_never_stored(desk: Desk) -> None:
    terminal = desk.keep("r8_wrong", "", desk.token, "wrong", "wrong-secret-key", *desk.r2_keys)
    assert "does not accept the token" in terminal.said
    assert "the answer is empty" in terminal.said
    assert f"may not list the bucket {BUCKET}" in terminal.said
    assert "r8_wrong" not in terminal.said
    assert desk.stored()["replicate-api-token"] == desk.token


def test_three_wrong_answers_end_it(desk: Desk) -> None:
    with pytest.raises(OperatorError, match="does not accept the token"):
        desk.keep("r8_wrong", "r8_wrong", "r8_wrong")
    assert desk.stored() == {}


@pytest.mark.parametrize("answer", ["r8 with blanks", "r8_ümlaut", "r8_line\nbreak"])
def test_what_no_header_can_hold_is_refused_here(desk: Desk, answer: str) -> None:
    terminal = desk.keep(answer, desk.token, *desk.r2_keys)
    assert "it must be printable ASCII without spaces" in terminal.said


def test_a_provider_that_is_not_there_is_told(desk: Desk) -> None:
    desk.stage = dataclasses.replace(
        desk.stage, parameters={**desk.stage.parameters, "ReplicateBaseUrl": "http://127.0.0.1:9"}
    )
    with pytest.raises(OperatorError, match="does not answer"):
        desk.keep("r8_token", "r8_token", "r8_token")


def test_a_webhook_secret_that_the_provider_replaced_counts_beside_the_old_one(desk: Desk) -> None:
    desk.keep(desk.token, *desk.r2_keys)
    parameter_store.store(desk.ssm, desk.stage, "replicate-webhook-secret", "whsec_older whsec_oldest")
    assert "the stored webhook secret differs from the provider's" in desk.wrong()
    desk.keep("", "", "")
    present = desk.stack.deployment.secrets["replicate-webhook-secret"]
    assert desk.stored()["replicate-webhook-secret"] == f"{present} whsec_older"


def test_a_secret_of_ours_is_replaced_while_the_last_one_counts(desk: Desk) -> None:
    terminal = Scripted()
    with pytest.raises(OperatorError, match="make secrets ENV=dev"):
        rotate(desk.stage, desk.stack.client, terminal, "origin-secrets")
    desk.keep(desk.token, *desk.r2_keys)
    first = desk.stored()["origin-secrets"]
    rotate(desk.stage, desk.stack.client, terminal, "origin-secrets")
    rotate(desk.stage, desk.stack.client, terminal, "cookie-keys", lambda _: None)
    newest, before = desk.stored()["origin-secrets"].split()
    assert before == first != newest
    assert parameter_store.malformed(desk.stored()) == []
    assert newest not in terminal.said
    assert "make deploy ENV=dev" in terminal.said
    for name in ("owner-key", "replicate-api-token"):
        with pytest.raises(OperatorError, match="must be one of cookie-keys, share-keys, origin-secrets"):
            rotate(desk.stage, desk.stack.client, terminal, name)


def test_the_doctor_finds_nothing_wrong_with_what_is_right(desk: Desk) -> None:
    desk.keep(desk.token, *desk.r2_keys)
    findings = desk.examine()
    with_fix = {each.what for each in findings if each.fix}
    licence = "Apache-2.0, parts of it non-commercial"
    licences = {
        f"tencentarc/gfpgan has the licence {licence}",
        f"the option faceEnhance of nightmareai/real-esrgan uses a model with the licence {licence}",
    }
    marked = [
        f"new files below ai-enhancer/{folder}/ are not set to be deleted after {days} days"
        for folder, days in LIFECYCLE_DAYS.items()  # the emulator says nothing of a lifecycle in its answers
    ]
    here = [  # the addresses of this machine
        f"{name} is {desk.stage.parameters[name]!r}; on AWS it must begin with https://"
        for name in ("R2Endpoint", "R2PublicEndpoint", "ReplicateBaseUrl")
    ]
    assert with_fix == {*licences, *marked, *here}
    assert {each.what for each in findings} > {
        "the provider accepts the token",
        f"nightmareai/real-esrgan: the provider has version {models()['nightmareai/real-esrgan'].version[:8]}…",
        f"tencentarc/gfpgan: the provider has version {models()['tencentarc/gfpgan'].version[:8]}…",
        f"R2 bucket {BUCKET}",
    }
    assert any("is not deployed yet; make deploy ENV=dev" in each.what for each in findings)


def test_the_doctor_says_what_is_wrong_and_how_to_fix_it(desk: Desk) -> None:
    unfilled = {**desk.stage.parameters, "R2Bucket": "Not A Bucket", "OidcIssuer": "http://127.0.0.1:9/"}
    desk.stage = dataclasses.replace(desk.stage, parameters=unfilled)
    parameter_store.store(desk.ssm, desk.stage, "cookie-keys", "no key")
    parameter_store.store(desk.ssm, desk.stage, "replicate-api-token", "r8_wrong_token")
    wrong = desk.wrong(tools=False)
    fixes = "\n".join(f"{what}: {fix}" for what, fix in wrong.items())
    for part in (
        "Node is not installed",
        "npm is not installed",
        "sam is not installed",
        "R2Bucket is 'Not A Bucket'",
        "OidcIssuer also needs",
    ):
        assert part in fixes
    assert "the issuer http://127.0.0.1:9/ does not answer" in wrong
    assert wrong[f"the secret {desk.stage.secret('owner-key')} is not stored"] == "make secrets ENV=dev"
    assert "delete it and run make secrets" in wrong[f"the secret {desk.stage.secret('cookie-keys')} is malformed"]
    assert "does not accept the token" in wrong["the provider"]
    assert all("\n" not in str(each) for each in desk.examine(tools=False)), "one line each"
    assert "r8_wrong_token" not in fixes


def test_the_doctors_verdict_is_the_exit_code(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Scripted()
    assert diagnose(desk.stage, desk.stack.client, terminal) == 1, "no secrets yet"
    desk.keep(desk.token, *desk.r2_keys)
    only_hints = lambda *_: iter([Finding("slow", "fix it", needed=False), Finding("well")])  # noqa: E731
    monkeypatch.setattr("operate.stage_commands.examine", only_hints)
    assert diagnose(desk.stage, desk.stack.client, terminal) == 0
    assert terminal.lines[-2:] == ["hint  slow: fix it", "ok    well"]


def test_the_doctor_names_a_version_that_the_provider_has_not(desk: Desk) -> None:
    desk.keep(desk.token, *desk.r2_keys)
    gone = f"tencentarc/gfpgan:{'0' * 64}"
    given = {**desk.stage.parameters, "AllowedModels": f"nightmareai/real-esrgan,{gone}"}
    desk.stage = dataclasses.replace(desk.stage, parameters=given)
    fix = desk.wrong()[f"the provider has no version {'0' * 64} of tencentarc/gfpgan"]
    assert fix == "every job with it fails; set another version in AllowedModels, as owner/name:version"


def test_the_doctor_says_when_no_account_answers(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = partial(admin_client, endpoint="http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    *_, last = examine(desk.stage, nowhere, desk.http, lambda _: "v22.1.0")
    assert last.what == "AWS"
    assert "sign in" in last.fix


def test_the_doctor_compares_the_issuer_with_the_parameters(desk: Desk) -> None:
    issuer = desk.stack.config.issuer
    sign_in = {"OidcIssuer": issuer, "OidcAudience": "image-enhancer", "OidcJwksUrl": f"{issuer}/jwks.json"}
    right = {**desk.stage.parameters, **sign_in}
    desk.stage = dataclasses.replace(desk.stage, parameters=right)
    assert Finding(f"sign-in at {issuer}") in desk.examine()
    desk.stage = dataclasses.replace(desk.stage, parameters={**right, "OidcJwksUrl": "https://elsewhere.test/keys"})
    assert desk.wrong()["OidcJwksUrl differs from the issuer's"] == f"set it to {issuer}/jwks.json"


def test_the_doctor_asks_the_bucket_of_a_deployed_stage(desk: Desk) -> None:
    desk.keep(desk.token, *desk.r2_keys)
    page = {"Outputs": {"PageUrl": {"Value": desk.stack.base_url}}, "Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}
    cloudformation = desk.stack.client("cloudformation")
    cloudformation.create_stack(StackName=desk.stage.stack, TemplateBody=json.dumps(page))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=desk.stage.stack, WaiterConfig={"Delay": 1})
    try:
        assert Finding("R2 accepts uploads from the page") in desk.examine()
        refused = r2.preflight(desk.stack.base_url, BUCKET, "https://elsewhere.test", desk.http)
        assert refused
        assert "does not accept uploads from https://elsewhere.test" in refused
    finally:
        cloudformation.delete_stack(StackName=desk.stage.stack)


def test_verify_live_takes_the_accounts_of_a_stage(desk: Desk) -> None:
    with pytest.raises(OperatorError, match=r"These secrets are missing: .*make secrets ENV=dev"):
        environment_of(desk.stage, desk.stack.client)
    desk.keep(desk.token, *desk.r2_keys)
    with pytest.raises(OperatorError, match=r"^Missing in the environment: PUBLIC_BASE_URL "):
        read_accounts(environment_of(desk.stage, desk.stack.client))
    domain = {"DomainName": "images.example.com", "CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/1a"}
    stage = dataclasses.replace(desk.stage, parameters={**desk.stage.parameters, **domain})
    accounts = read_accounts(environment_of(stage, desk.stack.client))
    assert (accounts.key_id, accounts.secret, accounts.token) == (*desk.r2_keys, desk.token)
    assert (accounts.origin, accounts.bucket) == ("https://images.example.com", BUCKET)
    assert (accounts.endpoint, accounts.public_endpoint) == (desk.stack.config.emulator_url, desk.stack.base_url)
    assert accounts.local


def test_the_bucket_gets_our_rules_beside_those_of_others(desk: Desk) -> None:
    admin = admin_client("s3", desk.stack.config.emulator_url, region="auto")
    theirs = {
        "ID": "theirs",
        "Status": "Enabled",
        "Filter": {"Prefix": "other/"},
        "Expiration": {"Days": 1},
    }
    admin.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": [theirs]})
    origin = "https://images.example.com"
    before = admin.get_bucket_cors(Bucket=BUCKET)["CORSRules"]
    terminal = Scripted()
    try:
        r2.configure(desk.stage, admin, origin, terminal, dry_run=True)
        assert admin.get_bucket_cors(Bucket=BUCKET)["CORSRules"] == before
        assert "would become" in terminal.said
        assert "/uploads/" in terminal.said
        r2.configure(desk.stage, admin, origin, terminal, dry_run=False)
        assert admin.get_bucket_cors(Bucket=BUCKET)["CORSRules"] == [*before, cors_rule(origin)]
        rules = admin.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]
        assert {rule["ID"]: (rule["Filter"]["Prefix"], rule["Expiration"]["Days"]) for rule in rules} == {
            "theirs": ("other/", 1),
            f"{desk.stage.stack}-uploads": ("ai-enhancer/uploads/", 2),
            f"{desk.stage.stack}-results": ("ai-enhancer/results/", 32),
        }
        again = Scripted()
        r2.configure(desk.stage, admin, origin, again, dry_run=False)
        assert again.lines == [f"CORS of {BUCKET}: already set", f"lifecycle of {BUCKET}: already set"]
    finally:
        admin.put_bucket_cors(Bucket=BUCKET, CORSConfiguration={"CORSRules": before})
        admin.delete_bucket_lifecycle(Bucket=BUCKET)


def test_the_bucket_is_configured_with_a_token_that_is_asked_for_and_not_kept(desk: Desk) -> None:
    with pytest.raises(OperatorError, match="no address yet"):
        configure_bucket(desk.stage, desk.stack.client, Scripted(), {})
    own = {"DomainName": "images.example.com", "CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/1a"}
    desk.stage = dataclasses.replace(desk.stage, parameters={**desk.stage.parameters, **own})
    with pytest.raises(OperatorError, match="R2 needs an access key"):
        configure_bucket(desk.stage, desk.stack.client, Scripted(""), {})
    terminal = Scripted(ROOT_KEY, "admin-secret-key")
    configure_bucket(desk.stage, desk.stack.client, terminal, {"DRY_RUN": "1"})
    assert "https://images.example.com" in terminal.said
    assert "admin-secret-key" not in terminal.said
    assert desk.stored() == {}


def test_the_functions_token_may_not_change_the_bucket(desk: Desk) -> None:
    lesser = r2.r2_client(desk.stack.config.emulator_url, *desk.r2_keys)
    with pytest.raises(OperatorError, match="Admin Read & Write"):
        r2.configure(desk.stage, lesser, "https://images.example.com", Scripted(), dry_run=False)


def test_sam_itself_takes_what_a_deployment_gives_it_and_shows_no_secret(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The real CLI with the real samconfig.toml; the template is a small one, as the emulator knows no SAM."""
    emulator = desk.stack.config.emulator_url
    for name, value in {
        "AWS_ENDPOINT_URL": emulator,
        "AWS_ACCESS_KEY_ID": ROOT_KEY,
        "AWS_SECRET_ACCESS_KEY": ROOT_KEY,
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }.items():
        monkeypatch.setenv(name, value)
    names = [*desk.stage.parameters, "PublicBaseUrl"]
    template = {
        "Parameters": {name: {"Type": "String"} for name in names}
        | {"OriginSecret": {"Type": "String", "NoEcho": True}},
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}},
        "Outputs": {"Given": {"Value": {"Fn::Sub": "${PublicBaseUrl} ${RateLimits} ${R2Bucket} ${PrivacyUrl}."}}},
    }
    built = tmp_path / "template.json"
    built.write_text(json.dumps(template))
    samconfig = tmp_path / "samconfig.toml"
    samconfig.write_text(SAMCONFIG.read_text().replace("resolve_s3 = true", 's3_bucket = "sam-artefacts"'))
    admin_client("s3", emulator, region="eu-central-1").create_bucket(
        Bucket="sam-artefacts", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    given = {**desk.stage.parameters, "OriginSecret": "a-very-secret-value", "PublicBaseUrl": "https://page.test"}
    for _ in range(2):  # the second time there is nothing to change
        run_sam(desk.stage, given, samconfig, built)
    cloudformation = admin_client("cloudformation", emulator, region="eu-central-1")
    [stack] = cloudformation.describe_stacks(StackName="image-enhancer-dev")["Stacks"]
    limits = desk.stage.parameters["RateLimits"]
    assert stack["Outputs"][0]["OutputValue"] == f"https://page.test {limits} {BUCKET} ."
    assert {"Key": "stage", "Value": "dev"} in stack["Tags"]
    shown = capfd.readouterr()
    assert "image-enhancer-dev" in shown.out
    assert "a-very-secret-value" not in shown.out + shown.err
    cloudformation.delete_stack(StackName="image-enhancer-dev")
    built.write_text("no template")
    with pytest.raises(OperatorError, match="sam deploy failed"):
        run_sam(desk.stage, given, samconfig, built)
    with pytest.raises(OperatorError, match="make build TARGET=aws"):
        run_sam(desk.stage, given, samconfig, tmp_path / "nothing.yaml")
