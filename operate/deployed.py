"""Checks of a deployed stage, each separate, so that `make doctor` can say which part fails."""

from collections.abc import Iterator
from typing import Any

import requests
from botocore.exceptions import ClientError

from operate import r2
from operate.deploy import Clients, find_stack
from operate.finding import Finding
from operate.origin import origin_secret_sent
from operate.stage import FILLED_IN, Stage

SECONDS = 40
"""A time longer than CloudFront waits for the API, so that CloudFront's own response is seen."""
QUEUES = ("Start", "Completion", "Retention")
READS = frozenset({"Enabled", "Enabling", "Updating", "Creating"})
"""States of an event source mapping that reads its queue, or soon will."""
SIZE = 1000
"""Bytes of the upload that is signed but never sent."""


def deployed(
    stage: Stage, clients: Clients, session: requests.Session, stored_origin_secrets: str
) -> Iterator[Finding]:
    """Check the stack, its parameters, its address, and what is behind it."""
    stack = find_stack(clients, stage)
    outputs = {each["OutputKey"]: each["OutputValue"] for each in (stack or {}).get("Outputs", [])}
    address = outputs.get("PageUrl")
    if stack is None or address is None:
        yield Finding(f"{stage.stack} is not deployed yet; make deploy ENV={stage.name}")
        return
    yield from _parameters(stage, stack, address)
    yield from _origin(stage, clients, stored_origin_secrets)
    yield from api(stage, address, session)
    yield from _queues(stage, clients, outputs)
    yield from _mappings(stage, clients, outputs)
    problem = r2.preflight(stage.images_endpoint, stage.parameters["R2Bucket"], address, session)
    yield Finding(problem, f"make bucket ENV={stage.name}") if problem else Finding("R2 accepts uploads from the page")


def _parameters(stage: Stage, stack: Any, address: str) -> Iterator[Finding]:
    """Compare samconfig.toml and the template's defaults with the parameters that the stack was deployed with."""
    deploy = f"make deploy ENV={stage.name}"
    given = {each["ParameterKey"]: each["ParameterValue"] for each in stack.get("Parameters", [])}
    if given.get("PublicBaseUrl") != address:
        yield Finding(f"the functions have the address {given.get('PublicBaseUrl')}, but it is {address}", deploy)
    other = {
        name: (given.get(name), value)
        for name, value in stage.parameters.items()
        if name not in FILLED_IN and given.get(name) != value
    }
    for name, (present, wanted) in other.items():
        deployed_with = "without it" if present is None else f"with {present!r}"
        yield Finding(f"{name} is {wanted!r}, but {stage.stack} is deployed {deployed_with}", deploy, needed=False)
    if not other:
        yield Finding(f"{stage.stack} is deployed with the parameters of samconfig.toml")


def _origin(stage: Stage, clients: Clients, stored: str) -> Iterator[Finding]:
    """Check that the functions accept the origin secret that the distribution sends."""
    deploy = f"make deploy ENV={stage.name}"
    sent, counting = origin_secret_sent(clients, stage), stored.split()
    if sent is None or not counting:
        return
    if sent not in counting:
        yield Finding(
            "the distribution sends an origin secret that is no longer stored, so that within five minutes functions "
            "reject (403) all requests except /api/health and the webhook",
            deploy,
        )
    elif sent != counting[0]:
        yield Finding("the distribution does not send the newest origin secret", deploy, needed=False)
    else:
        yield Finding("the distribution sends the newest origin secret")


def api(stage: Stage, address: str, session: requests.Session) -> Iterator[Finding]:
    """Call routes that depend on nothing, then on secrets and UsageTable, on R2's keys, and on JobsTable.

    The guest gets an upload signed but never sends it, which counts towards its rate limit only.
    """
    upload = {"filename": "doctor.png", "contentType": "image/png", "size": SIZE}
    asked: tuple[tuple[str, str, str, str, Any], ...] = (
        ("GET", "/api/health", "job_status", "", None),
        ("GET", "/api/ai-image/usage", "job_status", "secrets and UsageTable", None),
        ("POST", "/api/ai-image/uploads", "upload_intake", "R2's keys", upload),
        ("GET", "/api/ai-image/jobs?limit=1", "job_status", "JobsTable", None),
    )
    for method, path, function, behind, body in asked:
        what = f"{address}{path.partition('?')[0]}"
        try:
            answer = session.request(
                method,
                f"{address}{path}",
                json=body,
                timeout=SECONDS,
                allow_redirects=False,
                headers={"Origin": address},
            )
        except requests.RequestException as problem:
            dns = "its DNS record may be missing" if stage.page_address else "a new distribution takes some minutes"
            yield Finding(f"{what} does not answer ({type(problem).__name__})", dns)
            return
        said = _envelope(answer)
        if said.get("success") is True and answer.status_code < 300:
            yield Finding(f"{what} answers{f': {behind}' if behind else ''}")
            continue
        seen, fix = _explained(stage, answer, said, function, behind)
        yield Finding(f"{what}: {seen}", fix, needed=answer.status_code != 429)
        if not behind:  # the other routes would show nothing more
            return


def _explained(
    stage: Stage, answer: requests.Response, said: dict[str, Any], function: str, behind: str
) -> tuple[str, str]:
    """Return what a failed response means and how to fix it, by its source: a function, the gateway or CloudFront.

    Responses of the gateway and CloudFront do not have our envelope. Their 5xx have several causes each (AWS re:Post
    knowledge center, "How can I troubleshoot 5xx errors for API Gateway?", read 2026-11-25), so the log decides.
    """
    status, error = answer.status_code, said.get("error")
    log = f"see the log /aws/lambda/{stage.stack}-{function.replace('_', '-')}"
    request_id = answer.headers.get("x-request-id")
    if request_id:
        log += f", request {request_id}"
    if error:
        return {
            403: (
                f"functions reject requests from the distribution (403: {error.get('message')})",
                f"make deploy ENV={stage.name}, so that it sends the stored origin secret and knows its address",
            ),
            429: (f"{function} has reached its rate limit for this IP address (429)", "try again in a minute"),
            500: (f"{function} fails (500); it uses: {behind or 'nothing'}", log),
        }.get(status, (f"{function} answers {status} ({error.get('type')}: {error.get('message')})", log))
    return {
        403: ("CloudFront rejects the request (403)", "check the distribution for a firewall or a country restriction"),
        404: ("no function has this route (404)", f"make deploy ENV={stage.name}"),
        429: ("the API's limit is reached (429: RequestRate, RequestBurst)", "try again in a minute"),
        500: (f"{function} gives no response (500 from the gateway): it does not start, or is throttled", log),
        502: ("CloudFront can't reach the API (502)", f"make deploy ENV={stage.name}; then see the stack's events"),
        503: (
            f"{function} is too slow or throttled (503 from the gateway)",
            f"compare the account's concurrent executions with its use; {log}",
        ),
        504: ("the API does not answer CloudFront in time (504)", log),
    }.get(
        status,
        (
            f"a response that is not this installation's (HTTP {status})",
            "the address may point elsewhere: check its DNS record",
        ),
    )


def _envelope(answer: requests.Response) -> dict[str, Any]:
    """Return the response's JSON if it has our envelope, else an empty dict."""
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) and "success" in found else {}


def _queues(stage: Stage, clients: Clients, outputs: dict[str, str]) -> Iterator[Finding]:
    """Check that the queues exist and that there are no dead letters."""
    wrong = list(_wrong_queues(stage, clients, outputs))
    yield from wrong or [Finding("six queues, and no dead letters")]


def _wrong_queues(stage: Stage, clients: Clients, outputs: dict[str, str]) -> Iterator[Finding]:
    sqs = clients("sqs")
    for queue in QUEUES:
        for suffix in ("QueueUrl", "DeadLettersUrl"):
            try:
                attributes = ["ApproximateNumberOfMessages"]
                url = outputs[f"{queue}{suffix}"]
                found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=attributes)["Attributes"]
            except (KeyError, ClientError) as problem:
                code = problem.response["Error"]["Code"] if isinstance(problem, ClientError) else "no such output"
                yield Finding(
                    f"{queue}{suffix.removesuffix('Url')} can't be read ({code})", f"make deploy ENV={stage.name}"
                )
                continue
            waiting = int(found["ApproximateNumberOfMessages"])
            if waiting and suffix == "DeadLettersUrl":
                name = queue.lower()
                yield Finding(
                    f"{waiting} dead letters of {name}",
                    f"docs/operations.md#{name}-dead-letters, then: make redrive QUEUE={name} STACK={stage.stack}",
                )


def _mappings(stage: Stage, clients: Clients, outputs: dict[str, str]) -> Iterator[Finding]:
    """Check that each function reads its queue: a mapping can be disabled, and its messages then wait."""
    wrong = list(_wrong_mappings(stage, clients, outputs))
    yield from wrong or [Finding("each queue is read by its function")]


def _wrong_mappings(stage: Stage, clients: Clients, outputs: dict[str, str]) -> Iterator[Finding]:
    client = clients("lambda")
    for queue, function in (("Start", "job-start"), ("Completion", "job-completion"), ("Retention", "retention")):
        name = f"{stage.stack}-{function}"
        try:
            found = client.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
        except ClientError as problem:
            yield Finding(
                f"{name} can't be read ({problem.response['Error']['Code']})", f"make deploy ENV={stage.name}"
            )
            continue
        wanted = outputs.get(f"{queue}QueueUrl", "").rpartition("/")[2]
        mapping = next((each for each in found if each["EventSourceArn"].rpartition(":")[2] == wanted), None)
        if mapping is None:
            yield Finding(f"{name} has no mapping to its queue", f"make deploy ENV={stage.name}")
        elif mapping["State"] not in READS:
            enable = (
                f"aws lambda update-event-source-mapping --region {stage.region} --uuid {mapping['UUID']} --enabled"
            )
            yield Finding(f"{name} does not read its queue (its mapping is {mapping['State']})", enable)
