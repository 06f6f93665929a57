"""Keys while they are replaced, and the issuer while it is down, on a stack of their own."""

import base64
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import requests
from standardwebhooks import Webhook

from enhancer.adapters.signing import Signer
from enhancer.domain.owner import new_guest
from local.ports import free_ports
from tests.conftest import RAISED_LIMITS
from tests.images import make_image
from tests.integration.api_client import Client


class Issuer:
    """Publishes the keys of the stack's issuer, until it is stopped."""

    def __init__(self) -> None:
        self.stack = None
        (port,) = free_ports(1)
        self.url = f"http://127.0.0.1:{port}/jwks.json"
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = requests.get(f"{issuer.stack.base_url}/_local/jwks.json", timeout=10).content
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = HTTPServer(("127.0.0.1", port), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    serving = Issuer()
    yield serving
    if serving.stack is not None:
        serving.stop()


@pytest.fixture(scope="module")
def rotated(start_stack, issuer):
    """A stack whose cookie keys and webhook secrets are being replaced: new ones first, old ones still valid."""
    stack = start_stack(RAISED_LIMITS | {"OidcJwksUrl": issuer.url}, "instant")
    issuer.stack = stack
    new_key, new_secret = base64.b64encode(b"n" * 32).decode(), "whsec_" + base64.b64encode(b"n" * 24).decode()
    old = stack.deployment.secrets
    for name, value in [
        ("cookie-keys", f"new2:{new_key} {old['cookie-keys']}"),
        ("replicate-webhook-secret", f"{new_secret} {old['replicate-webhook-secret']}"),
    ]:
        stack.client("ssm").put_parameter(
            Name=f"/image-enhancer/{name}", Value=value, Type="SecureString", Overwrite=True
        )
    return stack, new_secret


def deliver(stack, secret):
    now = datetime.now(UTC)
    body = json.dumps({"id": "x", "status": "succeeded", "input": {}, "output": None})
    headers = {
        "webhook-id": "msg",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg", now, body),
    }
    return requests.post(
        f"{stack.base_url}/api/webhooks/replicate?job=x", data=body, headers=headers, timeout=30
    ).status_code


def test_a_delivery_signed_with_the_old_secret_is_taken_beside_the_new_one(rotated):
    stack, new_secret = rotated
    assert deliver(stack, new_secret) == 200
    assert deliver(stack, stack.deployment.secrets["replicate-webhook-secret"]) == 200
    assert deliver(stack, "whsec_" + base64.b64encode(b"x" * 24).decode()) == 401


def test_a_cookie_signed_with_the_old_key_is_still_its_guest_and_new_ones_get_the_new_key(rotated):
    stack, _ = rotated
    old = Signer(lambda: [stack.deployment.secrets["cookie-keys"]])
    with Client(stack.base_url) as guest, Client(stack.base_url) as other:
        guest.session.cookies.set("guest", old.sign("guest", new_guest().id))
        job = guest.enhance(make_image("PNG"), "image/png")
        assert job["status"] == "succeeded"
        assert other.presign(b"x", "image/png").status_code == 201
        assert ".new2." in other.session.cookies["guest"]


def test_known_keys_outlive_the_issuer_and_without_any_a_user_is_never_taken_for_a_guest(rotated, issuer):
    stack, _ = rotated
    with Client(stack.base_url, stack.token("alice")) as alice:
        assert alice.call("GET", "/api/ai-image/usage").json()["data"]["ownerType"] == "user"
        issuer.stop()
        issuer.stack = None
        assert alice.call("GET", "/api/ai-image/usage").json()["data"]["ownerType"] == "user"
        refused = alice.call("POST", "/api/session")
        assert (refused.status_code, refused.json()["error"]["type"]) == (503, "service_unavailable")
        assert refused.headers["Retry-After"] == "60"
        assert "Set-Cookie" not in refused.headers
