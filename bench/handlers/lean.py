"""Our function with a small SigV4 client of the standard library in place of botocore: what that would give.

Measured, not shipped (docs/decisions/0014). It has what a request needs and nothing of what a client owes: no retries,
no reconnection, no typed errors, no rotation of credentials.
"""

import hashlib
import hmac
import http.client
import json
import os
import ssl
import time
from urllib.parse import urlsplit

from enhancer import bootstrap

TARGETS = {"dynamodb": ("DynamoDB_20120810", "1.0"), "ssm": ("AmazonSSM", "1.1")}
REGION, KEY = os.environ["AWS_REGION"], os.environ["AWS_ACCESS_KEY_ID"]
HOST = urlsplit(os.environ["AWS_ENDPOINT_URL"]).netloc
CONTEXT = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
CONTEXT.load_verify_locations(os.environ["AWS_CA_BUNDLE"])


class Client:
    """One service."""

    def __init__(self, service):
        self.service = service
        self.connection = http.client.HTTPSConnection(HOST, context=CONTEXT)

    def __getattr__(self, method):
        operation = method.title().replace("_", "")
        return lambda **request: self.call(operation, request)

    def call(self, operation, request):
        """Sign, send, read."""
        prefix, version = TARGETS[self.service]
        body = json.dumps(request).encode()
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        headers = {
            "content-type": f"application/x-amz-json-{version}",
            "host": HOST,
            "x-amz-date": stamp,
            "x-amz-security-token": os.environ["AWS_SESSION_TOKEN"],
            "x-amz-target": f"{prefix}.{operation}",
        }
        names = ";".join(headers)
        signed = "".join(f"{name}:{value}\n" for name, value in headers.items())
        canonical = f"POST\n/\n\n{signed}\n{names}\n{hashlib.sha256(body).hexdigest()}"
        scope = f"{stamp[:8]}/{REGION}/{self.service}/aws4_request"
        text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        key = f"AWS4{os.environ['AWS_SECRET_ACCESS_KEY']}".encode()
        for part in (*scope.split("/"), text):
            key = hmac.digest(key, part.encode(), hashlib.sha256)
        headers["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={KEY}/{scope}, SignedHeaders={names}, Signature={key.hex()}"
        )
        self.connection.request("POST", "/", body, headers)
        return json.loads(self.connection.getresponse().read())


bootstrap._client = Client  # noqa: SLF001 - a measurement, from outside

from app import handler  # noqa: E402, F401
