"""The local stack against its own description: what schemathesis makes of it, sent as a guest and as a user."""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode, checks
from schemathesis.config import GenerationConfig, ProjectConfig, ProjectsConfig, SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.images import make_image
from tests.integration.api_client import MODEL, Client
from tests.unit.test_openapi import OPERATIONS

EXAMPLES = 12
CHECKS = [
    checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def description(stack):
    generation = GenerationConfig(with_security_parameters=False)
    project = ProjectConfig(base_url=stack.base_url, generation=generation)
    config = SchemathesisConfig(projects=ProjectsConfig(default=project))
    return schemathesis.openapi.from_url(f"{stack.base_url}/api/openapi.json", config=config)


@pytest.fixture(params=["guest", "user"])
def caller(request, stack):
    """A person, the headers that say so, and a job of theirs."""
    token = stack.token("schemathesis") if request.param == "user" else None
    with Client(stack.base_url, token) as client:
        job = client.create(client.upload(make_image("PNG"), "image/png"))
        assert job.status_code == 202, job.text
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in client.session.cookies)
        headers = {"Authorization": f"Bearer {token}"} if token else {"Cookie": cookies}
        yield headers, job.json()["data"]["id"]


def cases(operation, job_id):
    """Requests that keep to the description and requests that don't, for a real job and for made-up ones."""
    known = {"path_parameters": {"id": job_id}} if "{id}" in operation.path else {}
    positive, negative = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
    strategies = [operation.as_strategy(positive), operation.as_strategy(positive, **known)]
    if operation.body or any(True for _ in operation.iter_parameters()):
        strategies.append(operation.as_strategy(negative))
    return st.one_of(strategies)


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_answers_are_as_described(description, caller, path, method):
    headers, job_id = caller

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases(description[path][method], job_id))
    def fuzz(case):
        case.call_and_validate(headers=headers, checks=CHECKS, allow_redirects=False, timeout=60)

    fuzz()


def test_a_whole_journey_is_as_described(stack, description):
    """What made-up requests never get: answers to a real image."""
    with Client(stack.base_url) as guest:

        def said(path, method, url, status, **options):
            answer = guest.call(method, url, **options)
            assert answer.status_code == status, answer.text
            description[path][method.lower()].validate_response(answer)
            return answer

        jobs, one = "/api/ai-image/jobs", "/api/ai-image/jobs/{id}"
        form = {"files": {"image": ("a.png", make_image("PNG"), "image/png")}, "data": {"model": MODEL, "scale": "2"}}
        said("/api/ai-image/generate", "POST", "/api/ai-image/generate", 200, **form)
        created = said(jobs, "POST", jobs, 202, **form).json()["data"]
        job = guest.finished(created["id"])
        url = f"{jobs}/{job['id']}"
        said(one, "GET", url, 200)
        said(jobs, "GET", f"{jobs}?limit=1", 200)
        said(jobs, "POST", jobs, 202, json={"fromJobId": job["id"], "model": MODEL})
        said("/api/ai-image/usage", "GET", "/api/ai-image/usage", 200)
        said(f"{one}/cancel", "POST", f"{url}/cancel", 409)
        link = said(f"{one}/share", "POST", f"{url}/share", 201, json={}).json()["data"]["url"]
        said("/r2-ai/{key}", "GET", link, 302)
        said("/r2-ai/{key}", "HEAD", job["imageUrl"], 302)
        said(one, "DELETE", url, 200)
        said("/r2-ai/{key}", "GET", job["imageUrl"], 410)


@pytest.mark.parametrize(
    "body",
    [
        '{"uploadId": "", "model": "nightmareai/real-esrgan"}',
        '{"uploadId": "x", "model": "nightmareai/real-esrgan", "params": {"scale": "\\ud800"}}',
        f'{{"uploadId": "x", "model": "nightmareai/real-esrgan", "params": {{"scale": {"[" * 900 + "]" * 900}}}}}',
        "[" * 200_000,
    ],
    ids=["empty id", "half a character", "deep parameter", "deep body"],
)
def test_bodies_that_once_were_a_fault_of_ours_are_refused(stack, caller, body):
    headers = caller[0] | {"Content-Type": "application/json", "Idempotency-Key": "the-same"}
    with Client(stack.base_url) as client:
        refused = client.call("POST", "/api/ai-image/jobs", data=body, headers=headers)
    assert (refused.status_code, refused.json()["error"]["type"]) == (400, "validation_error")
