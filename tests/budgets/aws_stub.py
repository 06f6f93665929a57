"""A stub of AWS for the measured functions: a loopback TLS server that has one row and one object and accepts writes.

It runs beside the measured process, keeps connections alive and counts the calls by operation, so that only the
function's own work is measured. It checks no signature: the tests on the local stack show that the calls are right.
"""

import binascii
import hashlib
import http.server
import ipaddress
import json
import ssl
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class AwsStub:
    """The data of the stub's answers, and its calls: `calls` counts operations such as `GetItem`.

    `headers` are those that the object was stored with.
    """

    def __init__(
        self, items: Mapping[str, Any], secrets: Mapping[str, str], image: bytes, headers: Mapping[str, str]
    ) -> None:
        self.items, self.secrets, self.image, self.headers = items, secrets, image, headers
        self.calls: Counter[str] = Counter()
        self.url = ""
        self.certificate = b""

    def answer(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer to an operation of DynamoDB, SQS or SSM."""
        if operation == "GetItem":
            item = self.items.get(next(iter(request["Key"].values()))["S"])
            return {"Item": item} if item else {}
        if operation == "BatchGetItem":
            return {"Responses": {}, "UnprocessedKeys": {}}
        if operation == "UpdateItem":
            return {"Attributes": {"used": {"N": "1"}}}
        if operation == "SendMessage":
            digest = hashlib.md5(request["MessageBody"].encode(), usedforsecurity=False).hexdigest()
            return {"MessageId": "message", "MD5OfMessageBody": digest}
        if operation == "GetParameters":
            return {"Parameters": [{"Name": name, "Value": self.secrets[name]} for name in request["Names"]]}
        if operation == "GetParameter":
            return {"Parameter": {"Name": request["Name"], "Value": self.secrets[request["Name"]]}}
        return {}


@contextmanager
def running(stub: AwsStub, folder: Path) -> Iterator[None]:
    """Serve on a free port of 127.0.0.1 until the end of the block; sets `url` and `certificate` (PEM)."""
    key_and_certificate = folder / "stub.pem"
    stub.certificate = _certificate(key_and_certificate)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(key_and_certificate)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _handler(stub))
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    stub.url = f"https://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(stub: AwsStub) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def log_message(self, *_: object) -> None:
            """Print nothing."""

        def do_POST(self) -> None:
            operation = self.headers["x-amz-target"].rpartition(".")[2]
            stub.calls[operation] += 1
            request = json.loads(self.rfile.read(int(self.headers["content-length"])))
            body = json.dumps(stub.answer(operation, request)).encode()
            self._send(
                200, body, {"content-type": self.headers["content-type"], "x-amz-crc32": str(binascii.crc32(body))}
            )

        def do_GET(self) -> None:
            stub.calls["GetObject"] += 1
            first, _, last = self.headers["range"].removeprefix("bytes=").partition("-")
            part = stub.image[int(first) : int(last) + 1 if last else None]
            whole = len(stub.image)
            content_range = {"content-range": f"bytes {first}-{int(first) + len(part) - 1}/{whole}"}
            self._send(206, part, {**stub.headers, **content_range})

        def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler


def _certificate(path: Path) -> bytes:
    """Write a key and a certificate for 127.0.0.1 to `path`; returns the certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "image-enhancer bench")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + pem)
    return pem
