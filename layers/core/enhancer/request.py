"""A request as the HTTP API hands it over (payload format 2.0), read once.

Source: AWS, "AWS Lambda proxy integrations for HTTP APIs", read 2026-11-23: header names come in lower case, the route
key names the method or ANY and the route's path, `$default` is whatever no route matched.
"""

import base64
import binascii
import json
from typing import Any

from enhancer.errors import UnsupportedMediaType, ValidationFailed
from enhancer.translations import Language, preferred


class Request:
    """One request, and the headers that its answer will carry whatever becomes of it."""

    def __init__(self, event: dict[str, Any]) -> None:
        context = event["requestContext"]
        self.id: str = context["requestId"]
        self.method: str = context["http"]["method"]
        self.path: str = event["rawPath"]
        self.route: str = event["routeKey"].rpartition(" ")[2]
        self.parameters: dict[str, str] = event.get("pathParameters") or {}
        self.headers: dict[str, str] = event["headers"]
        self.cookies: list[str] = event.get("cookies") or []
        self.answer_headers: dict[str, str] = {}
        self.rate_left: int | None = None
        self._event = event

    @property
    def content_type(self) -> str:
        """The request's content type as sent, empty when there is none."""
        return self.headers.get("content-type", "")

    @property
    def is_json(self) -> bool:
        """Whether the body is said to be JSON."""
        return self.content_type.partition(";")[0].strip().lower() == "application/json"

    @property
    def language(self) -> Language:
        """The caller's language, of those that we speak."""
        return preferred(self.headers.get("accept-language", ""))

    @property
    def client_address(self) -> str:
        """The client's IP address: the distribution's word where there is one, else the gateway's."""
        return self.headers.get("x-viewer-address") or str(self._event["requestContext"]["http"]["sourceIp"])

    def has_seen(self, tag: str) -> bool:
        """Whether the caller holds the version with this entity tag."""
        given = self.headers.get("if-none-match", "")
        return any(item.strip().removeprefix("W/") in {f'"{tag}"', "*"} for item in given.split(","))

    def query(self, name: str) -> str:
        """A query parameter, empty when it is not there."""
        given: dict[str, str] = self._event.get("queryStringParameters") or {}
        return given.get(name, "")

    def number(self, name: str, default: int) -> int:
        """A query parameter that is a whole number, `default` when it is not there. Raises ValidationFailed."""
        text = self.query(name)
        if text and not (text.isascii() and text.isdecimal() and len(text) < 6):
            raise ValidationFailed("{field} is {actual}; it must be a whole number.", field=name, actual=text[:20])
        return int(text) if text else default

    def body(self) -> bytes:
        """The exact bytes of the body. Raises ValidationFailed for base64 that is none."""
        body = self._event.get("body") or ""
        try:
            return base64.b64decode(body, validate=True) if self._event.get("isBase64Encoded") else body.encode()
        except binascii.Error:
            raise ValidationFailed("The body can't be decoded.") from None

    def json(self) -> dict[str, Any]:
        """The request's body as a JSON object. Raises UnsupportedMediaType or ValidationFailed."""
        if not self.is_json:
            raise UnsupportedMediaType("Send the body as application/json.")
        try:
            body = json.loads(self.body())
        except (ValueError, RecursionError):
            raise ValidationFailed("The body is not JSON.") from None
        if not isinstance(body, dict):
            raise ValidationFailed("The body must be a JSON object.")
        return body
