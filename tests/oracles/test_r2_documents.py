"""The bucket's adapter against what Cloudflare's documents say (fixtures/r2): calls, headers, links, error codes."""

import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from botocore.exceptions import ClientError

from enhancer.adapters.presigned_urls import R2PresignedUrls
from enhancer.adapters.r2 import R2ImageStore
from enhancer.aws_clients import r2_client
from enhancer.domain.caching import ORIGINAL_CACHE
from enhancer.usecases.request_upload import LIFETIME, upload_headers

DOCUMENTS = Path(__file__).parent / "fixtures" / "r2"
METADATA = json.loads((DOCUMENTS.parent / "r2_s3_api.json").read_text())["metadata"]
SAID = json.loads((DOCUMENTS / "operations.json").read_text())
ERRORS = json.loads((DOCUMENTS / "errors.json").read_text())
STATUS = {each["code"]: each["status"] for each in ERRORS}
SIGNING = {"x-amz-date", "x-amz-content-sha256", "authorization"}
OF_ANY_REQUEST = {
    "host",
    "user-agent",
    "accept-encoding",
    "content-length",
    "connection",
    "amz-sdk-request",
    "amz-sdk-invocation-id",
}
PAGE = '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{}</ListBucketResult>'
MORE = "<IsTruncated>true</IsTruncated><NextContinuationToken>more</NextContinuationToken>"
KEY = "ai-enhancer/uploads/guest/x/input.png"


@dataclass
class Answers:
    """What a server has to answer, in turn; the last one repeats. It keeps what it was asked."""

    bodies: list[tuple[int, bytes]]
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    @property
    def headers(self) -> dict[str, str]:
        """Of the last request, by lower-case name."""
        return self.asked[-1][2]

    @property
    def query(self) -> set[str]:
        """The names in the last request's query."""
        return set(parse_qs(urlsplit(self.asked[-1][1]).query, keep_blank_values=True))


@contextmanager
def serving(*bodies: tuple[int, bytes]) -> Iterator[tuple[R2ImageStore, Answers]]:
    answers = Answers(list(bodies))

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            answers.asked.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}))
            self.rfile.read(int(self.headers.get("content-length", 0)))
            status, body = answers.bodies.pop(0) if len(answers.bodies) > 1 else answers.bodies[0]
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_PUT = do_DELETE = do_HEAD = answer  # noqa: N815 - the names that the server looks for

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        client = r2_client(f"http://127.0.0.1:{server.server_port}", "id", "secret")
        try:
            yield R2ImageStore(lambda: client, "images", lambda: client), answers
        finally:
            server.shutdown()
            client.close()


def refusal(code: str) -> tuple[int, bytes]:
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>As R2 says it.</Message></Error>"
    return STATUS[code], body.encode()


COPIED = b'<CopyObjectResult><ETag>"x"</ETag></CopyObjectResult>'
CALLS = {
    "GetObject": ((200, b"0123"), lambda images: (images.head(KEY, 4), images.read(KEY, 2)), {"range"}),
    "PutObject": (
        (200, b""),
        lambda images: images.write(KEY, io.BytesIO(b"x"), "image/png", ORIGINAL_CACHE, "attachment"),
        {"content-type", "cache-control", "content-disposition"},
    ),
    "CopyObject": ((200, COPIED), lambda images: images.copy(KEY, "copy"), {"x-amz-copy-source"}),
    "DeleteObject": ((204, b""), lambda images: images.delete([KEY]), set()),
}


@pytest.mark.parametrize("operation", CALLS)
def test_what_a_call_sends_is_implemented(operation):
    answer, call, relied_on = CALLS[operation]
    said = SAID["operations"][operation]
    with serving(answer) as (images, answers):
        call(images)
        sent = set(answers.headers) - SIGNING - OF_ANY_REQUEST
    assert "expect" not in sent, "R2 never answers 100, and the client waits a second for it"
    assert relied_on <= sent
    assert sent <= {name.lower() for name in said["implemented"]}, "the rest is not implemented or not written"
    assert answers.headers["x-amz-content-sha256"] != "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
    assert "transfer-encoding" not in answers.headers


def test_a_list_asks_only_what_is_implemented():
    with serving((200, PAGE.format(MORE).encode()), (200, PAGE.format("").encode())) as (images, answers):
        assert list(images.list("ai-enhancer/", "ai-enhancer/a")) == []
        asked = [set(parse_qs(urlsplit(path).query)) for _, path, _ in answers.asked]
    assert asked[1] - asked[0] == {"continuation-token"}
    assert set().union(*asked) <= set(SAID["operations"]["ListObjectsV2"]["query"])


def test_a_presigned_upload_signs_what_is_implemented_for_as_long_as_may_be():
    with serving((200, b"")) as (images, _):
        upload = images.presign_put(KEY, 4, upload_headers(f"p{'a' * 25}", 4), int(LIFETIME.total_seconds()))
    query = dict(parse_qsl(urlsplit(upload.url).query))
    signed = set(query["X-Amz-SignedHeaders"].split(";")) - OF_ANY_REQUEST
    assert signed == {"cache-control", "content-type", "if-none-match", "x-amz-meta-upload"}
    allowed = [*SAID["operations"]["PutObject"]["implemented"], *SAID["conditional"]["PutObject"]]
    metadata = {name for name in signed if name.startswith(METADATA)}
    assert signed - metadata <= {name.lower() for name in allowed}
    assert not any(name.lower().startswith("x-amz-") and name[6:] not in QUERY_OF_A_SIGNATURE for name in query)
    low, high = SAID["presigned"]["seconds"]
    assert low <= int(query["X-Amz-Expires"]) <= high


QUERY_OF_A_SIGNATURE = {"Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature"}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_presigned_urls_are_of_a_method_and_a_time_that_links_may_have(method):
    links = R2PresignedUrls("https://account.r2.cloudflarestorage.com", "images", lambda: ("id", "secret"))
    address, _ = links.presign(KEY, method=method, now=datetime.now(UTC))
    query = dict(parse_qsl(urlsplit(address).query))
    low, high = SAID["presigned"]["seconds"]
    assert method in SAID["presigned"]["methods"]
    assert low <= int(query["X-Amz-Expires"]) <= high


@pytest.mark.parametrize("code", sorted(STATUS))
def test_each_error_is_understood(code):
    with serving(refusal(code)) as (images, answers):
        if code == "NoSuchKey":
            assert images.head(KEY, 4) is None
            assert images.copy(KEY, "copy") is False
        elif code == "InvalidRange":
            assert images.head(KEY, 4) == (0, b"")
        else:
            with pytest.raises(ClientError) as raised:
                images.read(KEY)
            assert raised.value.response["Error"]["Code"] == code
            tries = 3 if code in {"InternalError", "ServiceUnavailable", "TooManyRequests"} else 1
            assert len(answers.asked) == tries, "what passes by itself is tried again, and nothing else"
