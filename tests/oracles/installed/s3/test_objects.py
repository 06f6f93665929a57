"""Objects and lists on servers of others: order over pages, odd keys, what is stored with an object."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from enhancer.aws_clients import r2_client
from tests.oracles.installed.s3.servers import BUCKET

ODD = [
    "a b/c d.png", "ü/é.png", "plus+plus.png", "and&equals=x.png", "quote'quote.png", "100%.png", "tilde~.png",
    "question?.png", "hash#.png", "comma,;.png", "(brackets)[].png", "日本語.png", "dots..png", "at@colon:.png",
]  # fmt: skip


def test_a_list_over_pages_is_whole_in_the_order_of_keys_and_begins_anywhere(server):
    images = server.images
    wanted = sorted(f"{folder}/{number:04}.png" for folder in ("a", "a-b", "b") for number in range(340))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: images.write(key, b"x", "image/png", "no-store"), wanted))
    assert [stored.key for stored in images.list("")] == wanted
    for position in (339, 1000):
        assert [stored.key for stored in images.list("", wanted[position])] == wanted[position + 1 :]
    assert [stored.key for stored in images.list("a/")] == [key for key in wanted if key.startswith("a/")]
    assert list(images.list("", wanted[-1])) == []


@pytest.mark.parametrize("key", ODD)
def test_odd_keys_are_written_copied_linked_and_deleted(server, http, key):
    images = server.images
    images.write(key, key.encode(), "image/png", "no-store")
    assert images.copy(key, f"copies/{key}") is True
    assert [stored.key for stored in images.list("")] == sorted([key, f"copies/{key}"])
    link, _ = server.links.presign(f"copies/{key}", method="GET", now=datetime.now(UTC))
    assert http.get(link, timeout=10).content == key.encode()
    images.delete([key, f"copies/{key}"])
    assert list(images.list("")) == []


def test_what_is_stored_with_an_object_is_answered_with_it_and_with_its_copy(server, http):
    server.images.write("x.png", b"0123456789", "image/png", "public, max-age=900", 'attachment; filename="x.png"')
    server.images.copy("x.png", "y.png")
    for key in ("x.png", "y.png"):
        link, _ = server.links.presign(key, method="HEAD", now=datetime.now(UTC))
        headers = http.head(link, timeout=10).headers
        assert headers["content-type"] == "image/png"
        assert headers["cache-control"] == "public, max-age=900"
        assert headers["content-disposition"] == 'attachment; filename="x.png"'
        assert headers["content-length"] == "10"


def test_a_wrong_secret_is_refused(server):
    client = r2_client(server.endpoint, server.key_id, "another-secret")
    with pytest.raises(ClientError) as refused:
        client.list_objects_v2(Bucket=BUCKET)
    assert refused.value.response["Error"]["Code"] == "SignatureDoesNotMatch"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
