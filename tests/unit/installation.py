"""An installation in this process: the functions' own handlers behind the template's routes, on a world of fakes."""

import base64
import importlib.util
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from enhancer import bootstrap
from enhancer.adapters.identity import Token
from enhancer.adapters.signing import Signer
from enhancer.domain.owner import Caller
from enhancer.settings import Settings
from local.gateway.event import GatewayRequest, build_event
from local.gateway.routes import match_route, parse_route
from tests.unit.conftest import PREFIX, World
from tests.unit.test_template import FUNCTIONS, ROOT, example_values

BASE_URL = "https://images.example.com"
KEY = base64.b64encode(b"k" * 32).decode()
VALUES = {
    "PUBLIC_BASE_URL": BASE_URL,
    "AI_R2_PREFIX": PREFIX,
    "OIDC_ISSUER": "https://issuer.test",
    "OIDC_JWKS_URL": "https://issuer.test/keys",
    "RATE_LIMITS": "create=100000,upload=100000,status=100000,image=100000,other=100000,guest=100000",
    "GUEST_JOBS_PER_ADDRESS": "100000",
    "REQUIRE_VERIFIED_EMAIL": "false",
    "MAX_UPLOAD_BYTES": "10485760",
    "MAX_PIXELS": "50000000",
    "QUOTA_JOBS": "100000",
    "DAILY_RUN_LIMIT": "100000",
    "GENERATE_WAIT_SECONDS": "0",
    "STATUS_WAIT_SECONDS": "0",
}
ROUTES = [
    parse_route(
        f"{event['Properties'].get('Method', 'ANY')} {event['Properties']['Path']}"
        if "Path" in event["Properties"]
        else "$default",
        Path(function["CodeUri"]).name,
    )
    for function in FUNCTIONS.values()
    for event in function.get("Events", {}).values()
    if event["Type"] == "HttpApi"
]


@dataclass(frozen=True)
class Reply:
    """What a handler returned."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    cookies: list[str]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Installation:
    """Handlers on the world's tables, bucket, queues and provider, with real signatures, cookies and share links."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
        self.world = world
        self._monkeypatch = monkeypatch
        self._values = VALUES | values
        self._loaded: dict[str, Any] = {}
        world.clock.now = datetime.now(UTC)
        secrets = SimpleNamespace(get=lambda _: KEY, several=lambda _: [f"k:{KEY}"])
        parts = {
            "jobs": world.jobs,
            "usage": world.usage,
            "images": world.images,
            "messages": world.messages,
            "provider": world.provider,
            "presigned_urls": world.start_job.urls,
            "secrets": secrets,
        }
        for name, part in parts.items():
            monkeypatch.setattr(bootstrap, name, lambda part=part: part)
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        self._signer = Signer(lambda: [f"k:{KEY}"])

    def cookie(self, caller: Caller) -> str:
        """The Cookie header of a guest, or of a user's session."""
        if caller.owner.type == "guest":
            return f"__Host-guest={self._signer.sign('guest', caller.owner.id)}"
        self._monkeypatch.setattr(bootstrap, "settings", Settings({"COOKIE_KEYS": "1", **self._values}))
        made, _ = bootstrap.identity().open_session(Token(caller, datetime.now(UTC) + timedelta(hours=1)))
        return f"{made.name}={made.value}"

    def call(
        self,
        method: str,
        target: str,
        *,
        caller: Caller | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | str | Mapping[str, Any] = b"",
        address: str = "203.0.113.7",
    ) -> Reply:
        """Send a request as the gateway hands it on; a mapping is sent as JSON."""
        sent = dict(headers or {})
        if caller:
            sent["cookie"] = self.cookie(caller)
        if isinstance(body, Mapping):
            sent.setdefault("content-type", "application/json")
            body = json.dumps(body)
        data = body.encode() if isinstance(body, str) else body
        incoming = GatewayRequest(method, target, list(sent.items()), data, address)
        match = match_route(ROUTES, method, incoming.path)
        assert match is not None
        event = build_event(incoming, match, "api", f"k:{KEY}")
        answer = self._app(match.route.function).handler(event, SimpleNamespace(aws_request_id="request"))
        text = answer.get("body", "")
        content = base64.b64decode(text) if answer.get("isBase64Encoded") else text.encode()
        return Reply(answer["statusCode"], answer["headers"], content, answer.get("cookies", []))

    def _app(self, name: str) -> Any:
        if name not in self._loaded:
            function = next(each for each in FUNCTIONS.values() if each["CodeUri"] == f"functions/{name}/")
            known = example_values(function)
            values = {key: self._values.get(key, value) for key, value in known.items()}
            self._monkeypatch.setattr(bootstrap, "settings", Settings(values))
            spec = importlib.util.spec_from_file_location(f"installed_{name}", ROOT / function["CodeUri"] / "app.py")
            assert spec
            assert spec.loader
            self._loaded[name] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(self._loaded[name])
        return self._loaded[name]
