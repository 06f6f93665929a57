"""Translates the result of a function into an HTTP response, as an HTTP API does.

Rules: docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html, "Lambda function
response for format 2.0", and aws/aws-lambda-dotnet, Tools/LambdaTestTool-v2, InvokeResponseExtensions.cs (2026-11-22).
"""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

Headers = list[tuple[str, str]]

OWN_HEADERS = frozenset({"content-length", "connection", "transfer-encoding", "keep-alive", "date", "server"})
"""Set by the gateway itself; a function's values are ignored."""
BODYLESS = (204, 304)


@dataclass(frozen=True)
class Response:
    """Status, headers (repeated names allowed) and body."""

    status: int
    headers: Headers
    body: bytes


def error_response(status: int, message: str) -> Response:
    """Return an error response of the gateway itself: `{"message": …}`."""
    return Response(status, [("content-type", "application/json")], json.dumps({"message": message}).encode())


INTERNAL_ERROR = error_response(500, "Internal Server Error")


def response_of(payload: bytes) -> Response:
    """Translate the result of a function; INTERNAL_ERROR if it has a statusCode but not the documented shape."""
    result = json.loads(payload)
    if not isinstance(result, dict) or "statusCode" not in result:
        body = result.encode() if isinstance(result, str) else payload
        return Response(200, [("content-type", "application/json")], body)
    try:
        return _structured(result)
    except (TypeError, ValueError, AttributeError, binascii.Error):
        return INTERNAL_ERROR


def _structured(result: dict[str, Any]) -> Response:
    status = int(result["statusCode"])
    if not 200 <= status <= 599:
        return INTERNAL_ERROR
    headers = [
        (name.lower(), _header_value(value))
        for name, value in (result.get("headers") or {}).items()
        if name.lower() not in OWN_HEADERS
    ]
    headers += [("set-cookie", _header_value(cookie)) for cookie in result.get("cookies") or []]
    text = result.get("body") or ""
    body = base64.b64decode(text, validate=True) if result.get("isBase64Encoded") else text.encode()
    if status not in BODYLESS and not any(name == "content-type" for name, _ in headers):
        headers.append(("content-type", "text/plain;charset=utf-8"))
    return Response(status, headers, body)


def _header_value(value: object) -> str:
    """Write a header value as JSON does; raises TypeError for null, lists, objects and line breaks."""
    text = value if isinstance(value, str) else json.dumps(value)
    if value is None or isinstance(value, dict | list) or "\r" in text or "\n" in text:
        raise TypeError("not a header value")
    return text
