"""An installation whose provider goes wrong on demand, one guest's order at it, and how that ends."""

import contextlib
import json
import time
from dataclasses import dataclass

import requests

from deployment.emulator import STACK_NAME
from local.config import BUCKET
from tests.images import make_image, opened

LONG_AGO = "2020-01-01T00:00:00.000Z"
FOR_EVER = 3600
"""Seconds that a fault holds something back: until it is cleared."""


@dataclass(frozen=True)
class End:
    """How a job ended: its owner's count of jobs, and the runs that the provider made for it, are part of it."""

    status: str
    error: str | None = None
    used: int = 1
    runs: int = 1


SUCCEEDED = End("succeeded")
REFUNDED = End("failed", "provider_error", used=0)


def fault(name, **parameters):
    return {"fault": name, **parameters}


def until(look, seconds=30):
    """What `look` finds as soon as it finds something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s")


class Installation:
    """A stack whose provider goes wrong on demand, and where only the test reconciles."""

    def __init__(self, stack):
        self.stack = stack
        self.outputs = stack.deployment.outputs
        stack.client("scheduler").delete_schedule(Name=f"{STACK_NAME}-reconcile")

    def provider(self, method, path, **options):
        headers = {"Authorization": f"Bearer {self.stack.replicate_token}"}
        answer = requests.request(method, f"{self.stack.replicate_url}{path}", headers=headers, timeout=10, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def set(self, *faults):
        self.provider("PUT", "/_control", json={"faults": faults})

    def clear(self):
        """No more faults: each has acted, and what it held back continues."""
        assert all(self.fired()), self.provider("GET", "/_control")
        self.provider("DELETE", "/_control")

    def fired(self):
        """How often each fault that is set has acted."""
        return [each["fired"] for each in self.provider("GET", "/_control")["faults"]]

    def reconcile(self):
        """The sweep of every minute, now; no other lease is in its way."""
        self.stack.client("dynamodb").delete_item(
            TableName=self.outputs["UsageTableName"], Key={"key": {"S": "lease#reconcile"}}
        )
        answer = self.stack.client("lambda").invoke(FunctionName=f"{STACK_NAME}-reconcile")
        assert "FunctionError" not in answer, answer["Payload"].read()

    def end_pause(self):
        """What five minutes bring: the provider is asked for runs again."""
        self.stack.client("dynamodb").delete_item(
            TableName=self.outputs["UsageTableName"], Key={"key": {"S": "pause#provider"}}
        )

    def send(self, queue, body):
        """Put a message into a queue (`Start`, `Completion`)."""
        body = body if isinstance(body, str) else json.dumps(body)
        self.stack.client("sqs").send_message(QueueUrl=self.outputs[f"{queue}QueueUrl"], MessageBody=body)

    def dead_letters(self, queue):
        """How many messages of a queue are given up."""
        url, name = self.outputs[f"{queue}DeadLettersUrl"], "ApproximateNumberOfMessages"
        answer = self.stack.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=[name])
        return int(answer["Attributes"][name])

    def take_dead_letters(self, queue):
        """The messages of a queue that are given up, which are gone then; at most ten."""
        url, queues = self.outputs[f"{queue}DeadLettersUrl"], self.stack.client("sqs")
        found = queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
        queues.purge_queue(QueueUrl=url)
        return [each["Body"] for each in found]

    @contextlib.contextmanager
    def gives_up(self, queue):
        """A message of this queue that failed once is a dead letter when its pause is over."""
        queues, url, name = self.stack.client("sqs"), self.outputs[f"{queue}QueueUrl"], "RedrivePolicy"
        usual = queues.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"]
        once = json.dumps({**json.loads(usual[name]), "maxReceiveCount": 1})
        queues.set_queue_attributes(QueueUrl=url, Attributes={name: once})
        try:
            yield
        finally:
            queues.set_queue_attributes(QueueUrl=url, Attributes=usual)


class Order:
    """A guest's one job. Its id is the upload's, so that faults can be meant for it before it exists."""

    def __init__(self, installation, guest):
        self._installation = installation
        self._stack = installation.stack
        self.guest = guest
        self.id = guest.upload(make_image("PNG"), "image/png")

    def create(self, **choice):
        created = self.guest.create(self.id, **{"scale": 4, **choice})
        assert created.status_code == 202, created.text
        assert created.json()["data"]["id"] == self.id

    def look(self):
        return self.guest.job(self.id)

    def reaches(self, stage):
        return until(lambda: (job := self.look())["stage"] == stage and job)

    def row(self):
        """The job's row, in DynamoDB's own form."""
        table = self._installation.outputs["JobsTableName"]
        return self._stack.client("dynamodb").get_item(TableName=table, Key={"id": {"S": self.id}})["Item"]

    def deliveries(self):
        """The verified webhook calls that are kept beside the row."""
        return [json.loads(line["S"]) for line in self.row().get("deliveries", {"L": []})["L"]]

    def runs(self):
        """The runs that the provider made for it, as they are now, oldest first."""
        provider, of_this = self._installation.provider, f"?job={self.id}"
        received = [each for each in provider("GET", "/_received") if each["body"]["webhook"].endswith(of_this)]
        assert all(each["headers"]["cancel-after"] == "10m" for each in received), "a run that nothing would end"
        return [provider("GET", f"/v1/predictions/{each['id']}") for each in received]

    def run_is(self, *statuses):
        """The statuses of its runs, once they are these."""
        return until(lambda: [run["status"] for run in self.runs()] == list(statuses))

    def reconcile(self):
        """Have the sweep look at the job as if its time had come."""
        self._stack.client("dynamodb").update_item(
            TableName=self._installation.outputs["JobsTableName"],
            Key={"id": {"S": self.id}},
            UpdateExpression="SET check_at = :then",
            ConditionExpression="attribute_exists(check_at)",
            ExpressionAttributeValues={":then": {"S": LONG_AGO}},
        )
        self._installation.reconcile()

    def end(self):
        """How it ends; its images, its row and the dead letters are as such an end demands."""
        job = self.guest.finished(self.id)
        listed = self._stack.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="ai-enhancer/results/")
        stored = [each["Key"] for each in listed.get("Contents", []) if f"/{self.id}/" in each["Key"]]
        assert "check_at" not in self.row(), "reconcile would look at it for ever"
        if job["status"] == "succeeded":
            result = opened(self.guest.image(job["imageUrl"]).content)
            assert (result.format, result.size) == ("PNG", (160, 120))
            assert len(stored) == 3
        else:
            assert (job["imageUrl"], job["result"], stored) == (None, None, [])
        assert [self._installation.dead_letters(queue) for queue in ("Start", "Completion")] == [0, 0]
        error = job["error"] and job["error"]["type"]
        return End(job["status"], error, self.guest.usage()["usage"]["used"], len(self.runs()))
