"""A request as the HTTP API passes it on (payload format 2.0), read once.

Source: AWS, "AWS Lambda proxy integrations for HTTP APIs", read 2026-11-23: header names come in lower case, the route
key names the method or ANY and the route's path, `$default` is any path that matched no route.
"""

import base64
import binascii
import json
import math
from typing import Any

from enhancer.domain.messages import Message
from enhancer.errors import PayloadTooLarge, UnsupportedMediaType, ValidationFailed
from enhancer.http.translations import Language, preferred

JSON_BYTES = 262_144  # a JSON body; the longest that makes sense, a filename of 1,024 escaped characters, is 12 KiB


class Request:
    """One request, and headers that every response to it carries, errors included."""

    def __init__(self, event: dict[str, Any]) -> None:
        context = event["requestContext"]
        self.id: str = context["requestId"]
        self.method: str = context["http"]["method"]
        self.path: str = event["rawPath"]
        self.route: str = event["routeKey"].rpartition(" ")[2]
        self.path_parameters: dict[str, str] = event.get("pathParameters") or {}
        self.headers: dict[str, str] = event["headers"]
        self.cookies: list[str] = event.get("cookies") or []
        self.response_headers: dict[str, str] = {}
        self.rate_left: int | None = None
        self._event = event

    @property
    def content_type(self) -> str:
        """The request's content type as sent, empty when there is none."""
        return self.headers.get("content-type", "")

    @property
    def is_json(self) -> bool:
        """Return whether the content type says that the body is JSON."""
        return self.content_type.partition(";")[0].strip().lower() == "application/json"

    @property
    def language(self) -> Language:
        """The caller's preferred language of those that are available."""
        return preferred(self.headers.get("accept-language", ""))

    @property
    def client_ip(self) -> str:
        """The client's IP address: from the distribution if it names one, else from the gateway."""
        return self.headers.get("x-viewer-address") or str(self._event["requestContext"]["http"]["sourceIp"])

    def matches_etag(self, tag: str) -> bool:
        """Return whether the caller has the version with this entity tag, or any version."""
        given = self.headers.get("if-none-match", "")
        return given.strip() == "*" or any(item.strip().removeprefix("W/") == f'"{tag}"' for item in given.split(","))

    def query(self, name: str) -> str:
        """Return a query parameter, empty if it is missing."""
        given: dict[str, str] = self._event.get("queryStringParameters") or {}
        return given.get(name, "")

    def number(self, name: str, default: int) -> int:
        """Return a query parameter as a whole number, `default` if it is missing. Raises ValidationFailed."""
        text = self.query(name)
        if text and not (text.isascii() and text.isdecimal() and len(text) < 6):
            raise ValidationFailed(Message.NOT_A_WHOLE_NUMBER, field=name, actual=text[:20])
        return int(text) if text else default

    def body(self, max_bytes: int) -> bytes:
        """Return the exact bytes of the body.

        Raises PayloadTooLarge above `max_bytes`, UnsupportedMediaType for a compressed one, which HTTP APIs pass on
        unchanged, and ValidationFailed for invalid base64.
        """
        encoding = self.headers.get("content-encoding", "").strip().lower()
        if encoding not in {"", "identity"}:
            self.response_headers["accept-encoding"] = "identity"  # RFC 9110, 12.5.3: the encodings that are accepted
            raise UnsupportedMediaType(Message.CONTENT_ENCODING_UNSUPPORTED, actual=encoding)
        text = self._event.get("body") or ""
        try:
            body = base64.b64decode(text, validate=True) if self._event.get("isBase64Encoded") else text.encode()
        except (binascii.Error, UnicodeEncodeError):
            raise ValidationFailed(Message.BODY_NOT_DECODABLE) from None
        if len(body) > max_bytes:
            raise PayloadTooLarge(Message.BODY_TOO_LARGE, size=len(body), maxBytes=max_bytes)
        return body

    def json(self) -> dict[str, Any]:
        """Return the body as a JSON object without repeated names, NaN or infinities (RFC 8259, RFC 7493).

        Raises UnsupportedMediaType, PayloadTooLarge above JSON_BYTES, ValidationFailed.
        """
        if not self.is_json:
            raise UnsupportedMediaType(Message.JSON_REQUIRED)
        body = self.body(JSON_BYTES)
        try:
            found = json.loads(body, parse_constant=_no_number, parse_float=_finite, object_pairs_hook=_distinct)
        except (ValueError, RecursionError):
            raise ValidationFailed(Message.BODY_NOT_JSON) from None
        if not isinstance(found, dict):
            raise ValidationFailed(Message.BODY_MUST_BE_AN_OBJECT)
        return found


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValidationFailed(Message.NUMBER_TOO_LARGE, actual=text)
    return number


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValidationFailed(Message.BODY_NAME_REPEATED, field=name)
        found[name] = value
    return found
