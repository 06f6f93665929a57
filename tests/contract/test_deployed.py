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

from enhancer.http.routing import Routes, http_handler
from operate.deployed import SECONDS, api, deployed
from operate.doctor import concurrency, queue_concurrency
from operate.finding import Finding
from operate.stage import Stage, read_stage
from tests.contract.conftest import boto_session, template_yaml
from tests.contract.test_deploy import ADDRESS, distribution_config, small_stack
from tests.transport import Answer, session

OK: Answer = (200, {"content-type": "application/json"}, b'{"success": true, "data": {}}')
FUNCTIONS = {"Start": "job-start", "Completion": "job-completion", "Retention": "retention"}
CORS = {"Access-Control-Allow-Origin": ADDRESS}
DEPLOY = "make deploy ENV=dev"
WELL = 9
"""Findings where all is well."""


def refused(origin_secrets: list[str]) -> Answer:
    """What our functions answer to a request that did not come through the distribution."""
    event = {
        "rawPath": "/api/ai-image/usage", "routeKey": "ANY /api/ai-image/usage", "headers": {}, "rawQueryString": "",
        "requestContext": {"http": {"method": "GET", "sourceIp": "192.0.2.1"}, "requestId": "the-request"},
    }  # fmt: skip
    answer = http_handler(Routes(), lambda: origin_secrets)(event, None)
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
        self.make_stack()

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

    def make_stack(self) -> None:
        """The stack anew, with the outputs and the distribution that are there now."""
        template = json.loads(small_stack(ADDRESS, self.distribution))
        names = (*self.stage.parameters, "PublicBaseUrl")
        template["Parameters"] = {name: {"Type": "String", "NoEcho": name == "OriginSecret"} for name in names}
        template["Outputs"] |= {name: {"Value": url} for name, url in self.urls.items()}
        given = {**self.stage.parameters, "PublicBaseUrl": ADDRESS, "OriginSecret": "newest"}
        parameters = [{"ParameterKey": name, "ParameterValue": value} for name, value in given.items()]
        cloudformation = self.clients("cloudformation")
        cloudformation.delete_stack(StackName=self.stage.stack)
        cloudformation.create_stack(
            StackName=self.stage.stack, TemplateBody=json.dumps(template), Parameters=parameters
        )

    def findings(self) -> list[Finding]:
        return list(deployed(self.stage, self.clients, self.http, self.origin_secrets))

    def wrong(self) -> list[Finding]:
        return [each for each in self.findings() if each.fix]

    def asked_of_the_api(self) -> list[str]:
        """The paths below the address that were asked for, in order."""
        urls = [str(each.url) for each in self.asked.requests]
        return [url.removeprefix(ADDRESS).partition("?")[0] for url in urls if url.startswith(ADDRESS)]


@pytest.fixture
def installation(aws: None) -> Installation:  # noqa: ARG001 - it is there
    return Installation()


def test_all_is_well(installation: Installation) -> None:
    assert [each.what for each in installation.findings()] == [
        "image-enhancer-dev is deployed with the parameters of samconfig.toml",
        "the distribution sends the newest origin secret",
        f"{ADDRESS}/api/health answers",
        f"{ADDRESS}/api/ai-image/usage answers: secrets and UsageTable",
        f"{ADDRESS}/api/ai-image/uploads answers: R2's keys",
        f"{ADDRESS}/api/ai-image/jobs answers: JobsTable",
        "six queues, and no dead letters",
        "each queue is read by its function",
        "R2 accepts uploads from the page",
    ]
    assert installation.wrong() == []
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
    assert installation.wrong() == [
        Finding(
            "the distribution sends an origin secret that is no longer stored, so that within five minutes functions "
            "reject (403) all requests except /api/health and the webhook",
            DEPLOY,
        ),
        Finding(
            f"{ADDRESS}/api/ai-image/usage: functions reject requests from the distribution (403: Requests must "
            "be sent to the public address.)",
            f"{DEPLOY}, so that it sends the stored origin secret and knows its address",
        ),
    ]
    installation.origin_secrets = "later newest"
    installation.answers.clear()
    assert installation.wrong() == [
        Finding("the distribution does not send the newest origin secret", DEPLOY, needed=False)
    ]


def test_what_is_not_sent_or_stored_yet_is_not_compared(installation: Installation) -> None:
    installation.origin_secrets = ""
    assert installation.wrong() == [], "that secrets are missing is said of them"
    assert len(installation.findings()) == WELL - 1
    installation.origin_secrets, installation.distribution = "newest older", ""
    installation.make_stack()
    assert installation.wrong() == []
    assert len(installation.findings()) == WELL - 1


OURS = b'{"success": false, "error": {"type": "a_type", "message": "What happened."}}'
LOG = "see the log /aws/lambda/image-enhancer-dev"
LATER = "try again in a minute"
DNS = "the address may point elsewhere: check its DNS record"
HEALTH, USAGE, UPLOADS, JOBS = "/api/health", "/api/ai-image/usage", "/api/ai-image/uploads", "/api/ai-image/jobs"


@pytest.mark.parametrize(
    ("path", "answer", "seen", "fix"),
    [
        # a function
        (
            USAGE,
            (500, {"x-request-id": "abc="}, OURS),
            "job_status fails (500); it uses: secrets and UsageTable",
            f"{LOG}-job-status, request abc=",
        ),
        (UPLOADS, (500, {}, OURS), "upload_intake fails (500); it uses: R2's keys", f"{LOG}-upload-intake"),
        (JOBS, (500, {}, OURS), "job_status fails (500); it uses: JobsTable", f"{LOG}-job-status"),
        (HEALTH, (500, {}, OURS), "job_status fails (500); it uses: nothing", f"{LOG}-job-status"),
        (UPLOADS, (400, {}, OURS), "upload_intake answers 400 (a_type: What happened.)", f"{LOG}-upload-intake"),
        # the gateway
        (
            USAGE,
            (500, {}, b'{"message":"Internal Server Error"}'),
            "job_status gives no response (500 from the gateway): it does not start, or is throttled",
            f"{LOG}-job-status",
        ),
        (
            USAGE,
            (503, {}, b'{"message":"Service Unavailable"}'),
            "job_status is too slow or throttled (503 from the gateway)",
            f"compare the account's concurrent executions with its use; {LOG}-job-status",
        ),
        (USAGE, (404, {}, b'{"message":"Not Found"}'), "no function has this route (404)", "make deploy ENV=dev"),
        # CloudFront
        (
            USAGE,
            (403, {}, b"<html>Request blocked.</html>"),
            "CloudFront rejects the request (403)",
            "check the distribution for a firewall or a country restriction",
        ),
        (
            HEALTH,
            (502, {}, b"<html>"),
            "CloudFront can't reach the API (502)",
            "make deploy ENV=dev; then see the stack's events",
        ),
        (HEALTH, (504, {}, b"<html>"), "the API does not answer CloudFront in time (504)", f"{LOG}-job-status"),
        # another server at the address
        (
            HEALTH,
            (301, {"location": "https://x.test/"}, b""),
            "a response that is not this installation's (HTTP 301)",
            DNS,
        ),
        (HEALTH, (200, {}, b"<html>parked</html>"), "a response that is not this installation's (HTTP 200)", DNS),
        (HEALTH, (200, {}, b'["success"]'), "a response that is not this installation's (HTTP 200)", DNS),
        (HEALTH, (300, {}, OK[2]), "a response that is not this installation's (HTTP 300)", DNS),
    ],
)
def test_each_outage_has_a_sentence_of_its_own(
    installation: Installation, path: str, answer: Answer, seen: str, fix: str
) -> None:
    installation.answers[path] = answer
    assert installation.wrong() == [Finding(f"{ADDRESS}{path}: {seen}", fix)]
    asked = installation.asked_of_the_api()
    assert asked == ([HEALTH] if path == HEALTH else [HEALTH, USAGE, UPLOADS, JOBS]), "without health nothing answers"


def test_an_address_that_does_not_answer_is_asked_once(installation: Installation) -> None:
    installation.answers[HEALTH] = requests.ConnectionError("x")
    what = f"{ADDRESS}{HEALTH} does not answer (ConnectionError)"
    assert installation.wrong() == [Finding(what, "a new distribution takes some minutes")]
    assert installation.asked_of_the_api() == [HEALTH]
    own = {"DomainName": "images.example.com", "CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/1a"}
    stage = dataclasses.replace(installation.stage, parameters={**installation.stage.parameters, **own})
    assert list(api(stage, ADDRESS, installation.http)) == [Finding(what, "its DNS record may be missing")]


@pytest.mark.parametrize(
    ("body", "seen"),
    [
        (OURS, "upload_intake has reached its rate limit for this IP address (429)"),
        (b'{"message":"Too Many Requests"}', "the API's limit is reached (429: RequestRate, RequestBurst)"),
    ],
)
def test_a_limit_that_is_reached_is_no_outage(installation: Installation, body: bytes, seen: str) -> None:
    installation.answers[UPLOADS] = (429, {}, body)
    assert installation.wrong() == [Finding(f"{ADDRESS}{UPLOADS}: {seen}", LATER, needed=False)]


def test_dead_letters_and_lost_queues_are_named(installation: Installation) -> None:
    sqs = installation.clients("sqs")
    for queue in ("Start", "Completion"):
        sqs.send_message(QueueUrl=installation.urls[f"{queue}DeadLettersUrl"], MessageBody="{}")
    sqs.delete_queue(QueueUrl=installation.urls["StartQueueUrl"])
    found = installation.findings()
    assert [each for each in found if each.fix] == [
        Finding("StartQueue can't be read (AWS.SimpleQueueService.NonExistentQueue)", DEPLOY),
        *(
            Finding(
                f"1 dead letters of {name}",
                f"docs/operations.md#{name}-dead-letters, then: make redrive QUEUE={name} STACK=image-enhancer-dev",
            )
            for name in ("start", "completion")
        ),
    ]
    assert "six queues, and no dead letters" not in {each.what for each in found}


def test_a_queue_that_the_stack_does_not_put_out_is_named_and_nothing_reads_it(installation: Installation) -> None:
    del installation.urls["CompletionQueueUrl"]
    installation.make_stack()
    assert installation.wrong() == [
        Finding("CompletionQueue can't be read (no such output)", DEPLOY),
        Finding("image-enhancer-dev-job-completion has no mapping to its queue", DEPLOY),
    ]


def test_a_mapping_that_is_switched_off_is_named_with_the_command(installation: Installation) -> None:
    client = installation.clients("lambda")
    client.update_event_source_mapping(UUID=installation.mappings["Completion"], Enabled=False)
    client.delete_event_source_mapping(UUID=installation.mappings["Retention"])
    found = installation.findings()
    off = installation.mappings["Completion"]
    assert [each for each in found if each.fix] == [
        Finding(
            "image-enhancer-dev-job-completion does not read its queue (its mapping is Disabled)",
            f"aws lambda update-event-source-mapping --region us-east-1 --uuid {off} --enabled",
        ),
        Finding("image-enhancer-dev-retention has no mapping to its queue", DEPLOY),
    ]
    assert "each queue is read by its function" not in {each.what for each in found}


def test_functions_that_are_not_there_are_named(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    stubber = Stubber(client := boto_session().client("lambda"))
    for _ in FUNCTIONS:
        stubber.add_client_error("list_event_source_mappings", "ResourceNotFoundException")
    stubber.activate()
    usual = installation.clients
    monkeypatch.setattr(installation, "clients", lambda name: client if name == "lambda" else usual(name))
    assert installation.wrong() == [
        Finding(f"image-enhancer-dev-{each} can't be read (ResourceNotFoundException)", DEPLOY)
        for each in FUNCTIONS.values()
    ]


def test_what_is_configured_is_compared_with_what_is_deployed(installation: Installation) -> None:
    changed = {
        **installation.stage.parameters,
        "DailyRunLimit": "7",
        "Later": "x",
        "PublicBaseUrl": "taken-out-by-deploy",
    }
    installation.stage = dataclasses.replace(installation.stage, parameters=changed)
    assert installation.wrong() == [
        Finding("DailyRunLimit is '7', but image-enhancer-dev is deployed with '100'", DEPLOY, needed=False),
        Finding("Later is 'x', but image-enhancer-dev is deployed without it", DEPLOY, needed=False),
    ]


def test_a_stack_without_parameters_has_none_of_ours(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = installation.clients("cloudformation")
    [stack] = client.describe_stacks()["Stacks"]
    bare = {name: value for name, value in stack.items() if name != "Parameters"}
    monkeypatch.setattr("operate.deployed.find_stack", lambda *_: bare)
    wrong = installation.wrong()
    assert wrong[0] == Finding(f"the functions have the address None, but it is {ADDRESS}", DEPLOY)
    assert len(wrong) == len(installation.stage.parameters), "OriginSecret is not compared"


def test_a_deployment_that_broke_off_between_its_two_passes_is_said(installation: Installation) -> None:
    [stack] = installation.clients("cloudformation").describe_stacks()["Stacks"]
    given = [
        {**each, "ParameterValue": "https://not-yet.invalid"} if each["ParameterKey"] == "PublicBaseUrl" else each
        for each in stack["Parameters"]
    ]
    installation.clients("cloudformation").update_stack(
        StackName=installation.stage.stack, UsePreviousTemplate=True, Parameters=given
    )
    what = f"the functions have the address https://not-yet.invalid, but it is {ADDRESS}"
    assert installation.wrong() == [Finding(what, DEPLOY)]


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
    assert [json.loads(each.body or "null") for each in installation.asked.requests] == [
        None,
        None,
        {"filename": "doctor.png", "contentType": "image/png", "size": 1000},
        None,
    ]
    [waited] = {options["timeout"] for options in installation.asked.options}
    assert waited == SECONDS
    origins = template_yaml()["Resources"]["Distribution"]["Properties"]["DistributionConfig"]["Origins"]
    [for_the_api] = [origin["CustomOriginConfig"] for origin in origins if "CustomOriginConfig" in origin]
    assert waited > for_the_api["OriginReadTimeout"], "CloudFront's own answer is seen"


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
        (10, 10, "0", ["queues may use 17 of the account's 10"]),
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
    found = [each for each in concurrency(stage, limited(concurrent, unreserved)) if each.fix]
    assert [each.what[: len(hint)] for each, hint in zip(found, hints, strict=True)] == hints
    assert not [each for each in found if each.needed], "a hint: an account may have a large limit for few people"
