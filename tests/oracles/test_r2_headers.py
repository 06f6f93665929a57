"""What botocore really sends to R2 for us, against Cloudflare's table of what R2's S3 API implements."""

import dataclasses
import hashlib
import inspect
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import botocore.session
import pytest
from botocore import xform_name
from botocore.awsrequest import AWSResponse

from enhancer import aws_clients
from enhancer.adapters import r2 as adapter
from enhancer.adapters.r2 import R2ImageStore
from enhancer.usecases.request_upload import upload_headers
from operate import r2
from operate.stage import read_stage
from tests.terminal import Scripted

DOCUMENTED = json.loads((Path(__file__).parent / "fixtures" / "r2_s3_api.json").read_text())
PUBLISHED, METADATA = DOCUMENTED["operations"], DOCUMENTED["metadata"]
SIGNATURE = {"authorization", "x-amz-content-sha256", "x-amz-date"}
"""What each request signed by the fourth version carries; R2's examples use it throughout."""
TRANSPORT = {"accept-encoding", "amz-sdk-invocation-id", "amz-sdk-request", "connection", "content-length", "host"}
PLAIN = {"user-agent", "expect"}


@dataclasses.dataclass(frozen=True)
class Sent:
    operation: str
    headers: dict[str, str]
    query: dict[str, list[str]]
    body: bytes


class Server(ThreadingHTTPServer):
    """Writes down each request as it came over the wire, and answers what lets the caller go on."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.came: list[tuple[dict[str, str], dict[str, list[str]], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        query = parse_qs(urlsplit(self.path).query, keep_blank_values=True)
        self.server.came.append(({name.lower(): value for name, value in self.headers.items()}, query, body))
        content = b"" if self.command in {"HEAD", "DELETE"} else b"<Answer/>"
        self.send_response(204 if self.command == "DELETE" else 200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_HEAD = do_PUT = do_DELETE = do_POST = answer  # noqa: N815 - the names of http.server

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    serving = Server()
    thread = threading.Thread(target=serving.serve_forever)
    thread.start()
    yield serving
    serving.shutdown()
    thread.join()
    serving.server_close()


@pytest.fixture
def sent(server: Server) -> list[Sent]:
    """Every S3 operation that the functions and `make secrets`, `doctor`, `bucket` send, once at least."""
    names: list[str] = []
    ours = aws_clients.r2_client(server.url, "key-id", "secret-access-key")
    desk = r2.r2_client(server.url, "key-id", "secret-access-key")
    for client in (ours, desk):
        client.meta.events.register(
            "before-send.s3", lambda event_name, **_: names.append(event_name.rpartition(".")[2])
        )
    images = R2ImageStore(lambda: ours, "bucket", lambda: ours)
    images.write("key", b"content", "image/png", "no-store", "attachment")
    images.head("key", 8)
    images.read("key", 3)
    images.copy("key", "other")
    images.delete(["key"])
    list(images.list("prefix/", "prefix/after"))
    r2.check_token(desk, "bucket", "prefix/")
    r2.lifecycle_gaps(desk, "bucket", "prefix/")
    stage = read_stage("dev")
    stage = dataclasses.replace(stage, parameters={**stage.parameters, "R2Bucket": "bucket"})
    r2.configure(stage, desk, "https://images.test", Scripted(), dry_run=False)
    assert len(names) == len(server.came)
    return [Sent(name, *each) for name, each in zip(names, server.came, strict=True)]


def test_each_operation_that_the_code_names_is_looked_at(sent: list[Sent]) -> None:
    known = botocore.session.Session().get_service_model("s3").operation_names
    code = inspect.getsource(adapter) + inspect.getsource(r2)
    named = {name for name in known if re.search(rf"""[."]{xform_name(name)}\b""", code)}
    assert {each.operation for each in sent} == named


def test_no_header_is_sent_that_r2_does_not_implement(sent: list[Sent]) -> None:
    for each in sent:
        published = PUBLISHED[each.operation]
        extra = set(each.headers) - SIGNATURE - TRANSPORT - PLAIN
        assert not extra & set(published["not_implemented"]), each.operation
        bodily = {"content-type"} if each.operation.startswith("PutBucket") else set()
        assert extra <= set(published["implemented"]) | bodily, each.operation


def test_no_query_is_sent_that_r2_does_not_implement(sent: list[Sent]) -> None:
    [listed, *_] = [each.query for each in sent if each.operation == "ListObjectsV2"]
    assert set(listed) <= set(PUBLISHED["ListObjectsV2"]["query"])


def test_bodies_are_plain_and_signed(sent: list[Sent]) -> None:
    """No aws-chunked encoding, no trailer: the signature names the SHA-256 of the very bytes that came."""
    for each in sent:
        assert each.headers["x-amz-content-sha256"] == hashlib.sha256(each.body).hexdigest(), each.operation


def test_over_tls_the_two_settings_are_signed_with_their_bodies_and_carry_no_checksum() -> None:
    """Botocore may leave a body unsigned over TLS; for what it sends without a checksum it does not."""
    desk, requests = r2.r2_client("https://account.r2.cloudflarestorage.com", "key-id", "secret-access-key"), []

    class Nothing:
        def stream(self, **_: Any) -> Iterator[bytes]:
            yield b"<Answer/>"

    def answer(request: Any, **_: Any) -> AWSResponse:
        requests.append(request)
        return AWSResponse(request.url, 200, {}, Nothing())

    desk.meta.events.register("before-send.s3", answer)
    stage = read_stage("dev")
    r2.configure(stage, desk, "https://images.test", Scripted(), dry_run=False)
    puts = [request for request in requests if request.method == "PUT"]
    assert len(puts) == 2
    for request in puts:
        headers = {name.lower(): value for name, value in request.headers.items()}
        assert headers["x-amz-content-sha256"] == hashlib.sha256(request.body).hexdigest().encode()
        assert not [name for name in headers if "checksum" in name or name == "content-md5"]


def test_an_upload_link_names_no_checksum() -> None:
    """Signed with the defaults of botocore, a link promises a CRC32 that no browser sends."""
    client = aws_clients.r2_client("https://account.r2.cloudflarestorage.com", "key-id", "secret-access-key")
    upload = R2ImageStore(lambda: client, "bucket", lambda: client).presign_put(
        "key", 3, upload_headers(f"p{'a' * 25}", 3), 60
    )
    query = parse_qs(urlsplit(upload.url).query)
    assert not [name for name in query if "checksum" in name.lower()]
    signed = set(query["X-Amz-SignedHeaders"][0].split(";"))
    assert signed - {"host", "content-length"} == set(upload.headers)
    metadata = {name for name in signed if name.startswith(METADATA)}
    assert set(upload.headers) - metadata <= set(PUBLISHED["PutObject"]["implemented"])


class Refusing:
    """An R2 that refuses what it is sent, as it refuses headers that it does not implement."""

    def __init__(self, client: Any, *refused: str, status: int = 501, code: str = "NotImplemented") -> None:
        self.asked: list[str] = []
        self._refused, self._status, self._code = refused, status, code
        client.meta.events.register("before-send.s3", self._answer)

    def _answer(self, request: Any, event_name: str, **_: Any) -> AWSResponse:
        operation = event_name.rpartition(".")[2]
        self.asked.append(operation)
        failed = operation in self._refused
        said = "Header 'x-amz-sdk-checksum-algorithm' with value 'CRC32' not implemented"
        body = f"<Error><Code>{self._code}</Code><Message>{said}</Message></Error>" if failed else "<Answer/>"

        class Raw:
            def stream(self, **_: Any) -> Iterator[bytes]:
                yield body.encode()

        return AWSResponse(request.url, self._status if failed else 200, {}, Raw())


@pytest.mark.parametrize(
    ("refused", "says"),
    [
        (
            ["PutBucketCors"],
            r"PutBucketCors as it was sent \(501 NotImplemented, header x-amz-sdk-checksum-algorithm\)",
        ),
        (["PutBucketLifecycleConfiguration"], "does not take PutBucketLifecycleConfiguration"),
        (["PutBucketCors", "PutBucketLifecycleConfiguration"], "PutBucketCors .*PutBucketLifecycleConfiguration"),
        (["GetBucketCors"], "does not take GetBucketCors"),
    ],
)
def test_what_r2_does_not_implement_is_no_matter_of_the_token_and_the_other_setting_is_tried(
    refused: list[str], says: str
) -> None:
    desk = r2.r2_client("https://account.r2.cloudflarestorage.com", "key-id", "secret-access-key")
    refusing = Refusing(desk, *refused)
    with pytest.raises(r2.OperatorError, match=says) as refusal:
        r2.configure(read_stage("dev"), desk, "https://images.test", Scripted(), dry_run=False)
    assert "Admin Read & Write" not in str(refusal.value)
    assert "PutBucketLifecycleConfiguration" in refusing.asked


def test_a_token_that_may_not_is_named_as_the_reason() -> None:
    desk = r2.r2_client("https://account.r2.cloudflarestorage.com", "key-id", "secret-access-key")
    both = ("PutBucketCors", "PutBucketLifecycleConfiguration")
    Refusing(desk, *both, status=403, code="AccessDenied")
    with pytest.raises(r2.OperatorError) as refusal:
        r2.configure(read_stage("dev"), desk, "https://images.test", Scripted(), dry_run=False)
    assert str(refusal.value).count("(AccessDenied). It needs an Admin Read & Write token") == 2


@pytest.mark.parametrize(
    ("expiration", "gaps"),
    [
        ('expiry-date="Fri, 27 Nov 2026 12:00:00 GMT", rule-id="image-enhancer-dev-uploads"', ["results"]),
        ('expiry-date="Sun, 27 Dec 2026 00:00:00 GMT", rule-id="x"', ["uploads"]),
        ('expiry-date="Mon, 25 Jan 2027 00:00:00 GMT", rule-id="x"', ["uploads", "results"]),
        (None, ["uploads", "results"]),
    ],
)
def test_the_bucket_is_asked_when_it_deletes_what_was_just_written(expiration: str | None, gaps: list[str]) -> None:
    """R2 reflects the rules at once in `x-amz-expiration` of a new object (its page "Object lifecycles")."""
    desk = r2.r2_client("https://account.r2.cloudflarestorage.com", "key-id", "secret-access-key")
    folders = {"uploads"} if expiration and "uploads" in expiration else {"uploads", "results"}
    asked: list[str] = []

    def answer(request: Any, event_name: str, **_: Any) -> AWSResponse:
        asked.append(event_name.rpartition(".")[2])
        headers = {"Last-Modified": "Wed, 25 Nov 2026 10:00:00 GMT"}
        if expiration and any(f"/{folder}/" in request.url for folder in folders):
            headers["x-amz-expiration"] = expiration

        class Raw:
            def stream(self, **_: Any) -> Iterator[bytes]:
                yield b""

        return AWSResponse(request.url, 200, headers, Raw())

    desk.meta.events.register("before-send.s3", answer)
    assert list(r2.lifecycle_gaps(desk, "bucket", "prefix/")) == gaps
    assert asked.count("PutObject") == asked.count("DeleteObject") == 2, "what was written is deleted"
