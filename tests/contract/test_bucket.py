"""`make bucket` and what proves the keys of R2: the rules as S3 keeps them (moto), refusals as R2 words them."""

import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import requests
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.credentials import Credentials
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber

from deployment.bucket import cors_rule
from operate import parameter_store, r2
from operate.installation import OperatorError
from operate.stage import Stage, read_stage
from operate.stage_commands import configure_bucket
from tests.contract.conftest import boto_session
from tests.terminal import Scripted
from tests.transport import Answer, session

ORIGIN, ENDPOINT = "https://images.example.com", "https://1a2b.r2.cloudflarestorage.com"
OWN = {
    "R2Endpoint": ENDPOINT, "R2Bucket": "images", "R2Prefix": "ai/",
    "DomainName": "images.example.com", "CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/1a",
}  # fmt: skip
THEIRS = {"ID": "theirs", "Status": "Enabled", "Filter": {"Prefix": "other/"}, "Expiration": {"Days": 1}}
FOREIGN = {"AllowedOrigins": ["https://other.test"], "AllowedMethods": ["GET"]}
REFUSED = (
    "It needs an Admin Read & Write token; or set the rules above in Cloudflare's dashboard: R2, the bucket, Settings."
)


@pytest.fixture
def stage() -> Stage:
    read = read_stage("dev")
    return dataclasses.replace(read, region="us-east-1", parameters={**read.parameters, **OWN})


@pytest.fixture
def s3(aws: None) -> Any:  # noqa: ARG001 - it is there
    client = boto_session().client("s3")
    client.create_bucket(Bucket="images")
    return client


def rules_of(s3: Any) -> tuple[Any, Any]:
    cors = s3.get_bucket_cors(Bucket="images")["CORSRules"]
    return cors, s3.get_bucket_lifecycle_configuration(Bucket="images")["Rules"]


def configured(stage: Stage, s3: Any, *, dry_run: bool = False) -> list[str]:
    terminal = Scripted()
    r2.configure(stage, s3, ORIGIN, terminal, dry_run=dry_run)
    return terminal.lines


def test_a_bucket_without_rules_gets_ours(stage: Stage, s3: Any) -> None:
    said = configured(stage, s3)
    cors, lifecycle = rules_of(s3)
    assert cors == [cors_rule(ORIGIN)]
    assert [(each["ID"], each["Status"], each["Filter"], each["Expiration"]) for each in lifecycle] == [
        ("image-enhancer-dev-uploads", "Enabled", {"Prefix": "ai/uploads/"}, {"Days": 2}),
        ("image-enhancer-dev-results", "Enabled", {"Prefix": "ai/results/"}, {"Days": 32}),
    ]
    assert [line.partition("\n")[0] for line in said] == ["CORS of images: becomes", "lifecycle of images: becomes"]
    told = [json.loads(line.partition("\n")[2]) for line in said]
    assert told[0] == cors
    assert [each["ID"] for each in told[1]] == [each["ID"] for each in lifecycle]
    assert "\n  {\n" in said[0], "a person reads it"


def test_rules_that_are_there_are_not_written_again(stage: Stage, s3: Any) -> None:
    configured(stage, s3)
    already_set = ["CORS of images: already set", "lifecycle of images: already set"]
    assert configured(stage, s3) == already_set
    assert configured(stage, s3, dry_run=True) == already_set


def test_rules_of_others_stay_and_ours_are_replaced(stage: Stage, s3: Any) -> None:
    older = {**THEIRS, "ID": "image-enhancer-dev-uploads", "Filter": {"Prefix": "before/"}}
    s3.put_bucket_lifecycle_configuration(Bucket="images", LifecycleConfiguration={"Rules": [THEIRS, older]})
    before = {**cors_rule(ORIGIN), "AllowedMethods": ["PUT"]}
    s3.put_bucket_cors(Bucket="images", CORSConfiguration={"CORSRules": [FOREIGN, before]})
    configured(stage, s3)
    cors, lifecycle = rules_of(s3)
    assert cors == [FOREIGN, cors_rule(ORIGIN)]
    assert [(each["ID"], each["Filter"]["Prefix"]) for each in lifecycle] == [
        ("theirs", "other/"),
        ("image-enhancer-dev-uploads", "ai/uploads/"),
        ("image-enhancer-dev-results", "ai/results/"),
    ]


def test_a_dry_run_tells_and_changes_nothing(stage: Stage, s3: Any) -> None:
    said = configured(stage, s3, dry_run=True)
    assert [line.partition("\n")[0] for line in said] == [
        "CORS of images: would become",
        "lifecycle of images: would become",
    ]
    for read in (s3.get_bucket_cors, s3.get_bucket_lifecycle_configuration):
        with pytest.raises(s3.exceptions.ClientError):
            read(Bucket="images")


class Refusing:
    """A client whose operations fail as told, everything else is moto's."""

    def __init__(self, s3: Any, failures: dict[str, tuple[str, str]]) -> None:
        self._s3, self._failures = s3, failures
        self.asked: list[str] = []

    def __getattr__(self, operation: str) -> Any:
        self.asked.append(operation)
        if operation not in self._failures:
            return getattr(self._s3, operation)
        client = boto_session().client("s3")
        stubber = Stubber(client)
        code, message = self._failures[operation]
        stubber.add_client_error(operation, code, message)
        stubber.activate()
        return getattr(client, operation)


CORS, LIFECYCLE = "put_bucket_cors", "put_bucket_lifecycle_configuration"


@pytest.mark.parametrize(
    ("failures", "says"),
    [
        ({CORS: ("AccessDenied", "")}, f"R2 refused the CORS of images (AccessDenied). {REFUSED}"),
        ({LIFECYCLE: ("AccessDenied", "")}, f"R2 refused the lifecycle of images (AccessDenied). {REFUSED}"),
        (
            {CORS: ("AccessDenied", ""), LIFECYCLE: ("AccessDenied", "")},
            (
                f"R2 refused the CORS of images (AccessDenied). {REFUSED} "
                f"R2 refused the lifecycle of images (AccessDenied). {REFUSED}"
            ),
        ),
        (
            {"get_bucket_cors": ("AccessDenied", "")},
            "R2 does not show the CORS of images (AccessDenied); that needs a token with Admin Read & Write.",
        ),
        (
            {"get_bucket_lifecycle_configuration": ("AccessDenied", "")},
            "R2 does not show the lifecycle of images (AccessDenied); that needs a token with Admin Read & Write.",
        ),
        (
            {CORS: ("NotImplemented", "Header 'x-amz-acl' with value 'x' not implemented")},
            (
                "R2 does not take PutBucketCors as it was sent (501 NotImplemented, header x-amz-acl); the token is "
                "not the reason. Set the rules in Cloudflare's dashboard: R2, the bucket, Settings."
            ),
        ),
        (
            {CORS: ("NotImplemented", "")},
            (
                "R2 does not take PutBucketCors as it was sent (501 NotImplemented); the token is not the reason. "
                "Set the rules in Cloudflare's dashboard: R2, the bucket, Settings."
            ),
        ),
    ],
)
def test_each_refusal_is_told_and_the_other_setting_is_tried(
    stage: Stage, s3: Any, failures: dict[str, tuple[str, str]], says: str
) -> None:
    refusing = Refusing(s3, failures)
    with pytest.raises(OperatorError) as refusal:
        configured(stage, refusing)
    assert str(refusal.value) == says
    assert LIFECYCLE in refusing.asked or "get_bucket_lifecycle_configuration" in failures


def test_an_endpoint_that_does_not_answer_is_told_once(stage: Stage) -> None:
    class Nowhere:
        def __getattr__(self, operation: str) -> Any:
            def fail(**_: Any) -> None:
                raise EndpointConnectionError(endpoint_url=operation)

            return fail

    with pytest.raises(OperatorError) as refusal:
        configured(stage, Nowhere())
    assert str(refusal.value) == (
        "R2 does not answer (EndpointConnectionError); check R2Endpoint in samconfig.toml and the network."
    )


@pytest.mark.usefixtures("aws")
def test_a_bucket_that_shows_an_empty_list_of_rules_gets_ours(stage: Stage) -> None:
    client = boto_session().client("s3")
    with Stubber(client) as stubber:
        for operation in ("get_bucket_cors", CORS, "get_bucket_lifecycle_configuration", LIFECYCLE):
            stubber.add_response(operation, {})
        said = configured(stage, client)
        stubber.assert_no_pending_responses()
    assert [line.partition("\n")[0] for line in said] == ["CORS of images: becomes", "lifecycle of images: becomes"]


# ---- How R2 is asked -----------------------------------------------------------------------------------------------


def test_a_client_is_for_one_account_waits_briefly_and_asks_twice() -> None:
    config = r2.r2_client(ENDPOINT, "key-id", "secret").meta.config
    assert config.region_name == "auto"
    assert config.s3 == {"addressing_style": "path"}
    assert (config.request_checksum_calculation, config.response_checksum_validation) == ("when_required",) * 2
    assert (config.connect_timeout, config.read_timeout) == (10, 10)
    assert config.retries["total_max_attempts"] == 2


@pytest.mark.parametrize(
    ("operation", "given", "path"),
    [
        ("put_object", {"Key": "ai/setup-check", "Body": b"check"}, "images/ai/setup-check"),
        ("put_bucket_cors", {"CORSConfiguration": {"CORSRules": [cors_rule(ORIGIN)]}}, "images?cors"),
    ],
)
def test_what_is_sent_is_signed_with_the_keys_and_carries_no_checksum(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, operation: str, given: dict[str, Any], path: str
) -> None:
    """By botocore's signer, whatever the desk's own configuration says about S3."""
    (tmp_path / "config").write_text("[default]\ns3 =\n  signature_version = s3\n  addressing_style = virtual\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    client = r2.r2_client(ENDPOINT, "key-id", "secret")
    sent: list[Any] = []

    class Nothing:
        def stream(self, **_: Any) -> Iterator[bytes]:
            yield b""

    def answer(request: Any, **_: Any) -> AWSResponse:
        sent.append(request)
        return AWSResponse(request.url, 200, {}, Nothing())

    client.meta.events.register("before-send.s3", answer)
    getattr(client, operation)(Bucket="images", **given)
    [request] = sent
    assert (request.method, request.url) == ("PUT", f"{ENDPOINT}/{path}")
    headers = {
        name.lower(): str(value, "ascii") if isinstance(value, bytes) else value
        for name, value in request.headers.items()
    }
    body = request.body if isinstance(request.body, bytes) else request.body.getvalue()
    assert not [name for name in headers if "checksum" in name or name == "x-amz-trailer"]
    assert headers["x-amz-content-sha256"] == hashlib.sha256(body).hexdigest()
    signed = headers["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    again = AWSRequest(
        "PUT", request.url, headers={name: headers[name] for name in signed if name in headers}, data=body
    )
    at = datetime.strptime(headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    with patch("botocore.auth.get_current_datetime", return_value=at):
        S3SigV4Auth(Credentials("key-id", "secret"), "s3", "auto").add_auth(again)
    assert headers["authorization"] == again.headers["Authorization"]


# ---- The keys ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "what"),
    [
        ("list_objects_v2", "list"),
        ("put_object", "write to"),
        ("head_object", "read from"),
        ("delete_object", "delete from"),
    ],
)
def test_the_right_that_is_lacking_is_named(s3: Any, operation: str, what: str) -> None:
    with pytest.raises(OperatorError) as refusal:
        r2.check_token(Refusing(s3, {operation: ("AccessDenied", "")}), "images", "ai/")
    assert str(refusal.value) == (
        f"The token may not {what} the bucket images (AccessDenied); it needs Object Read & Write on that bucket, "
        "and the bucket must exist."
    )


def test_keys_are_proven_below_the_prefix_alone(s3: Any) -> None:
    class Written:
        keys: list[str] = []  # noqa: RUF012

        def __getattr__(self, operation: str) -> Callable[..., Any]:
            def call(**given: Any) -> Any:
                self.keys.append(given.get("Key") or given["Prefix"])
                return getattr(s3, operation)(**given)

            return call

    r2.check_token(Written(), "images", "ai/")
    assert Written.keys == ["ai/", "ai/setup-check", "ai/setup-check", "ai/setup-check"]
    assert s3.list_objects_v2(Bucket="images")["KeyCount"] == 0


def test_a_folder_that_may_not_be_written_to_is_told(s3: Any) -> None:
    with pytest.raises(OperatorError, match=r"^The token may not write to the bucket images \(AccessDenied\)\.$"):
        list(r2.lifecycle_gaps(Refusing(s3, {"put_object": ("AccessDenied", "")}), "images", "ai/"))
    with pytest.raises(OperatorError):
        list(r2.lifecycle_gaps(Refusing(s3, {"head_object": ("AccessDenied", "")}), "images", "ai/"))
    assert s3.list_objects_v2(Bucket="images")["KeyCount"] == 0, "what was written is deleted all the same"


@pytest.mark.parametrize(("late", "gaps"), [(0, []), (1, ["uploads", "results"])])
def test_a_file_may_live_until_the_midnight_after_its_days(late: int, gaps: list[str]) -> None:
    """S3 counts days up to the next midnight."""
    written = datetime(2026, 11, 25, 0, 0, tzinfo=UTC)

    class Shown:
        def __getattr__(self, _: str) -> Any:
            return lambda **given: self.answer(given["Key"])

        def answer(self, key: str) -> dict[str, Any]:
            days = {"ai/uploads/setup-check": 3, "ai/results/setup-check": 33}[key]
            at = written + timedelta(days=days, seconds=late)
            expires = f'expiry-date="{at:%a, %d %b %Y %H:%M:%S GMT}", rule-id="x"'
            return {"LastModified": written, "Expiration": expires}

    assert list(r2.lifecycle_gaps(Shown(), "images", "ai/")) == gaps


# ---- What a browser would be told ----------------------------------------------------------------------------------


def asked_as_a_browser(answer: Answer | Exception) -> tuple[str | None, requests.PreparedRequest]:
    http, asked = session(lambda _: answer)
    found = r2.preflight("https://r2.test", "images", ORIGIN, http)
    [request] = asked.requests
    assert asked.options[0]["timeout"] == 10
    return found, request


@pytest.mark.parametrize(("status", "allowed"), [(200, ORIGIN), (204, ORIGIN), (299, "*")])
def test_a_bucket_that_takes_uploads_from_the_page(status: int, allowed: str) -> None:
    found, request = asked_as_a_browser((status, {"Access-Control-Allow-Origin": allowed}, b""))
    assert found is None
    assert (request.method, request.url) == ("OPTIONS", "https://r2.test/images/preflight")
    assert request.headers["Origin"] == ORIGIN
    assert request.headers["Access-Control-Request-Method"] == "PUT"
    wanted = "cache-control,content-type,if-none-match,x-amz-meta-upload"
    assert request.headers["Access-Control-Request-Headers"] == wanted


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (
            (300, {"Access-Control-Allow-Origin": ORIGIN}, b""),
            f"the bucket images does not accept uploads from {ORIGIN} (CORS, HTTP 300)",
        ),
        ((200, {}, b""), f"the bucket images does not accept uploads from {ORIGIN} (CORS, HTTP 200)"),
        (
            (200, {"Access-Control-Allow-Origin": "https://other.test"}, b""),
            f"the bucket images does not accept uploads from {ORIGIN} (CORS, HTTP 200)",
        ),
        (requests.ConnectTimeout("x"), "https://r2.test does not answer (ConnectTimeout)"),
    ],
)
def test_a_bucket_that_does_not(answer: Answer | Exception, says: str) -> None:
    assert asked_as_a_browser(answer)[0] == says


# ---- The command ---------------------------------------------------------------------------------------------------


@pytest.fixture
def opened(s3: Any, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """With which endpoint and keys R2 was opened."""
    calls: list[tuple[str, ...]] = []

    def client(*given: str) -> Any:
        calls.append(given)
        return s3

    monkeypatch.setattr("operate.r2.r2_client", client)
    return calls


def test_an_admin_token_is_asked_for_and_not_stored(stage: Stage, s3: Any, opened: list[tuple[str, ...]]) -> None:
    terminal = Scripted("admin-key-id", "admin-secret")
    configure_bucket(stage, boto_session().client, terminal, {})
    assert terminal.questions == [
        "R2 access key id with Admin Read & Write (Enter uses the functions' own):",
        "Its secret access key:",
    ]
    assert opened == [(OWN["R2Endpoint"], "admin-key-id", "admin-secret")]
    assert rules_of(s3)[0] == [cors_rule(ORIGIN)]
    assert parameter_store.load(boto_session().client("ssm"), stage) == {}
    assert "admin-secret" not in terminal.said


def test_enter_takes_the_functions_own_keys(stage: Stage, opened: list[tuple[str, ...]]) -> None:
    for name, value in (("r2-access-key-id", "own-key-id"), ("r2-secret-access-key", "own-secret")):
        parameter_store.store(boto_session().client("ssm"), stage, name, value)
    terminal = Scripted("")
    configure_bucket(stage, boto_session().client, terminal, {"DRY_RUN": "1"})
    assert opened == [(OWN["R2Endpoint"], "own-key-id", "own-secret")]
    assert [line.partition("\n")[0].rpartition(": ")[2] for line in terminal.lines] == ["would become"] * 2


@pytest.mark.parametrize(
    ("answers", "stored"),
    [(("",), ()), (("",), ("r2-access-key-id",)), (("",), ("r2-secret-access-key",)), (("admin-key-id", ""), ())],
)
def test_without_both_keys_nothing_is_asked(
    stage: Stage, opened: list[tuple[str, ...]], answers: tuple[str, ...], stored: tuple[str, ...]
) -> None:
    for name in stored:
        parameter_store.store(boto_session().client("ssm"), stage, name, "one-of-two")
    with pytest.raises(OperatorError, match=r"^R2 needs an access key\.$"):
        configure_bucket(stage, boto_session().client, Scripted(*answers), {})
    assert opened == []


@pytest.mark.usefixtures("aws")
def test_without_an_address_there_is_no_rule_to_set(stage: Stage) -> None:
    stage = dataclasses.replace(stage, parameters={**stage.parameters, "DomainName": ""})
    with pytest.raises(OperatorError) as refusal:
        configure_bucket(stage, boto_session().client, Scripted(), {})
    assert str(refusal.value) == "The page has no address yet: make deploy ENV=dev first, or set DomainName."
