"""What only the S3 interface has: headers that are stored and signed, and error codes."""

import io
from datetime import UTC, datetime, timedelta
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from botocore.response import StreamingBody
from botocore.stub import Stubber

from enhancer.adapters.r2 import R2ImageStore
from enhancer.ports import Uploaded
from tests.contract.conftest import boto_session

KEY = "ai-enhancer/uploads/guest/x/y/input.png"
SIGNED = {"content-type": "image/png", "cache-control": "public", "x-amz-meta-upload": "u.10"}


@pytest.fixture
def client(aws):  # noqa: ARG001 - it is there
    client = boto_session().client("s3", region_name="us-east-1")
    client.create_bucket(Bucket="images")
    return client


@pytest.fixture
def bucket(client):
    return R2ImageStore(lambda: client, "images", lambda: client)


@pytest.fixture
def stubbed(client):
    with Stubber(client) as stub:
        yield stub
        stub.assert_no_pending_responses()


@pytest.mark.parametrize("disposition", [None, 'attachment; filename="cat.png"'])
def test_an_object_has_the_headers_it_was_written_with(client, bucket, disposition):
    bucket.write(KEY, b"x", "image/png", "private, max-age=60", disposition)
    stored = client.head_object(Bucket="images", Key=KEY)
    assert (stored["ContentType"], stored["CacheControl"]) == ("image/png", "private, max-age=60")
    assert stored.get("ContentDisposition") == disposition


def test_what_a_client_stored_with_its_upload_is_told(client, bucket):
    client.put_object(
        Bucket="images", Key=KEY, Body=b"0123456789", ContentType="image/png", CacheControl="public",
        Metadata={"Upload": "u.10", "more": "x"},
    )  # fmt: skip
    assert bucket.uploaded(KEY, 4) == Uploaded(10, b"0123", {**SIGNED, "x-amz-meta-more": "x"})
    client.put_object(Bucket="images", Key=KEY, Body=b"")
    assert bucket.uploaded(KEY, 4) == Uploaded(0, b"", {})
    assert list(bucket.list("of nothing/")) == []


def test_an_upload_link_signs_every_header_and_the_length(client):
    signing = boto_session().client("s3", region_name="auto", config=Config(signature_version="s3v4"))
    presigned = R2ImageStore(lambda: client, "images", lambda: signing).presign_put(KEY, 10, SIGNED, 600)
    assert presigned.headers == {**SIGNED, "if-none-match": "*"}
    url = urlsplit(presigned.url)
    query = {name: value for name, [value] in parse_qs(url.query).items()}
    assert url.path.endswith(KEY)
    assert query["X-Amz-Expires"] == "600"
    assert query["X-Amz-SignedHeaders"] == (
        "cache-control;content-length;content-type;host;if-none-match;x-amz-meta-upload"
    )


def test_what_an_upload_link_signs_is_what_it_tells_to_send(client):
    """By botocore's signer over the headers that the browser is handed."""
    credentials = Credentials("AKIDEXAMPLE", "secret")
    keys = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "secret"}
    signing = boto_session().client("s3", region_name="auto", config=Config(signature_version="s3v4"), **keys)
    presigned = R2ImageStore(lambda: client, "images", lambda: signing).presign_put(KEY, 10, SIGNED, 600)
    url, _, query = presigned.url.partition("?")
    dated = {name: value for name, [value] in parse_qs(query).items()}["X-Amz-Date"]
    request = AWSRequest("PUT", url, headers=presigned.headers | {"content-length": "10"})
    signer = S3SigV4QueryAuth(credentials, "s3", "auto", 600)
    with patch("botocore.auth.get_current_datetime", return_value=datetime.strptime(dated, "%Y%m%dT%H%M%SZ")):  # noqa: DTZ007
        signer.add_auth(request)
    assert parse_qs(urlsplit(request.url).query) == parse_qs(query)


def test_upload_links_are_made_by_the_client_that_browsers_reach(client):
    def forbidden():
        pytest.fail("this client signs for another endpoint")

    assert R2ImageStore(forbidden, "images", lambda: client).presign_put(KEY, 1, SIGNED, 60).url
    R2ImageStore(lambda: client, "images", forbidden).write(KEY, b"x", "image/png", "x")


def test_a_list_goes_on_after_a_key_and_says_when_each_was_written(bucket):
    for name in ("a/1", "a/2", "a/3"):
        bucket.write(name, b"x", "image/png", "no-store")
    stored = list(bucket.list("a/", "a/1"))
    assert [each.key for each in stored] == ["a/2", "a/3"]
    assert all(abs(datetime.now(UTC) - each.written_at) < timedelta(minutes=1) for each in stored)


@pytest.mark.parametrize("code", ["NoSuchKey", "404"])
def test_an_absent_object_is_none(bucket, stubbed, code):
    for method in ("get_object", "copy_object"):
        stubbed.add_client_error(method, code)
    assert bucket.head(KEY, 4) is None
    assert bucket.copy(KEY, "copy") is False


def test_any_other_refusal_is_an_error(bucket, stubbed):
    for method, call in (
        ("get_object", lambda: bucket.head(KEY, 4)),
        ("copy_object", lambda: bucket.copy(KEY, "copy")),
    ):
        stubbed.add_client_error(method, "AccessDenied")
        with pytest.raises(ClientError):
            call()


def test_only_as_many_bytes_as_wanted_are_asked_for(bucket, stubbed):
    for wanted, found in (("bytes=0-3", b"0123"), ("bytes=8-", b"89")):
        answer = {"Body": StreamingBody(io.BytesIO(found), len(found)), "ContentRange": f"{wanted}/10"}
        stubbed.add_response("get_object", answer, {"Bucket": "images", "Key": KEY, "Range": wanted})
    assert bucket.head(KEY, 4) == (10, b"0123")
    assert bucket.read(KEY, start=8) == b"89"


def test_a_server_that_ignores_the_range_says_the_size_by_its_length(bucket, stubbed):
    stubbed.add_response("get_object", {"Body": StreamingBody(io.BytesIO(b"01"), 2), "ContentLength": 2})
    assert bucket.head(KEY, 4) == (2, b"01")
