"""What is never repeated in a log, a row or a message: addresses, which may be signed, secrets, bytes of images."""

import re

# Each pattern begins where a word begins, so that a long text without blanks takes no quadratic time.
_REPLACED = (
    (re.compile(r"\bdata:[\w.+/-]*(?:;[\w.=+-]+)*,\S+", re.IGNORECASE), "(data)"),
    (re.compile(r"(?<![a-z0-9+.-])[a-z0-9+.-]+://\S+", re.IGNORECASE), "(an address)"),
    # Exceptions of HTTP clients name the host and the path apart: `HTTPConnectionPool(host='x', port=443): Max retries
    # exceeded with url: /path?query`.
    (re.compile(r"""\bhost=(['"])[^'"]*\1"""), "host=(a host)"),
    (re.compile(r"\burl:? ['\"]?/\S+"), "url (an address)"),
    (re.compile(r"(?<!\S)\S*(?:X-Amz-|Credential=|Signature=|X-Goog-)\S*", re.IGNORECASE), "(an address)"),
    (
        re.compile(
            r"(?<![\w.-])[\w.-]+\.(?:r2\.cloudflarestorage\.com|amazonaws\.com|replicate\.delivery)\b\S*", re.IGNORECASE
        ),
        "(an address)",
    ),
    (re.compile(r"\b(?:r8_\w{8,}|whsec_\S+)"), "(a secret)"),
    (re.compile(r"\b(Bearer|Token)\s+[\w.~+/=-]{16,}", re.IGNORECASE), r"\1 (a secret)"),
)


def redact(text: str) -> str:
    """The text with each address, host of a bucket, token and webhook secret in it replaced."""
    for pattern, replacement in _REPLACED:
        text = pattern.sub(replacement, text)
    return text
