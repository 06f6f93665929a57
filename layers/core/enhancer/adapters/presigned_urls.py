"""Presigned GET and HEAD URLs (SigV4 in the query) that stay the same for 15 minutes, so that browsers can cache.

boto3's URLs differ with every call; these are dated to the start of the current 15-minute window
(docs/decisions/0004). A test keeps them equal to botocore's output for the same date.
Source: AWS, "Authenticating Requests: Using Query Parameters", read 2026-11-22.
"""

import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import quote, urlencode, urlsplit

WINDOW = 900  # seconds for which a URL stays the same
EXPIRY = 1800  # seconds after its date until a URL expires: at least 15 minutes are left on any
_REGION = "auto"  # R2's only region


class R2PresignedUrls:
    """The port `PresignedUrls`. `credentials` gives access key id and secret access key when a link is first needed."""

    def __init__(self, endpoint: str, bucket: str, credentials: Callable[[], tuple[str, str]]) -> None:
        self._endpoint = endpoint
        self._bucket = bucket
        self._credentials = credentials

    def presign(self, key: str, *, method: str, now: datetime) -> tuple[str, int]:
        """See `ports.PresignedUrls.presign`."""
        access_key, secret = self._credentials()
        dated = int(now.timestamp()) // WINDOW * WINDOW
        stamp = datetime.fromtimestamp(dated, UTC).strftime("%Y%m%dT%H%M%SZ")
        scope = f"{stamp[:8]}/{_REGION}/s3/aws4_request"
        path = quote(f"/{self._bucket}/{key}")
        query = urlencode(
            {
                "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
                "X-Amz-Credential": f"{access_key}/{scope}",
                "X-Amz-Date": stamp,
                "X-Amz-Expires": EXPIRY,
                "X-Amz-SignedHeaders": "host",
            },
            quote_via=quote,
        )
        host = urlsplit(self._endpoint).netloc
        request = f"{method}\n{path}\n{query}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD"
        text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
        signature = f"AWS4{secret}".encode()
        for part in (*scope.split("/"), text):
            signature = hmac.digest(signature, part.encode(), hashlib.sha256)
        return f"{self._endpoint}{path}?{query}&X-Amz-Signature={signature.hex()}", dated + WINDOW - int(
            now.timestamp()
        )
