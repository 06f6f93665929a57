"""Redaction of logs, rows and messages: URLs (a presigned URL is a credential), secrets, image bytes."""

import re

# Each pattern begins at the start of a word, so that a long text without blanks takes no quadratic time.
_REPLACED = (
    (re.compile(r"\bdata:[\w.+/-]*(?:;[\w.=+-]+)*,\S+", re.IGNORECASE), "[redacted data]"),
    (re.compile(r"(?<![a-z0-9+.-])[a-z0-9+.-]+://\S+", re.IGNORECASE), "[redacted URL]"),
    # Exceptions of HTTP clients name the host and the path apart: `HTTPConnectionPool(host='x', port=443): Max retries
    # exceeded with url: /path?query`.
    (re.compile(r"""\bhost=(['"])[^'"]*\1"""), "host=[redacted host]"),
    (re.compile(r"\burl:? ['\"]?/\S+"), "url [redacted URL]"),
    (re.compile(r"(?<!\S)\S*(?:X-Amz-|Credential=|Signature=|X-Goog-)\S*", re.IGNORECASE), "[redacted URL]"),
    (
        re.compile(
            r"(?<![\w.-])[\w.-]+\.(?:r2\.cloudflarestorage\.com|amazonaws\.com|replicate\.delivery)\b\S*", re.IGNORECASE
        ),
        "[redacted URL]",
    ),
    (re.compile(r"\b(?:r8_\w{8,}|whsec_\S+)"), "[redacted secret]"),
    (re.compile(r"\b(Bearer|Token)\s+[\w.~+/=-]{16,}", re.IGNORECASE), r"\1 [redacted secret]"),
)


def redact(text: str) -> str:
    """Return the text with each URL, bucket host, token and webhook secret in it replaced."""
    for pattern, replacement in _REPLACED:
        text = pattern.sub(replacement, text)
    return text
