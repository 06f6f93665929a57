"""No function writes what it must not: every way through, with marked things, and then all the logs."""

import json
import re
import time
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL.PngImagePlugin import PngInfo
from standardwebhooks import Webhook

from deployment import ROOT
from enhancer.http.routing import METHODS
from tests.images import make_image
from tests.integration.api_client import MODEL, Client

FUNCTIONS = sorted(path.parent.name.replace("_", "-") for path in (ROOT / "functions").glob("*/app.py"))
JOBS = "/api/ai-image/jobs"
TOKEN = re.compile(r"eyJ[\w-]{8,}\.eyJ")
"""How every JSON web token begins; three letters alone come by chance, in a request's id."""
MARK = "m4rk3d"
"""In the subject, the address, image bytes, file names, form fields, keys, queries and webhooks."""


def marked_image(place):
    text = PngInfo()
    text.add_text("Comment", f"{MARK}-{place}")
    return make_image("PNG", pnginfo=text)


def walk(client, stack, secrets):
    """Everything that can be done with jobs, well and badly; adds what must stay secret to `secrets`."""
    upload = client.presign(marked_image("upload"), "image/png").json()["data"]
    secrets |= {parse_qs(urlsplit(upload["url"]).query)["X-Amz-Signature"][0]}
    upload_id = client.upload(marked_image("upload"), "image/png")
    order = {"uploadId": upload_id, "model": MODEL, "filename": f"{MARK}.png"}
    key = {"Idempotency-Key": f"{MARK}-{upload_id}"}
    created = client.call("POST", JOBS, json=order, headers=key)
    assert created.status_code == 202, created.text
    job = client.finished(upload_id)
    client.send(marked_image("form"), name=f"{MARK}.png", headers={"Idempotency-Key": f"{MARK}-f-{upload_id}"})
    client.send(marked_image("generate"), "generate")
    client.call("POST", JOBS, json={"fromJobId": job["id"], "model": MODEL})
    for name in ("originalUrl", "imageUrl"):
        location = client.call("GET", job[name]).headers["Location"]
        secrets |= set(parse_qs(urlsplit(location).query)["X-Amz-Signature"])
    share = client.call("POST", f"{JOBS}/{job['id']}/share", json={}).json()["data"]["url"]
    secrets |= {share.partition("share=")[2].rpartition(".")[2]}
    with Client(stack.base_url) as anonymous:
        assert anonymous.call("GET", share).status_code == 302
        anonymous.call("GET", f"{share}x")
        anonymous.call("GET", f"{job['imageUrl']}?share={MARK}")
    misuse(client, job)
    deliver(stack, job["id"])
    client.call("POST", f"{JOBS}/{job['id']}/cancel")
    client.call("DELETE", f"{JOBS}/{job['id']}")
    client.call("GET", share)


def misuse(client, job):
    """Errors of every kind with the mark in them."""
    client.call("POST", JOBS, data=f'{{"{MARK}": '.encode(), headers={"Content-Type": "application/json"})
    client.call("POST", JOBS, json={"model": MARK, MARK: MARK})
    client.call("POST", JOBS, json={"uploadId": MARK, "model": MODEL, "params": {MARK: MARK}})
    client.call("POST", JOBS, json={"uploadId": job["id"], "model": MODEL, "params": {"scale": "\ud800" + MARK}})
    client.call("POST", JOBS, data="[" * 10_000 + MARK, headers={"Content-Type": "application/json"})
    client.call("POST", JOBS, data=MARK, headers={"Content-Type": f"multipart/form-data; boundary={MARK}"})
    client.send(MARK.encode())
    client.send(marked_image("field"), fields={MARK: MARK})
    client.send(marked_image("key"), headers={"Idempotency-Key": f"{MARK} with a space"})
    client.create(client.upload(f"{MARK} is no image".encode(), "image/png"))
    client.presign(b"", MARK)
    client.call("POST", f"{JOBS}/{job['id']}/share", json={"expiresIn": MARK})
    for path in METHODS:
        url = path.replace("{id}", f"{MARK}").replace("{key+}", f"{MARK}/x.png")
        for method in ("GET", "POST"):
            client.call(method, f"{url}?cursor={MARK}&limit={MARK}&share={MARK}&job={MARK}")
    for headers in (
        {"Authorization": f"Bearer {MARK}"},
        {"Authorization": f"Bearer eyJhbGciOiJub25lIn0.{MARK}.x"},
        {"Authorization": f"Basic {MARK}"},
        {"Cookie": f"guest={MARK}.local1.x; session={MARK}.local1.x"},
        {"Origin": f"https://{MARK}.test"},
        {"If-None-Match": MARK, "User-Agent": MARK, "Accept-Language": MARK, "X-Forwarded-For": MARK},
    ):
        client.call("GET", f"{JOBS}/{job['id']}", headers=headers)
        client.call("DELETE", "/api/session", headers=headers)
        client.call("GET", job["imageUrl"], headers=headers)


def deliver(stack, job_id):
    """Webhooks with marked logs and a marked input, signed well and badly, and one that is no prediction."""
    secret = stack.deployment.secrets["replicate-webhook-secret"]
    link = f"https://example.test/{MARK}?X-Amz-Signature={MARK}"
    run = {"id": "run", "status": "succeeded", "logs": MARK, "error": MARK, "output": link, "input": {"image": link}}
    for body in (json.dumps(run), json.dumps(run | {"status": "failed"}), f'"{MARK}"', f"{{{MARK}"):
        now = datetime.now(UTC)
        headers = {"webhook-id": MARK, "webhook-timestamp": str(int(now.timestamp()))}
        for signature in (Webhook(secret).sign(MARK, now, body), f"v1,{MARK}"):
            with Client(stack.base_url) as provider:
                provider.call(
                    "POST",
                    f"/api/webhooks/replicate?job={job_id}",
                    data=body,
                    headers=headers | {"webhook-signature": signature, "Content-Type": "application/json"},
                )


@pytest.fixture(scope="module")
def logs(stack):
    """Each function's log after the walks, and what must not be in it."""
    secrets = {MARK}
    token = stack.token(f"{MARK}-subject", email=f"{MARK}@example.test", name=MARK)
    with Client(stack.base_url) as guest, Client(stack.base_url, token) as user:
        walk(guest, stack, secrets)
        walk(user, stack, secrets)
        session = user.call("POST", "/api/session").cookies["session"]
        secrets |= {guest.session.cookies["guest"].rpartition(".")[2], session, session.rpartition(".")[2]}
        secrets |= {token, token.rpartition(".")[2]}
    with Client(stack.base_url) as browser:
        browser.session.cookies.set("session", session)
        assert browser.usage()["ownerType"] == "user"
    with Client(stack.base_url, stack.token(f"{MARK}-admin", role="admin")) as admin:
        admin.call("GET", f"{JOBS}/{guest.call('GET', JOBS).json()['data']['jobs'][0]['id']}")
    kept = stack.deployment.secrets
    secrets |= {value for name, value in kept.items() if name != "r2-access-key-id"}
    secrets |= {value.partition(":")[2] for name, value in kept.items() if name.endswith("-keys")}
    run_by_schedule(stack, "reconcile", "retention")
    time.sleep(1)  # what was cancelled or delivered is still being worked on
    return {name: stack.logs(name).splitlines() for name in FUNCTIONS}, secrets


def run_by_schedule(stack, *names):
    for name in names:
        answer = stack.client("lambda").invoke(FunctionName=f"image-enhancer-{name}", Payload=b"{}")
        assert "FunctionError" not in answer


def test_every_function_was_walked_through(logs):
    lines, _ = logs
    assert [name for name in FUNCTIONS if not lines[name]] == []


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_log_holds_nothing_that_is_secret_or_personal(logs, function):
    lines, secrets = logs
    forbidden = secrets | {"X-Amz-Signature", "X-Amz-Credential", "Bearer ", "whsec_", "@example.test", "guest="}
    found = {(word[:12], line[:300]) for line in lines[function] for word in forbidden if word in line}
    assert not found
    assert not [line[:300] for line in lines[function] if TOKEN.search(line)]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_line_of_ours_is_json_and_names_its_request(logs, function):
    lines, _ = logs
    platform = ("START RequestId", "END RequestId", "REPORT RequestId", "INIT_START")
    for line in lines[function]:
        if not line.startswith(platform):
            assert line.startswith("{"), line
            entry = json.loads(line)
            assert "_aws" in entry or entry["correlation_id"], line
