"""What each operation asks of AWS and R2: one job's way through the real handlers, its HTTP requests counted."""

import importlib.util
import json
from collections import Counter
from dataclasses import replace
from types import SimpleNamespace

import boto3
import pytest

from enhancer import aws_clients, bootstrap
from enhancer.adapters.model_files import models
from enhancer.adapters.outputs import ProviderOutputs
from enhancer.adapters.replicate import Replicate
from enhancer.domain import keys
from enhancer.settings import Settings
from enhancer.usecases.request_upload import upload_headers
from tests.budgets import scenarios
from tests.contract.conftest import ROOT, create_table
from tests.images import make_image
from tests.transport import session

SECRET = Counter(GetParameters=1)  # once in a function's life
LIMIT = Counter(UpdateItem=1)  # where a limit on requests applies, at most
CREATE = Counter(GetObject=1, BatchGetItem=1, TransactWriteItems=1, SendMessage=1)
PREDICTION = {"id": scenarios.RUN_ID, "status": "starting"}
OUTPUT = "http://files.test/out.png"


def forget_clients():
    """As in a new process: what is made once in a function's life is made again."""
    for cached in (aws_clients._session, aws_clients.aws_client, aws_clients.r2_client, bootstrap.secrets):
        cached.cache_clear()


class Functions:
    """The handlers of one installation on an AWS in this process; `calls` counts what the last one asked for."""

    def __init__(self, environment, monkeypatch):
        self.calls = Counter()
        self._environment = environment
        self._monkeypatch = monkeypatch
        self._loaded = {}

    def load(self, name):
        """A cold start."""
        forget_clients()
        self._monkeypatch.setattr(bootstrap, "settings", Settings(self._environment))
        aws_clients._session().get_component("event_emitter").register_first("before-send", self._count)
        spec = importlib.util.spec_from_file_location(f"calls_{name}", ROOT / f"functions/{name}/app.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        self._loaded[name] = module
        return module

    def _count(self, request, **_):
        target = request.headers.get("X-Amz-Target", b"").decode().rpartition(".")[2]
        self.calls[target or {"GET": "GetObject", "PUT": "PutObject"}[request.method]] += 1

    def call(self, name, event):
        """Invoke a function, cold if it was never loaded; what it asked for."""
        module = self._loaded.get(name) or self.load(name)
        self.calls.clear()
        answer = module.handler(event, SimpleNamespace(aws_request_id="request"))
        assert answer.get("statusCode", 200) < 400, answer
        assert not answer.get("batchItemFailures")
        return Counter(self.calls)


@pytest.fixture
def functions(aws, monkeypatch):  # noqa: ARG001 - AWS must stand before clients are made
    dynamodb, sqs, s3, ssm = (boto3.client(service) for service in ("dynamodb", "sqs", "s3", "ssm"))
    queues = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("start", "completion")}
    s3.create_bucket(Bucket=scenarios.BUCKET)
    for name, value in (scenarios.SECRETS | {"/bench/replicate-api-token": "token"}).items():
        ssm.put_parameter(Name=name, Value=value, Type="SecureString")
    amazon = "https://s3.amazonaws.com"
    environment = scenarios.settings(amazon) | {
        "JOBS_TABLE": create_table(dynamodb, "JobsTable"),
        "USAGE_TABLE": create_table(dynamodb, "UsageTable"),
        "START_QUEUE_URL": queues["start"],
        "COMPLETION_QUEUE_URL": queues["completion"],
        "REPLICATE_API_TOKEN": "/bench/replicate-api-token",
        "REPLICATE_BASE_URL": "http://replicate.test",
        "REPLICATE_OUTPUT_HOSTS": "files.test",
        "ENVIRONMENT": "local",
    }
    key = keys.original_key(scenarios.PREFIX, scenarios.OWNER, scenarios.UPLOAD_ID)
    headers = upload_headers(scenarios.UPLOAD_ID, len(scenarios.IMAGE))
    stored = {"ContentType": headers["content-type"], "CacheControl": headers["cache-control"]}
    stored["Metadata"] = {"upload": headers["x-amz-meta-upload"]}
    s3.put_object(Bucket=scenarios.BUCKET, Key=key, Body=scenarios.IMAGE, **stored)
    yield Functions(environment, monkeypatch)
    forget_clients()  # the session counts


def message(queue):
    """The event of the newest message in a queue."""
    sqs = boto3.client("sqs")
    found = sqs.receive_message(QueueUrl=sqs.get_queue_url(QueueName=queue)["QueueUrl"])["Messages"][0]
    return {"Records": [{"messageId": "1", "body": found["Body"], "eventSource": "aws:sqs"}]}


def event_of_the_job(event):
    """An example event, about the job of this file."""
    return json.loads(json.dumps(event).replace(scenarios.JOB_ID, scenarios.UPLOAD_ID))


def test_a_job_asks_for_no_more_than_it_needs(functions, monkeypatch):
    assert functions.call("upload_intake", scenarios.create_event()) == SECRET + LIMIT + CREATE

    provider, _ = session(lambda _: (201, {}, json.dumps(PREDICTION).encode()))
    start = functions.load("job_start")
    replicate = Replicate("http://replicate.test", lambda: "token", models(), provider)
    monkeypatch.setattr(start, "start_job", replace(start.start_job, provider=replicate))
    pause = Counter(GetItem=1)  # whether starting pauses
    begin_claim_count_and_accept = Counter(UpdateItem=4)
    original = Counter(GetObject=1)
    assert functions.call("job_start", message("start")) == SECRET + pause + begin_claim_count_and_accept + original

    delivery = scenarios.webhook_event(OUTPUT, scenarios.UPLOAD_ID)
    assert functions.call("replicate_webhook", delivery) == SECRET + Counter(SendMessage=1)
    assert functions.call("replicate_webhook", delivery) == Counter(SendMessage=1), "warm"

    files, _ = session(lambda _: (200, {}, make_image(size=(1280, 852))))
    completion = functions.load("job_completion")
    outputs = ProviderOutputs(["files.test"], local=True, session=files)
    monkeypatch.setattr(completion, "complete_job", replace(completion.complete_job, outputs=outputs))
    result_preview_thumbnail = Counter(PutObject=3)
    for_the_report = Counter(GetObject=1)
    mark_and_end = Counter(UpdateItem=2)
    asked = functions.call("job_completion", message("completion"))
    assert asked == SECRET + result_preview_thumbnail + for_the_report + mark_and_end

    status, shown = event_of_the_job(scenarios.status_event()), event_of_the_job(scenarios.image_event())
    shown = json.loads(json.dumps(shown).replace("output.webp", "output.png"))
    assert functions.call("job_status", status) == SECRET + LIMIT + Counter(GetItem=1)
    assert functions.call("job_status", status) == LIMIT + Counter(GetItem=1)
    assert functions.call("image_proxy", shown) == SECRET + LIMIT + Counter(GetItem=1), "and nothing of R2"


def test_a_presigned_upload_is_only_counted(functions):
    order = json.dumps({"filename": "cat.jpg", "contentType": "image/jpeg", "size": 1000})
    event = scenarios.create_event() | {"rawPath": "/api/ai-image/uploads", "routeKey": "ANY /api/ai-image/uploads"}
    event["body"] = order
    day = Counter(UpdateItem=1)
    assert functions.call("upload_intake", event) == SECRET + LIMIT + day
    assert functions.call("upload_intake", event) == LIMIT + day
