"""Small pictures inside the request itself."""

import base64
import binascii
from urllib.parse import unquote_to_bytes

# "Use a data URL when you have a small file <= 256kb": api.replicate.com/openapi.json, copy of 2026-04-09.
DATA_URL_MAX_BYTES = 256 * 1024


def is_data_url(url: str) -> bool:
    """Tell a data URL from one to fetch."""
    return url[:5].lower() == "data:"


def read_data_url(url: str) -> bytes:
    """Return the bytes that a data URL holds; raises ValueError if it is malformed or holds over 256 kB."""
    head, comma, payload = url[5:].partition(",")
    if not comma:
        raise ValueError("The data URL has no comma between its type and its data")
    if head.lower().endswith(";base64"):
        try:
            content = base64.b64decode(payload, validate=True)
        except binascii.Error:
            raise ValueError("The data URL is not valid base64") from None
    else:
        content = unquote_to_bytes(payload)
    if len(content) > DATA_URL_MAX_BYTES:
        raise ValueError(f"The data URL holds {len(content)} bytes; above {DATA_URL_MAX_BYTES} bytes pass an HTTP URL")
    return content
