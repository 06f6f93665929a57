"""`make verify-live` where a service breaks its rules. moto looks at no signature: whatever is signed, it takes."""

import json
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest
import requests
from botocore.exceptions import ClientError

from deployment import ROOT
from deployment.template import read_template
from enhancer.adapters.model_files import allowed_models, models
from enhancer.adapters.presigned_urls import R2PresignedUrls
from enhancer.adapters.r2 import R2ImageStore
from enhancer.errors import OutcomeUnknown, ProviderError, Refused, Throttled
from operate.installation import OperatorError
from operate.stage import read_stage
from operate.verify_live.__main__ import main
from operate.verify_live.accounts import Accounts, environment_of, read_accounts
from operate.verify_live.bucket import Bucket, check_cors, check_objects, check_uploads, clear
from operate.verify_live.findings import Finding, Findings, table
from operate.verify_live.models import check_versions
from operate.verify_live.runs import Runs
from tests.fakes import FakeProvider
from tests.terminal import Scripted

ENVIRONMENT = {
    "R2_ENDPOINT": "https://account.r2.cloudflarestorage.com",
    "R2_AI_IMAGES_BUCKET": "images",
    "R2_ACCESS_KEY_ID": "the-key-id",
    "R2_SECRET_ACCESS_KEY": "the-secret-key",
    "REPLICATE_API_TOKEN": "r8_the_token",
    "PUBLIC_BASE_URL": "https://images.test",
}
EXPIRED = next(
    each["status"]
    for each in json.loads((Path(__file__).parents[1] / "oracles/fixtures/r2/errors.json").read_text())
    if each["code"] == "ExpiredRequest"
)
"""What Cloudflare's documents say of a link after its time; other S3 servers answer 403."""
INPUTS = {"image": "https://r2.test/images/key?X-Amz-Signature=s"}


@pytest.fixture
def findings():
    return Findings(lambda _: None)


@pytest.fixture
def bucket(aws):  # noqa: ARG001 - it is there
    client = boto3.client("s3")
    client.create_bucket(Bucket="images")
    endpoint = "https://s3.amazonaws.com"
    with requests.Session() as http:
        yield Bucket(
            R2ImageStore(lambda: client, "images", lambda: client),
            R2PresignedUrls(endpoint, "images", lambda: ("id", "secret")),
            http,
            endpoint,
            "images",
            "https://images.test",
            "ai-enhancer/",
            pause=lambda _: None,
        )


def verdict(findings, what):
    [found] = [row for row in findings.rows if row.what.startswith(what)]
    return found.verdict


def test_a_bucket_that_enforces_nothing_differs(bucket, findings):
    check_uploads(bucket, findings)
    for what in ("a byte more", "a byte fewer", "another content-type", "another cache-control", "if-none-match left"):
        assert verdict(findings, f"presigned PUT, {what}") == "differs"
    assert verdict(findings, "presigned PUT, another x-amz-meta-upload") == "differs"
    for what in ("x-amz-copy-source,", "x-amz-copy-source and", "x-amz-acl", "x-amz-tagging", "x-amz-website-redirect"):
        assert verdict(findings, f"presigned PUT with unsigned {what}") == "differs"
        assert verdict(findings, f"object after unsigned {what}") == "differs"
    assert verdict(findings, "object after the refused PUTs") == "differs"
    assert verdict(findings, "presigned PUT as signed") == "holds"
    assert verdict(findings, "the same PUT again") == "holds"


@pytest.mark.parametrize(("answer", "says"), [(EXPIRED, "holds"), (403, "holds"), (200, "differs"), (500, "differs")])
def test_an_upload_after_its_time_is_refused_as_r2_or_another_server_does(bucket, findings, monkeypatch, answer, says):
    presign, put, short = Bucket.presign, Bucket.put, []

    def presigned(self, key, seconds=600):
        upload = presign(self, key, seconds=seconds)
        short.extend([upload.url] if seconds == 1 else [])
        return upload

    def late(self, upload, *arguments, **headers):
        return answer if upload.url in short else put(self, upload, *arguments, **headers)

    monkeypatch.setattr(Bucket, "presign", presigned)
    monkeypatch.setattr(Bucket, "put", late)
    check_uploads(bucket, findings)
    assert verdict(findings, "presigned PUT after its time") == says


def test_a_bucket_without_cors_differs(bucket, findings):
    check_cors(bucket, findings)
    assert verdict(findings, "CORS preflight of the page's PUT") == "differs"


def test_objects_are_looked_at_and_all_are_deleted(bucket, findings):
    bucket.images.write("ai-enhancer/uploads/guest/other/x", b"x", "image/png", "no-store")
    check_objects(bucket, findings)
    clear(bucket, findings)
    assert findings.differing == 0, findings.rows
    assert [stored.key for stored in bucket.images.list("")] == ["ai-enhancer/uploads/guest/other/x"]


def test_a_clean_up_that_fails_says_where_something_lies(bucket, findings):
    boto3.client("s3").delete_bucket(Bucket="images")
    clear(bucket, findings)
    [row] = findings.rows
    assert (row.verdict, row.seen) == ("differs", "NoSuchBucket (ListObjectsV2)")
    assert bucket.folder in row.what


def test_ctrl_c_shows_no_trace(tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("operate.verify_live.__main__.verify", interrupted)
    desk = Scripted("y")
    assert main(ENVIRONMENT, desk, tmp_path / "verified.md") == 1
    assert desk.lines == ["Interrupted; what was created is cleaned up."]
    assert not (tmp_path / "verified.md").exists()


class Picky(FakeProvider):
    """Knows some versions, and makes no run of an empty input; where it is `careless` it does."""

    def __init__(self, *known: str, careless: bool = False) -> None:
        super().__init__()
        self.known = known
        self.careless = careless

    def create(self, version, inputs, webhook):
        if version not in self.known:
            raise Refused("HTTP 422: Invalid version or not permitted")
        if not self.careless:
            raise Refused("HTTP 422: Input validation failed")
        return super().create(version, inputs, webhook)


HASH = "a" * 64


def versions_of(provider, findings, allowed):
    runs = Runs(provider, "https://images.test/", pause=lambda _: None)
    check_versions(runs, lambda _: [HASH], allowed_models(allowed), findings)
    return runs


def test_a_configured_version_that_is_not_taken_differs(findings):
    pinned = f"nightmareai/real-esrgan:{models()['nightmareai/real-esrgan'].version}"
    versions_of(Picky(pinned), findings, ["nightmareai/real-esrgan", f"tencentarc/gfpgan:{'b' * 64}"])
    assert verdict(findings, "nightmareai/real-esrgan: version as owner/name:f121d640…, as configured") == "holds"
    assert verdict(findings, "tencentarc/gfpgan: version as owner/name:bbbbbbbb…, as configured") == "differs"
    assert verdict(findings, "tencentarc/gfpgan: version as aaaaaaaa…") == "noted"


def test_a_run_made_of_nothing_counts_as_taken_and_is_ended(findings):
    provider = Picky(f"nightmareai/real-esrgan:{models()['nightmareai/real-esrgan'].version}", careless=True)
    runs = versions_of(provider, findings, ["nightmareai/real-esrgan"])
    assert verdict(findings, "nightmareai/real-esrgan: version as owner/name:f121d640…, as configured") == "holds"
    assert len(provider.runs) == 1
    provider.cancel = lambda run_id: provider.finish(run_id, "canceled")
    runs.clear(findings)
    assert findings.differing == 0, findings.rows


def test_throttling_that_does_not_end_is_given_up():
    provider, waited = FakeProvider(), []
    provider.answers.extend(Throttled(7) for _ in range(6))
    with pytest.raises(Throttled):
        Runs(provider, "https://images.test/", waited.append).create("nightmareai/real-esrgan", INPUTS)
    assert waited == [7.5] * 5


def test_a_run_that_does_not_end_is_said_to_be_left(findings):
    provider = FakeProvider()
    runs = Runs(provider, "https://images.test/", lambda _: None)
    run = runs.create("nightmareai/real-esrgan", INPUTS)
    with pytest.raises(ProviderError):
        runs.end(run)
    runs.clear(findings)
    assert verdict(findings, f"the open run {run.id} ends") == "differs"


@pytest.mark.parametrize("name", ["R2_ENDPOINT", "R2_SECRET_ACCESS_KEY", "REPLICATE_API_TOKEN", "PUBLIC_BASE_URL"])
def test_what_is_missing_is_named_in_one_sentence(name, tmp_path):
    desk = Scripted()
    environment = {key: value for key, value in ENVIRONMENT.items() if key != name}
    assert main(environment, desk, tmp_path / "verified.md") == 1
    assert desk.lines == [f"Missing in the environment: {name} (.env.example says what each is)."]
    assert list(tmp_path.iterdir()) == []


def test_all_that_is_missing_is_named_at_once():
    with pytest.raises(OperatorError) as problem:
        read_accounts({"R2_ENDPOINT": " "})
    assert str(problem.value) == (
        "Missing in the environment: R2_ENDPOINT, R2_AI_IMAGES_BUCKET, R2_ACCESS_KEY_ID, R2_SECRET_ACCESS_KEY, "
        "REPLICATE_API_TOKEN, PUBLIC_BASE_URL (.env.example says what each is)."
    )


@pytest.mark.parametrize(
    "names", [("REPLICATE_API_TOKEN",), ("R2_ACCESS_KEY_ID", "R2_SECRET_ACCESS_KEY"), ("REPLICATE_WEBHOOK_SECRET",)]
)
def test_names_of_the_parameter_store_are_not_taken_for_values(names):
    with pytest.raises(OperatorError) as problem:
        read_accounts({**ENVIRONMENT, **{name: f"/image-enhancer-dev/{name}" for name in names}})
    assert str(problem.value) == (
        f"These need the values themselves, not names in the parameter store: {', '.join(names)}."
    )


def test_a_wrong_list_of_models_is_said(tmp_path):
    desk = Scripted()
    assert main({**ENVIRONMENT, "ALLOWED_MODELS": "who/what", "YES": "1"}, desk, tmp_path / "x.md") == 1
    assert desk.said.startswith("ALLOWED_MODELS: 'who/what'")


@pytest.mark.parametrize("answer", ["", "n", "no"])
def test_nothing_is_spent_without_a_yes(answer, tmp_path):
    desk = Scripted(answer)
    assert main(ENVIRONMENT, desk, tmp_path / "verified.md") == 1  # a socket would fail: there is no such account
    assert desk.lines == ["Nothing was done."]


def test_defaults_are_the_templates_and_keys_are_not_shown():
    accounts = read_accounts(ENVIRONMENT)
    declared = read_template(ROOT / "template.yaml")["Parameters"]
    assert accounts == Accounts(
        endpoint=ENVIRONMENT["R2_ENDPOINT"],
        public_endpoint=ENVIRONMENT["R2_ENDPOINT"],
        bucket="images",
        prefix=declared["R2Prefix"]["Default"],
        key_id="the-key-id",
        secret="the-secret-key",
        origin="https://images.test",
        replicate_url=declared["ReplicateBaseUrl"]["Default"],
        token="r8_the_token",
        webhook_secrets=(),
        output_hosts=tuple(declared["ReplicateOutputHosts"]["Default"].split(",")),
        allowed_models=tuple(declared["AllowedModels"]["Default"].split(",")),
    )
    assert not accounts.local
    assert not [value for value in ("the-key-id", "the-secret-key", "r8_the_token") if value in repr(accounts)]


def test_what_is_given_counts_before_the_templates_defaults():
    given = {
        "R2_ENDPOINT": " https://r2.test/X/ ",
        "R2_PUBLIC_ENDPOINT": "https://images.test/X/",
        "R2_AI_IMAGES_BUCKET": "b",
        "AI_R2_PREFIX": "p/",
        "R2_ACCESS_KEY_ID": "k",
        "R2_SECRET_ACCESS_KEY": "s",
        "PUBLIC_BASE_URL": "https://images.test/X/",
        "REPLICATE_BASE_URL": "http://127.0.0.1:1/X/",
        "REPLICATE_API_TOKEN": "t",
        "REPLICATE_WEBHOOK_SECRET": "whsec_a whsec_b",
        "REPLICATE_OUTPUT_HOSTS": "a.test,b.test",
        "ALLOWED_MODELS": "a/b,c/d",
    }
    accounts = read_accounts(given)
    assert accounts == Accounts(
        endpoint="https://r2.test/X",
        public_endpoint="https://images.test/X",
        bucket="b",
        prefix="p/",
        key_id="k",
        secret="s",
        origin="https://images.test/X",
        replicate_url="http://127.0.0.1:1/X",
        token="t",
        webhook_secrets=("whsec_a", "whsec_b"),
        output_hosts=("a.test", "b.test"),
        allowed_models=("a/b", "c/d"),
    )
    assert accounts.local


def test_a_stage_is_looked_at_by_its_own_settings_and_secrets(monkeypatch, tmp_path):
    stage = read_stage("staging")
    names = ("r2-access-key-id", "r2-secret-access-key", "replicate-api-token", "replicate-webhook-secret")
    asked = []

    def load_all(client, of):
        asked.append((client, of))
        return {name: f"the {name}" for name in names}

    monkeypatch.setattr("operate.verify_live.accounts.load_all", load_all)
    monkeypatch.setattr(
        "operate.verify_live.accounts.known_address",
        lambda of, clients: f"https://{of.name}.test" if clients is client_of else None,
    )

    def client_of(service):
        return f"client of {service}"

    parameters = stage.parameters
    expected = {
        "R2_ENDPOINT": parameters["R2Endpoint"],
        "R2_PUBLIC_ENDPOINT": parameters["R2PublicEndpoint"],
        "R2_AI_IMAGES_BUCKET": parameters["R2Bucket"],
        "AI_R2_PREFIX": parameters["R2Prefix"],
        "R2_ACCESS_KEY_ID": "the r2-access-key-id",
        "R2_SECRET_ACCESS_KEY": "the r2-secret-access-key",
        "REPLICATE_API_TOKEN": "the replicate-api-token",
        "REPLICATE_WEBHOOK_SECRET": "the replicate-webhook-secret",
        "REPLICATE_BASE_URL": parameters["ReplicateBaseUrl"],
        "REPLICATE_OUTPUT_HOSTS": parameters["ReplicateOutputHosts"],
        "ALLOWED_MODELS": parameters["AllowedModels"],
        "PUBLIC_BASE_URL": "https://staging.test",
    }
    assert environment_of(stage, client_of) == expected
    assert asked == [("client of ssm", stage)]

    class Session:
        def __init__(self, region_name):
            self.region_name = region_name
            self.client = client_of

    regions = []
    monkeypatch.setattr("boto3.Session", lambda region_name: regions.append(region_name) or Session(region_name))
    seen = []
    monkeypatch.setattr(
        "operate.verify_live.__main__.verify", lambda accounts, _: seen.append(accounts) or Findings(print)
    )
    endpoint = {"R2_ENDPOINT": "https://overridden.test", "R2_AI_IMAGES_BUCKET": "overridden"}
    asked.clear()
    assert main({**endpoint, "ENV": "staging", "YES": "1"}, Scripted(), tmp_path / "x.md") == 0
    assert seen == [read_accounts(expected)]
    assert regions == [stage.region]
    assert not (tmp_path / "x.md").exists()


def test_a_stage_without_an_address_is_not_looked_at(monkeypatch):
    monkeypatch.setattr("operate.verify_live.accounts.load_all", lambda *_: defaultdict(str))
    monkeypatch.setattr("operate.verify_live.accounts.known_address", lambda *_: None)
    assert environment_of(read_stage("dev"), lambda _: None)["PUBLIC_BASE_URL"] == ""


@pytest.mark.parametrize("answer", ["y", "Y", "yes", "YES"])
def test_a_yes_is_a_yes(answer, tmp_path, monkeypatch):
    findings = Findings(lambda _: None)
    findings.compare("one", 1, 2)
    findings.compare("two", 1, 2)
    monkeypatch.setattr("operate.verify_live.__main__.verify", lambda *_: findings)
    desk = Scripted(answer)
    assert main(ENVIRONMENT, desk, tmp_path / "x.md") == 1
    assert desk.lines == ["2 of 2 differ"]
    assert not (tmp_path / "x.md").exists(), "no service answered, so an older table is worth more"


def test_what_aws_says_is_said(tmp_path, monkeypatch):
    def refused(*_):
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetParameters")

    monkeypatch.setattr("operate.verify_live.__main__.environment_of", refused)
    desk = Scripted()
    assert main({"ENV": "dev"}, desk, tmp_path / "x.md") == 1
    assert desk.lines == ["AWS: An error occurred (AccessDenied) when calling the GetParameters operation: no"]


def test_the_table_is_dated_and_its_cells_hold():
    rows = [Finding("a|b", "x\ny", "<b>", "differs"), Finding("c", "", "d", "noted")]
    written = table(rows, datetime(2026, 11, 23, 8, 5, tzinfo=UTC))
    assert "## 2026-11-23 08:05 UTC: 0 holds, 1 differs, 1 noted, 0 not tried" in written
    assert "| a\\|b | x y | &lt;b> | differs |" in written


def test_one_of_several_may_be_seen(findings):
    findings.compare("status", frozenset({"aborted", "canceled"}), "aborted")
    findings.compare("status of another", frozenset({"aborted", "canceled"}), "failed")
    assert [row.verdict for row in findings.rows] == ["holds", "differs"]
    assert findings.rows[0].expected == "aborted or canceled"


def test_a_part_that_fails_ends_alone(findings):
    with findings.part("runs"):
        raise OutcomeUnknown("ReadTimeout of https://r2.test/x?X-Amz-Signature=s")
    assert findings.rows[0].seen == "OutcomeUnknown: ReadTimeout of [redacted URL]"
