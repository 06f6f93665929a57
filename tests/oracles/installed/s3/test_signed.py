"""What we sign and others verify: presigned uploads and read links of our own signer.

Which server does what, seen 2026-11-25: MinIO's gateway (in JuiceFS 1.4.2) and rclone 1.75.2 verify signatures and do
not look at `If-None-Match` of an upload; moto 5.2.5 looks at it and verifies nothing. R2 documents both
(developers.cloudflare.com/r2/api/s3/extensions).
"""

import time
from datetime import UTC, datetime, timedelta

import pytest

KEY = "ai-enhancer/uploads/guest/x/input.png"
CACHE = "public, max-age=900, immutable"
IMAGE = b"0123456789"
SIGNED = {"content-type": "image/png", "cache-control": CACHE, "x-amz-meta-upload": "an-upload.10"}
EXPIRED = {"minio": 403, "rclone": 400}
"""R2 answers 400 (ExpiredRequest, developers.cloudflare.com/r2/api/error-codes)."""


def presigned(server, seconds=600):
    return server.images.presign_put(KEY, len(IMAGE), SIGNED, seconds)


def put(http, upload, body=IMAGE, url=None, **changed):
    headers = {**upload.headers, **{name.replace("_", "-"): value for name, value in changed.items()}}
    sent = {name: value for name, value in headers.items() if value is not None}
    return http.put(url or upload.url, data=body, headers=sent, timeout=10).status_code


def test_an_upload_as_signed_is_taken(server, http):
    assert put(http, presigned(server)) == 200
    assert server.images.read(KEY) == IMAGE


@pytest.mark.parametrize(
    ("body", "changed"),
    [
        (IMAGE + b"x", {}),
        (IMAGE[:-1], {}),
        (b"", {}),
        (IMAGE, {"content_type": "text/html"}),
        (IMAGE, {"cache_control": "no-store"}),
        (IMAGE, {"if_none_match": '"other"'}),
        (IMAGE, {"content_type": None}),
        (IMAGE, {"cache_control": None}),
        (IMAGE, {"if_none_match": None}),
    ],
    ids=str,
)
def test_an_upload_other_than_signed_is_refused(server, http, body, changed):
    missing = None in changed.values() and server.name == "minio"
    assert put(http, presigned(server), body, **changed) == (400 if missing else 403)
    assert server.images.head(KEY, 1) is None


def test_a_header_that_was_not_signed_is_the_servers_to_judge(server, http):
    """AWS and rclone refuse `x-amz-` headers outside the signature, MinIO does not; `make verify-live` asks R2."""
    assert put(http, presigned(server), x_amz_meta_more="x") == {"minio": 200, "rclone": 403}[server.name]


@pytest.mark.parametrize("cut", [("guest", "user"), ("X-Amz-Expires=600", "X-Amz-Expires=601")])
def test_an_upload_to_another_address_is_refused(server, http, cut):
    upload = presigned(server)
    assert put(http, upload, url=upload.url.replace(*cut)) == 403


def test_an_upload_after_its_time_is_refused(server, http):
    upload = presigned(server, seconds=1)
    time.sleep(2.1)
    assert put(http, upload) == EXPIRED[server.name]
    assert server.images.head(KEY, 1) is None


def test_where_conditional_uploads_are_known_the_second_is_refused_and_changes_nothing(started, http):
    server = started("moto")
    server.empty()
    upload = presigned(server)
    assert put(http, upload) == 200
    assert put(http, upload, b"9876543210") == 412
    assert server.images.read(KEY) == IMAGE


def test_where_they_are_not_known_the_second_is_taken(server, http):
    upload = presigned(server)
    assert (put(http, upload), put(http, upload)) == (200, 200), "it knows them now: add it to the test above"


def link(server, method="GET", key=KEY, ago=timedelta()):
    return server.links.presign(key, method=method, now=datetime.now(UTC) - ago)[0]


def test_a_link_reads_one_object_by_one_method(server, http):
    server.images.write(KEY, IMAGE, "image/png", CACHE)
    assert http.get(link(server), timeout=10).content == IMAGE
    assert http.head(link(server, "HEAD"), timeout=10).status_code == 200
    assert http.head(link(server), timeout=10).status_code == 403
    assert http.delete(link(server), timeout=10).status_code == 403
    assert http.put(link(server), data=b"x", timeout=10).status_code == 403
    assert http.get(link(server).replace("guest", "user"), timeout=10).status_code == 403
    assert http.get(link(server)[:-1] + "g", timeout=10).status_code == 403
    assert http.get(link(server).replace("X-Amz-Expires=1800", "X-Amz-Expires=9999"), timeout=10).status_code == 403
    assert http.get(link(server, key="nothing"), timeout=10).status_code == 404
    assert server.images.read(KEY) == IMAGE


def test_a_link_works_at_the_end_of_its_window_and_not_after_its_time(server, http):
    server.images.write(KEY, IMAGE, "image/png", CACHE)
    assert http.get(link(server, ago=timedelta(minutes=14)), timeout=10).status_code == 200
    assert http.get(link(server, ago=timedelta(minutes=46)), timeout=10).status_code == EXPIRED[server.name]


def test_a_range_by_a_link_is_the_range(server, http):
    server.images.write(KEY, IMAGE, "image/png", CACHE)
    answer = http.get(link(server), headers={"Range": "bytes=2-4"}, timeout=10)
    assert answer.content == b"234"
    assert answer.headers["content-range"] == "bytes 2-4/10"
    assert answer.status_code == {"minio": 206, "rclone": 200}[server.name]
