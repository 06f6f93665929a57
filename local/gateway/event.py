"""Builds the payload 2.0 event that an HTTP API sends to a function.

Fields: docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html (2026-11-22).
Where that page is silent, it follows AWS's own emulator (aws/aws-lambda-dotnet, Tools/LambdaTestTool-v2,
HttpContextExtensions.cs, 2026-11-22): `rawPath` and path parameters are percent-decoded, `rawQueryString` is not.
"""

import base64
import secrets
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

from deployment.emulator import REGION
from local.gateway.routes import Match

ACCOUNT = "000000000000"
NOT_FORWARDED = frozenset({"host", "cookie", "connection", "transfer-encoding", "expect"})
TEXT_TYPES = frozenset({"application/json", "application/javascript", "application/xml"})
Pairs = Iterable[tuple[str, str]]


@dataclass(frozen=True)
class GatewayRequest:
    """One HTTP request as it reached the gateway; `target` is the raw path and query."""

    method: str
    target: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    source_ip: str

    @property
    def path(self) -> str:
        """The percent-decoded path."""
        return unquote(self.target.partition("?")[0])

    @property
    def query(self) -> str:
        """The query as sent, without the question mark."""
        return self.target.partition("?")[2]


def build_event(request: GatewayRequest, match: Match, api_id: str, origin_secret: str) -> dict[str, Any]:
    """Return the event for a matched request, with the headers that CloudFront adds."""
    now = time.time()
    domain = f"{api_id}.execute-api.{REGION}.amazonaws.com"
    headers = _forwarded_headers(request, domain, origin_secret)
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": match.route.key,
        "rawPath": request.path,
        "rawQueryString": request.query,
        "headers": headers,
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": api_id,
            "domainName": domain,
            "domainPrefix": api_id,
            "http": {
                "method": request.method,
                "path": request.path,
                "protocol": "HTTP/1.1",
                "sourceIp": request.source_ip,
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": secrets.token_urlsafe(11) + "=",
            "routeKey": match.route.key,
            "stage": "$default",
            "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
            "timeEpoch": int(now * 1000),
        },
        "isBase64Encoded": False,
    }
    # The four members below are absent, not empty, when there is no value.
    if cookies := _cookies(request.headers):
        event["cookies"] = cookies
    if request.query:
        event["queryStringParameters"] = _joined(parse_qsl(request.query, keep_blank_values=True), ",")
    if match.path_parameters:
        event["pathParameters"] = dict(match.path_parameters)
    if request.body:
        event["body"], event["isBase64Encoded"] = _body(request.body, headers.get("content-type", ""))
    return event


def _forwarded_headers(request: GatewayRequest, domain: str, origin_secret: str) -> dict[str, str]:
    """Return the headers in lower case, repeated ones joined; CloudFront's own replace any that the client sent."""
    sent = _joined(((name.lower(), value) for name, value in request.headers if name.lower() not in NOT_FORWARDED), ",")
    forwarded_for = f"{sent['x-forwarded-for']}, " if "x-forwarded-for" in sent else ""
    return {
        "content-length": str(len(request.body)),
        **sent,
        "host": domain,
        "x-amzn-trace-id": f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)}",
        "x-forwarded-for": f"{forwarded_for}{request.source_ip}",
        "x-forwarded-port": "443",
        "x-forwarded-proto": "https",
        "x-origin-verify": origin_secret,
        "x-viewer-address": request.source_ip,
    }


def _cookies(headers: Pairs) -> list[str]:
    sent = [value for name, value in headers if name.lower() == "cookie"]
    return [cookie.strip() for value in sent for cookie in value.split(";") if cookie.strip()]


def _joined(pairs: Pairs, separator: str) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]}{separator}{value}" if name in joined else value
    return joined


def _body(body: bytes, content_type: str) -> tuple[str, bool]:
    """Return the body as text, or base64 for types that are not text to HTTP APIs, such as forms and multipart."""
    media_type = content_type.partition(";")[0].strip().lower()
    if not media_type or media_type.startswith("text/") or media_type in TEXT_TYPES or media_type.endswith("+json"):
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            return base64.b64encode(body).decode(), True
    return base64.b64encode(body).decode(), True
