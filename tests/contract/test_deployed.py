"""`make doctor` while something of a deployed stage is broken, each outage by itself; AWS is moto."""

import dataclasses
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
import requests
from botocore.stub import Stubber

from enhancer import http_api
from operate.deployed import api, deployed
from operate.doctor import concurrency, queue_concurrency
from operate.finding import Finding
from operate.stage import Stage, read_stage
from tests.contract.conftest import boto_session
from tests.contract.test_deploy import ADDRESS, distribution_config, small_stack
from tests.transport import Answer, session

OK: Answer = (200, {"content-type": "application/json"}, b'{"success": true, "data": {}}')
FUNCTIONS = {"Start": "job-start", "Completion": "job-completion", "Retention": "retention"}
CORS = {"Access-Control-Allow-Origin": ADDRESS}


def refused(origin_secrets: list[str]) -> Answer:
    """What our functions answer to a request that did not come through the distribution."""
    event = {
        "rawPath": "/api/ai-image/usage", "routeKey": "ANY /api/ai-image/usage", "headers": {}, "rawQueryString": "",
        "requestContext": {"http": {"method": "GET", "sourceIp": "192.0.2.1"}, "requestId": "the-request"},
    }  # fmt: skip
    answer = http_api.serve(http_api.Routes(), lambda: origin_secrets)(event, None)
    return answer["statusCode"], answer["headers"], answer["body"].encode()


class Installation:
    """A deployed stage in moto, all of it well; what is asked by address is answered by path."""

    def __init__(self) -> None:
        read = read_stage("dev")
        filled = {**read.parameters, "R2Endpoint": "https://1a2b.r2.cloudflarestorage.com"}
        self.stage = dataclasses.replace(read, region="us-east-1", parameters=filled)
        self.origin_secrets = "newest older"
        self.answers: dict[str, Answer | Exception] = {}
        self.http, self.asked = session(self._answer)
        cloudfront = self.clients("cloudfront")
        made = cloudfront.create_distribution(DistributionConfig=distribution_config("newest"))
        self.distribution = made["Distribution"]["Id"]
        self._make_queues()
        self._make_stack()

    def clients(self, service: str) -> Any:
        return boto_session().client(service)  # type: ignore[call-overload]

    def _answer(self, request: requests.PreparedRequest) -> Answer | Exception:
        if request.method == "OPTIONS":
            return 200, CORS, b""
        return self.answers.get(str(request.url).partition("?")[0].removeprefix(ADDRESS), OK)

    def _make_queues(self) -> None:
        sqs, client = self.clients("sqs"), self.clients("lambda")
        policy = json.dumps({"Version": "2012-10-17", "Statement": []})
        role = self.clients("iam").create_role(RoleName="r", AssumeRolePolicyDocument=policy)["Role"]["Arn"]
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as written:
            written.writestr("app.py", "")
        self.urls: dict[str, str] = {}
        self.mappings: dict[str, str] = {}
        for queue, function in FUNCTIONS.items():
            for suffix in ("QueueUrl", "DeadLettersUrl"):
                name = f"{queue}{suffix.removesuffix('Url')}"
                self.urls[f"{queue}{suffix}"] = sqs.create_queue(QueueName=name)["QueueUrl"]
            client.create_function(
                FunctionName=f"image-enhancer-dev-{function}", Runtime="python3.13", Role=role, Handler="app.handler",
                Code={"ZipFile": archive.getvalue()},
            )  # fmt: skip
            arn = f"arn:aws:sqs:us-east-1:123456789012:{queue}Queue"
            mapping = client.create_event_source_mapping(
                EventSourceArn=arn, FunctionName=f"image-enhancer-dev-{function}"
            )
            self.mappings[queue] = mapping["UUID"]

    def _make_stack(self) -> None:
        template = json.loads(small_stack(ADDRESS, self.distribution))
        template["Parameters"] = {name: {"Type": "String"} for name in (*self.stage.parameters, "PublicBaseUrl")}
        template["Outputs"] |= {name: {"Value": url} for name, url in self.urls.items()}
        given = {**self.stage.parameters, "PublicBaseUrl": ADDRESS}
        parameters = [{"ParameterKey": name, "ParameterValue": value} for name, value in given.items()]
        self.clients("cloudformation").create_stack(
            StackName=self.stage.stack, TemplateBody=json.dumps(template), Parameters=parameters
        )

    def findings(self) -> list[Finding]:
        return list(deployed(self.stage, self.clients, self.http, self.origin_secrets))

    def wrong(self) -> dict[str, str]:
        return {str(each).partition(each.what)[0] + each.what: each.mend for each in self.findings() if each.mend}


@pytest.fixture
def installation(aws: None) -> Installation:  # noqa: ARG001 - it is there
    return Installation()


def test_all_is_well(installation: Installation) -> None:
    assert [each.what for each in installation.findings()] == [
        "image-enhancer-dev is deployed with what samconfig.toml says",
        "the distribution sends the newest origin secret",
        f"{ADDRESS}/api/health answers",
        f"{ADDRESS}/api/ai-image/usage answers: secrets and UsageTable",
        f"{ADDRESS}/api/ai-image/uploads answers: R2's keys",
        f"{ADDRESS}/api/ai-image/jobs answers: JobsTable",
        "six queues, and no dead letters",
        "each queue is read by its function",
        "R2 takes uploads from the page",
    ]
    assert installation.wrong() == {}
    assert "newest" not in str([request.url for request in installation.asked.requests])


def test_without_a_stack_there_is_one_line(installation: Installation) -> None:
    installation.clients("cloudformation").delete_stack(StackName=installation.stage.stack)
    assert [str(each) for each in installation.findings()] == [
        "ok    image-enhancer-dev is not deployed yet; make deploy ENV=dev"
    ]


def test_a_distribution_that_sends_a_replaced_secret_is_the_first_thing_said(installation: Installation) -> None:
    """The way into it by following the documents is closed; deleting a parameter by hand is another."""
    installation.origin_secrets = "newest-of-all newest-but-one"
    installation.answers["/api/ai-image/usage"] = refused(["newest-of-all"])
    wrong = installation.wrong()
    [secret] = [what for what in wrong if what.startswith("WRONG the distribution sends an origin secret")]
    [seen] = [what for what in wrong if "/api/ai-image/usage" in what]
    assert "functions refuse what comes through the distribution (403: Requests must come through" in seen
    assert wrong[secret] == "make deploy ENV=dev"
    assert wrong[seen].startswith("make deploy ENV=dev")
    assert "newest" not in secret.replace("newest of", "")
    installation.origin_secrets = "later newest"
    assert "hint  the distribution does not send the newest origin secret" in installation.wrong()


@pytest.mark.parametrize(
    ("path", "answer", "seen", "mend"),
    [
        (
            "/api/ai-image/usage",
            (500, {"x-request-id": "abc="}, b'{"success": false, "error": {"type": "internal_error", "message": "x"}}'),
            "job_status fails (500); behind it: secrets and UsageTable",
            "see the log /aws/lambda/image-enhancer-dev-job-status, request abc=",
        ),
        (
            "/api/ai-image/uploads",
            (500, {}, b'{"success": false, "error": {"type": "internal_error", "message": "x"}}'),
            "upload_intake fails (500); behind it: R2's keys",
            "see the log /aws/lambda/image-enhancer-dev-upload-intake",
        ),
        (
            "/api/ai-image/jobs",
            (500, {}, b'{"success": false, "error": {"type": "internal_error", "message": "x"}}'),
            "job_status fails (500); behind it: JobsTable",
            "see the log /aws/lambda/image-enhancer-dev-job-status",
        ),
        ("/api/ai-image/usage", (500, {}, b'{"message":"Internal Server Error"}'), "it does not start", "see the log"),
        ("/api/ai-image/usage", (503, {}, b'{"message":"Service Unavailable"}'), "503 of the gateway", "concurrent"),
        ("/api/ai-image/usage", (404, {}, b'{"message":"Not Found"}'), "no function has this route", "make deploy"),
        ("/api/ai-image/usage", (403, {}, b"<html>Request blocked.</html>"), "CloudFront refuses (403)", "firewall"),
        ("/api/health", (502, {}, b"<html>"), "CloudFront can't reach the API (502)", "the stack's events"),
        ("/api/health", (504, {}, b"<html>"), "does not answer CloudFront in time (504)", "see the log"),
        ("/api/health", (301, {"location": "https://x.test/"}, b""), "not ours (HTTP 301)", "check its DNS record"),
        ("/api/health", (200, {}, b"<html>parked</html>"), "not ours (HTTP 200)", "check its DNS record"),
        ("/api/health", requests.ConnectionError("x"), "does not answer (ConnectionError)", "a new distribution takes"),
    ],
)
def test_each_outage_has_a_sentence_of_its_own(
    installation: Installation, path: str, answer: Answer | Exception, seen: str, mend: str
) -> None:
    installation.answers[path] = answer
    [(what, how)] = installation.wrong().items()
    assert what.startswith(f"WRONG {ADDRESS}{path}")
    assert seen in what
    assert mend in how
    assert "\n" not in what + how


def test_a_limit_that_is_reached_is_no_outage(installation: Installation) -> None:
    body = b'{"success": false, "error": {"type": "rate_limited", "message": "x"}}'
    installation.answers["/api/ai-image/uploads"] = (429, {}, body)
    [what] = installation.wrong()
    assert what.startswith("hint ")
    installation.answers["/api/ai-image/uploads"] = (429, {}, b'{"message":"Too Many Requests"}')
    [what] = installation.wrong()
    assert "the API's limit is reached" in what


def test_dead_letters_and_lost_queues_are_named(installation: Installation) -> None:
    sqs = installation.clients("sqs")
    sqs.send_message(QueueUrl=installation.urls["CompletionDeadLettersUrl"], MessageBody="{}")
    sqs.delete_queue(QueueUrl=installation.urls["StartQueueUrl"])
    wrong = installation.wrong()
    assert wrong["WRONG 1 dead letters of completion"] == (
        "docs/operations.md#completion-dead-letters, then: make redrive QUEUE=completion STACK=image-enhancer-dev"
    )
    [lost] = [what for what in wrong if what.startswith("WRONG StartQueue can't be read")]
    assert wrong[lost] == "make deploy ENV=dev"


def test_a_mapping_that_is_switched_off_is_named_with_the_command(installation: Installation) -> None:
    client = installation.clients("lambda")
    client.update_event_source_mapping(UUID=installation.mappings["Start"], Enabled=False)
    client.delete_event_source_mapping(UUID=installation.mappings["Completion"])
    wrong = installation.wrong()
    [off] = [what for what in wrong if "image-enhancer-dev-job-start does not read its queue" in what]
    assert wrong[off].endswith(f"--uuid {installation.mappings['Start']} --enabled")
    assert "WRONG image-enhancer-dev-job-completion has no mapping to its queue" in wrong
    assert len(wrong) == 2


def test_functions_that_are_not_there_are_named(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    stubber = Stubber(client := boto_session().client("lambda"))
    for _ in FUNCTIONS:
        stubber.add_client_error("list_event_source_mappings", "ResourceNotFoundException")
    stubber.activate()
    usual = installation.clients
    monkeypatch.setattr(installation, "clients", lambda name: client if name == "lambda" else usual(name))
    wrong = installation.wrong()
    assert set(wrong) == {
        f"WRONG image-enhancer-dev-{each} can't be read (ResourceNotFoundException)" for each in FUNCTIONS.values()
    }


def test_what_is_configured_is_compared_with_what_is_deployed(installation: Installation) -> None:
    changed = {**installation.stage.parameters, "SpendCeiling": "7", "Later": "x"}
    installation.stage = dataclasses.replace(installation.stage, parameters=changed)
    wrong = installation.wrong()
    assert wrong["hint  SpendCeiling is '7', and image-enhancer-dev is deployed with '100'"] == "make deploy ENV=dev"
    assert "hint  Later is 'x', and image-enhancer-dev is deployed without it" in wrong


def test_a_deployment_that_broke_off_between_its_two_passes_is_said(installation: Installation) -> None:
    [stack] = installation.clients("cloudformation").describe_stacks()["Stacks"]
    given = [
        {**each, "ParameterValue": "https://not-yet.invalid"} if each["ParameterKey"] == "PublicBaseUrl" else each
        for each in stack["Parameters"]
    ]
    installation.clients("cloudformation").update_stack(
        StackName=installation.stage.stack, UsePreviousTemplate=True, Parameters=given
    )
    [what] = installation.wrong()
    assert what == f"WRONG the functions take https://not-yet.invalid for the address, and it is {ADDRESS}"


def test_only_a_guests_requests_are_counted(installation: Installation) -> None:
    """An upload is signed by its size and type and never made; no job, no file, no money."""
    list(api(installation.stage, ADDRESS, installation.http))
    assert [(each.method, each.path_url) for each in installation.asked.requests] == [
        ("GET", "/api/health"),
        ("GET", "/api/ai-image/usage"),
        ("POST", "/api/ai-image/uploads"),
        ("GET", "/api/ai-image/jobs?limit=1"),
    ]
    assert {each.headers["Origin"] for each in installation.asked.requests} == {ADDRESS}


def limited(concurrent: int, unreserved: int) -> Callable[[str], Any]:
    """A Lambda that answers with these limits, in the form of botocore's model."""
    client = boto_session().client("lambda")
    stubber = Stubber(client)
    limit = {"ConcurrentExecutions": concurrent, "UnreservedConcurrentExecutions": unreserved}
    stubber.add_response("get_account_settings", {"AccountLimit": limit})
    stubber.activate()
    return lambda _: client


@pytest.mark.parametrize(
    ("concurrent", "unreserved", "webhook", "hints"),
    [
        (1000, 1000, "0", []),
        (10, 10, "0", ["queues may take 17 of the account's 10"]),
        (1000, 104, "5", ["WebhookConcurrency is 5; 104 of 1000"]),
        (1000, 105, "5", []),
    ],
)
@pytest.mark.usefixtures("aws")
def test_the_accounts_concurrency_is_compared_with_what_the_template_takes(
    concurrent: int,
    unreserved: int,
    webhook: str,
    hints: list[str],
) -> None:
    read = read_stage("dev")
    own = {"WebhookConcurrency": webhook, "StartConcurrency": "5", "CompletionConcurrency": "10"}
    stage: Stage = dataclasses.replace(read, parameters={**read.parameters, **own})
    assert queue_concurrency(stage) == 17
    found = [each for each in concurrency(stage, limited(concurrent, unreserved)) if each.mend]
    assert [each.what[: len(hint)] for each, hint in zip(found, hints, strict=True)] == hints
    assert not [each for each in found if each.needed], "a hint: an account may have a large limit for few people"
