"""What each part of `make doctor` says, well and not; AWS and R2 are moto, the provider and the issuer functions."""

import dataclasses
import json
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber

from enhancer.adapters.model_files import models
from operate import doctor, parameter_store
from operate.deploy import SAM
from operate.finding import Finding
from operate.stage import Stage, read_stage
from operate.stage_commands import diagnose
from tests.contract.conftest import boto_session
from tests.terminal import Scripted
from tests.transport import Answer, session

ISSUER = "https://id.example.com"
JWKS = f"{ISSUER}/jwks.json"
TOKEN = "r8_the_right_token"
VERSION = models()["nightmareai/real-esrgan"].version
ENDPOINT = "https://1a2b.r2.cloudflarestorage.com"
SETTINGS = {"R2Endpoint": ENDPOINT, "R2Bucket": "images", "AllowedModels": "nightmareai/real-esrgan"}
SECRETS = {
    "replicate-api-token": TOKEN,
    "replicate-webhook-secret": "whsec_of_the_account",
    "r2-access-key-id": "an-access-key-id",
    "r2-secret-access-key": "a-secret-access-key",
} | {name: parameter_store.made(name) for name in parameter_store.MADE}


def stage(**parameters: str) -> Stage:
    read = read_stage("dev")
    return dataclasses.replace(read, region="us-east-1", parameters={**read.parameters, **SETTINGS, **parameters})


def shown(findings: Iterator[Finding]) -> list[str]:
    return [str(each) for each in findings]


def provider(request: requests.PreparedRequest) -> Answer:
    """Has one account and every version."""
    if request.headers.get("Authorization") != f"Bearer {TOKEN}":
        return 401, {}, b"{}"
    member = "key" if request.path_url == "/v1/webhooks/default/secret" else "id"
    value = SECRETS["replicate-webhook-secret"] if member == "key" else request.path_url.rpartition("/")[2]
    return 200, {}, json.dumps({member: value}).encode()


# ---- The machine ---------------------------------------------------------------------------------------------------

HERE = {
    ("node", "--version"): "v20.19.0",
    ("npm", "--version"): "10.8.2",
    (str(SAM), "--version"): "SAM CLI, version 1.143.0",
    ("make", "--silent", "runtime-python"): "/usr/bin/python3.13",
}


def test_a_machine_with_all_its_tools() -> None:
    assert shown(doctor.tools(lambda command: HERE[tuple(command)])) == [
        f"ok    Python {sys.version_info.major}.{sys.version_info.minor}",
        "ok    Node v20.19.0",
        "ok    npm",
        "ok    SAM CLI, version 1.143.0",
        "ok    Python 3.13 for the bytecode",
    ]


def test_a_machine_without_tools_is_told_where_each_comes_from() -> None:
    assert shown(doctor.tools(lambda _: None))[1:] == [
        "WRONG Node is not installed: install 20.19 or newer from nodejs.org",
        "WRONG npm is not installed: it comes with Node",
        "WRONG sam is not installed: make build TARGET=aws installs it",
        (
            "hint  Python 3.13 is not installed, so the layers get no bytecode and cold starts take twice the CPU: "
            ".venv/bin/uv python install 3.13"
        ),
    ]


@pytest.mark.parametrize(
    ("node", "mark"),
    [("v20.18.3", "WRONG"), ("v20.19.0", "ok"), ("v20.9.0", "WRONG"), ("v18.20.4", "WRONG"), ("v22.0.0", "ok")],
)
def test_node_has_to_be_new_enough(node: str, mark: str) -> None:
    found = shown(doctor.tools(lambda _: node))[1]
    assert found.startswith(f"{mark:5} Node {node}")


def test_a_tool_is_run_and_what_it_printed_is_taken() -> None:
    assert doctor.run_tool([sys.executable, "-c", "print(' 1.2 ')"]) == "1.2"
    assert doctor.run_tool([sys.executable, "-c", "print('1.2'); raise SystemExit(1)"]) is None
    assert doctor.run_tool(["a-program-that-does-not-exist", "--version"]) is None


def test_a_tool_is_run_where_the_makefile_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.chdir(tmp_path)
    makefile = "import pathlib; print(pathlib.Path('Makefile').exists())"
    assert doctor.run_tool([sys.executable, "-c", makefile]) == "True"


# ---- What samconfig.toml says --------------------------------------------------------------------------------------


def test_the_settings_are_well_or_each_is_told() -> None:
    assert shown(doctor.settings(stage())) == ["ok    samconfig.toml, dev"]
    assert shown(doctor.settings(stage(Stage="prod", R2Endpoint="ACCOUNT_ID"))) == [
        f"WRONG {what}: change it in samconfig.toml, [dev.deploy.parameters]"
        for what in ("R2Endpoint still says ACCOUNT_ID", "Stage must be dev")
    ]


def test_a_model_that_may_not_be_sold_is_a_hint() -> None:
    assert shown(doctor.licences(stage(AllowedModels="tencentarc/gfpgan"))) == [
        (
            "hint  tencentarc/gfpgan has the licence Apache-2.0, parts of it non-commercial: see docs/security.md, or "
            "remove it from AllowedModels"
        )
    ]
    [option] = shown(doctor.licences(stage()))
    assert option.endswith(": see docs/security.md")
    assert shown(doctor.licences(stage(AllowedModels="unknown/model"))) == [], "the settings say that"


# ---- Sign-in -------------------------------------------------------------------------------------------------------

DESCRIBED = {"issuer": ISSUER, "jwks_uri": JWKS, "token_endpoint": f"{ISSUER}/token"}
SIGN_IN = {"OidcIssuer": ISSUER, "OidcAudience": "client", "OidcJwksUrl": JWKS}


def signing_in(answer: Answer | Exception, **parameters: str) -> list[str]:
    http, asked = session(lambda _: answer)
    found = shown(doctor.sign_in(stage(**SIGN_IN, **parameters), http))
    assert [each.url for each in asked.requests] == [f"{ISSUER}/.well-known/openid-configuration"]
    assert asked.options[0]["timeout"] == 10
    return found


def described(**other: str) -> Answer:
    return 200, {}, json.dumps({**DESCRIBED, **other}).encode()


def test_without_an_issuer_no_request_is_sent() -> None:
    http, asked = session(lambda _: (500, {}, b""))
    assert shown(doctor.sign_in(stage(), http)) == ["ok    sign-in is not configured: guests only"]
    assert asked.requests == []


def test_an_issuer_that_agrees_with_the_settings() -> None:
    assert signing_in(described()) == [f"ok    sign-in at {ISSUER}"]


@pytest.mark.parametrize(
    "answer", [(404, {}, b"{}"), (200, {}, b"<html>"), (200, {}, b"[]"), requests.ConnectionError("x")]
)
def test_an_issuer_that_does_not_describe_itself(answer: Answer | Exception) -> None:
    said = f"WRONG the issuer {ISSUER} does not answer: check OidcIssuer in samconfig.toml"
    assert signing_in(answer) == [said]


def test_an_issuer_that_differs_from_the_settings() -> None:
    assert signing_in(described(issuer=f"{ISSUER}/")) == [
        f"WRONG the issuer names itself {ISSUER}/: set OidcIssuer to exactly that",
        f"ok    sign-in at {ISSUER}",
    ]
    assert signing_in(described(jwks_uri=f"{ISSUER}/keys")) == [
        f"WRONG OidcJwksUrl differs from the issuer's: set it to {ISSUER}/keys",
        f"ok    sign-in at {ISSUER}",
    ]


def test_origins_that_the_page_has_to_call_must_be_allowed() -> None:
    """As Google has it: issuer, tokens and keys on hosts of their own."""
    google = described(token_endpoint="https://oauth2.test/token", jwks_uri="https://apis.test/certs")
    *_, last = signing_in(google)
    assert last == (
        "WRONG the page's Content-Security-Policy blocks the issuer's endpoints: set OidcOrigins=https://apis.test https://oauth2.test"
    )
    *_, last = signing_in(google, OidcOrigins="https://oauth2.test https://apis.test")
    assert last == f"ok    sign-in at {ISSUER}"


def test_an_issuer_that_ends_in_a_slash_is_asked_at_the_same_address() -> None:
    http, asked = session(lambda _: described(issuer=f"{ISSUER}/"))
    assert shown(doctor.sign_in(stage(**{**SIGN_IN, "OidcIssuer": f"{ISSUER}/"}), http)) == [
        f"ok    sign-in at {ISSUER}/"
    ]
    assert asked.requests[0].url == f"{ISSUER}/.well-known/openid-configuration"


# ---- The secrets, the provider and R2 ------------------------------------------------------------------------------


def test_secrets_that_are_all_there() -> None:
    assert shown(doctor.secrets(stage(), SECRETS)) == ["ok    8 secrets"]


def test_secrets_that_are_missing_or_have_not_their_form() -> None:
    stored = {**SECRETS, "cookie-keys": "no key", "r2-access-key-id": "short"}
    del stored["owner-key"]
    assert shown(doctor.secrets(stage(), stored)) == [
        "WRONG the secret /image-enhancer-dev/owner-key is not stored: make secrets ENV=dev",
        "WRONG the secret /image-enhancer-dev/r2-access-key-id is malformed: make secrets ENV=dev",
        "WRONG the secret /image-enhancer-dev/cookie-keys is malformed: delete it and run make secrets ENV=dev",
    ]


def asking(answer: Callable[[requests.PreparedRequest], Answer | Exception], **stored: str) -> list[str]:
    return shown(doctor.the_provider(stage(), {**SECRETS, **stored}, session(answer)[0]))


def test_a_provider_that_takes_the_token_and_has_the_versions() -> None:
    assert asking(provider) == [
        "ok    the provider accepts the token",
        f"ok    nightmareai/real-esrgan: the provider has version {VERSION[:8]}…",
    ]
    assert shown(doctor.the_provider(stage(), {}, session(provider)[0])) == [], "the secrets say that"


def test_a_token_that_the_provider_does_not_take() -> None:
    assert asking(provider, **{"replicate-api-token": "r8_wrong"}) == [
        (
            "WRONG the provider: The provider does not accept the token; create one at "
            "replicate.com/account/api-tokens. Then: make secrets ENV=dev"
        )
    ]


@pytest.mark.parametrize("stored", ["whsec_other", "whsec_of_the_account_before"])
def test_a_webhook_secret_that_is_not_the_providers(stored: str) -> None:
    assert asking(provider, **{"replicate-webhook-secret": stored})[1] == (
        "WRONG the stored webhook secret differs from the provider's: make secrets ENV=dev"
    )
    both = {"replicate-webhook-secret": f"{stored} whsec_of_the_account"}
    assert not [line for line in asking(provider, **both) if "webhook" in line]


def test_each_version_is_asked_for_by_itself() -> None:
    gone = f"tencentarc/gfpgan:{'0' * 64}"
    silent = f"sczhou/codeformer:{'1' * 64}"
    allowed_models = stage(AllowedModels=f"{silent},{gone},nightmareai/real-esrgan")

    def answer(request: requests.PreparedRequest) -> Answer:
        if "gfpgan" in request.path_url:
            return 404, {}, b"{}"
        return (503, {}, b"") if "codeformer" in request.path_url else provider(request)

    found = shown(doctor.the_provider(allowed_models, SECRETS, session(answer)[0]))
    assert found[1:] == [
        (
            "WRONG the version of sczhou/codeformer: The provider answered 503 to a request about sczhou/codeformer; "
            "try later."
        ),
        (
            f"WRONG the provider has no version {'0' * 64} of tencentarc/gfpgan: every job with it fails; "
            "set another version in AllowedModels, as owner/name:version"
        ),
        f"ok    nightmareai/real-esrgan: the provider has version {VERSION[:8]}…",
    ]


@pytest.fixture
def s3(aws: None) -> Any:  # noqa: ARG001 - it is there
    client = boto_session().client("s3")
    client.create_bucket(Bucket="images")
    return client


def keep_for(client: Any, days: dict[str, int]) -> None:
    """A lifecycle; moto does not show it in the answers, so that a hook adds what R2 says of a new file."""
    shown_by = {f"ai-enhancer/{folder}/": count for folder, count in days.items()}

    def add(parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        for prefix, count in shown_by.items():
            if context["key"].startswith(prefix):
                at = parsed["LastModified"] + timedelta(days=count)
                parsed["Expiration"] = f'expiry-date="{at:%a, %d %b %Y %H:%M:%S GMT}", rule-id="ours"'

    def put_if_absent(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["key"] = params["Key"]

    client.meta.events.register("before-parameter-build.s3.HeadObject", put_if_absent)
    client.meta.events.register("after-call.s3.HeadObject", add)


def test_a_bucket_that_takes_the_keys_and_deletes_in_time(s3: Any) -> None:
    keep_for(s3, {"uploads": 2, "results": 32})
    opened: list[tuple[str, ...]] = []

    def client(*given: str) -> Any:
        opened.append(given)
        return s3

    assert shown(doctor.the_bucket(stage(), SECRETS, client)) == [
        "ok    R2 bucket images",
        "ok    R2's lifecycle rules delete what retention may leave",
    ]
    assert opened == [(ENDPOINT, SECRETS["r2-access-key-id"], SECRETS["r2-secret-access-key"])]
    assert s3.list_objects_v2(Bucket="images")["KeyCount"] == 0, "what was written is deleted"


def test_a_bucket_that_keeps_files_for_too_long_is_a_hint(s3: Any) -> None:
    keep_for(s3, {"uploads": 4})
    assert shown(doctor.the_bucket(stage(), SECRETS, lambda *_: s3)) == [
        "ok    R2 bucket images",
        *(
            f"hint  new files below ai-enhancer/{folder}/ are not set to be deleted after {days} days: make bucket "
            "ENV=dev sets the lifecycle rules, a backstop for retention"
            for folder, days in (("uploads", 2), ("results", 32))
        ),
    ]


@pytest.mark.parametrize("missing", ["r2-access-key-id", "r2-secret-access-key"])
def test_without_both_keys_r2_is_not_asked(missing: str) -> None:
    stored = {name: value for name, value in SECRETS.items() if name != missing}
    assert shown(doctor.the_bucket(stage(), stored, lambda *_: pytest.fail("R2 is asked"))) == []


def test_keys_that_r2_refuses_are_told(s3: Any) -> None:
    s3.delete_bucket(Bucket="images")
    [only] = shown(doctor.the_bucket(stage(), SECRETS, lambda *_: s3))
    assert only.startswith("WRONG R2: The token may not list the bucket images (NoSuchBucket); it needs ")


# ---- All of it -----------------------------------------------------------------------------------------------------


class Examined:
    """A stage that is not deployed yet, with its secrets."""

    def __init__(self, s3: Any) -> None:
        keep_for(s3, {"uploads": 2, "results": 32})
        self.s3 = s3
        self.stage = stage()
        self.refusing: dict[str, tuple[str, str]] = {}
        """Service → the operation that it refuses, and the code."""
        for name, value in SECRETS.items():
            parameter_store.store(self.clients("ssm"), self.stage, name, value)

    def clients(self, service: str, **options: Any) -> Any:
        client = boto_session().client(service, **options)  # type: ignore[call-overload]
        if service in self.refusing:
            stubber = Stubber(client)
            stubber.add_client_error(*self.refusing[service])
            stubber.activate()
        elif service == "lambda":  # moto has no account settings
            stubber = Stubber(client)
            limit = {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 1000}
            stubber.add_response("get_account_settings", {"AccountLimit": limit})
            stubber.activate()
        return client

    def findings(self) -> list[str]:
        tool = lambda command: HERE[tuple(command)]  # noqa: E731
        http = session(provider)[0]
        return shown(doctor.examine(self.stage, self.clients, http, tool, lambda *_: self.s3))


@pytest.fixture
def examined(s3: Any) -> Examined:
    return Examined(s3)


WELL = [
    "ok    samconfig.toml, dev",
    "ok    sign-in is not configured: guests only",
    "ok    AWS account 123456789012, us-east-1",
    "ok    1000 concurrent executions, of which queues use at most 17",
    "ok    8 secrets",
    "ok    the provider accepts the token",
    f"ok    nightmareai/real-esrgan: the provider has version {VERSION[:8]}…",
    "ok    R2 bucket images",
    "ok    R2's lifecycle rules delete what retention may leave",
    "ok    image-enhancer-dev is not deployed yet; make deploy ENV=dev",
]


def test_all_parts_are_looked_at_in_order(examined: Examined) -> None:
    found = examined.findings()
    assert found[:5] == shown(doctor.tools(lambda command: HERE[tuple(command)]))
    assert [line for line in found[5:] if not line.startswith("hint")] == WELL
    examined.stage = stage(**SIGN_IN)
    assert f"WRONG the issuer {ISSUER} does not answer: check OidcIssuer in samconfig.toml" in examined.findings()


@pytest.mark.parametrize(
    ("limit", "unreserved", "reserved", "says"),
    [
        (10, 10, 0, ["hint  queues may use 17 of the account's 10 concurrent executions, more than half"]),
        (33, 33, 0, ["hint  queues may use 17 of the account's 33 concurrent executions, more than half"]),
        (34, 34, 0, ["ok    34 concurrent executions, of which queues use at most 17"]),
        (1000, 110, 10, ["ok    1000 concurrent"]),
        (
            1000,
            110,
            11,
            ["hint  WebhookConcurrency is 11; 110 of 1000 concurrent executions are", "ok    1000 concurrent"],
        ),
    ],
)
def test_an_account_whose_executions_queues_or_the_webhook_would_use_up(
    limit: int, unreserved: int, reserved: int, says: list[str]
) -> None:
    client = boto_session().client("lambda", "us-east-1", aws_access_key_id="id", aws_secret_access_key="secret")
    limits = {"ConcurrentExecutions": limit, "UnreservedConcurrentExecutions": unreserved}
    with Stubber(client) as stubber:
        stubber.add_response("get_account_settings", {"AccountLimit": limits})
        found = shown(doctor.concurrency(stage(WebhookConcurrency=str(reserved)), lambda *_, **__: client))
    assert len(found) == len(says)
    assert all(line.startswith(beginning) for line, beginning in zip(found, says, strict=True)), found


def test_the_account_that_a_stage_names_is_compared(examined: Examined) -> None:
    examined.stage = dataclasses.replace(examined.stage, account="210987654321")
    last = examined.findings()[-1]
    assert last.startswith("WRONG AWS: samconfig.toml names the account 210987654321, but these credentials are for ")


@pytest.mark.parametrize(
    ("service", "operation", "lost", "says"),
    [
        (
            "lambda",
            "get_account_settings",
            1,
            (
                "WRONG the account's concurrent executions: AWS did not answer (GetAccountSettings: AccessDenied): "
                "check the permissions of the shell's role"
            ),
        ),
        (
            "cloudformation",
            "describe_stacks",
            1,
            (
                "WRONG image-enhancer-dev: AWS did not answer (DescribeStacks: AccessDenied): check the "
                "permissions of the shell's role"
            ),
        ),
        (
            "ssm",
            "get_parameters",
            5,
            "WRONG the secrets can't be read (AccessDenied): the shell's role needs ssm:GetParameters",
        ),
    ],
)
def test_a_part_that_aws_refuses_ends_alone(
    examined: Examined, service: str, operation: str, lost: int, says: str
) -> None:
    examined.refusing[service] = (operation, "AccessDenied")
    found = examined.findings()
    assert says in found
    assert len([line for line in found if line in WELL]) == len(WELL) - lost


def test_a_certificate_that_can_not_be_asked_for_ends_alone(examined: Examined) -> None:
    own = {"DomainName": "images.example.com", "CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/0a"}
    examined.stage = stage(**own)

    def clients(service: str, **options: Any) -> Any:
        if service == "acm":
            raise EndpointConnectionError(endpoint_url="https://acm.us-east-1.amazonaws.com")
        return examined.clients(service, **options)

    found = shown(doctor.examine(examined.stage, clients, session(provider)[0], lambda _: "1", lambda *_: examined.s3))
    said = "the certificate: AWS did not answer (EndpointConnectionError): check the permissions of the shell's role"
    assert f"WRONG {said}" in found
    assert WELL[-1] in found


def test_what_is_needed_and_wrong_makes_the_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    hint, well, wrong = Finding("slow", "fix it", needed=False), Finding("well"), Finding("broken", "fix it")
    for findings, code in (([hint, well], 0), ([wrong, wrong, hint, well], 1)):
        terminal = Scripted()
        monkeypatch.setattr("operate.stage_commands.examine", lambda *_, findings=findings: iter(findings))
        assert diagnose(stage(), pytest.fail, terminal) == code
        assert terminal.lines == [str(each) for each in findings]


def test_no_secret_is_shown(examined: Examined) -> None:
    text = "\n".join(examined.findings())
    assert not [name for name, value in SECRETS.items() if value in text]
