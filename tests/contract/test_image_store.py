import io

from enhancer.ports import Uploaded

KEY = "ai-enhancer/uploads/guest/x/y/input.png"
SIGNED = {"content-type": "image/png", "cache-control": "public", "x-amz-meta-upload": "u.10"}


def test_an_object_is_read_in_parts_and_whole(images):
    images.write(KEY, b"0123456789", "image/png", "no-store")
    assert images.head(KEY, 4) == (10, b"0123")
    assert images.head(KEY, 100) == (10, b"0123456789")
    assert images.read(KEY) == b"0123456789"
    assert images.read(KEY, start=8) == b"89"


def test_an_absent_object_and_an_empty_one_are_told_apart(images):
    assert images.head(KEY, 4) is None
    images.write(KEY, b"", "image/png", "no-store")
    assert images.head(KEY, 4) == (0, b"")


def test_a_file_is_written_as_bytes_are_and_a_repeat_overwrites(images):
    images.write(KEY, io.BytesIO(b"first"), "image/png", "no-store", "attachment")
    images.write(KEY, b"second", "image/png", "no-store")
    assert images.read(KEY) == b"second"


def test_deleting_is_idempotent_and_listing_goes_by_prefix(images):
    for name in ("-/1", "-/2", "a/1"):
        images.write(name, b"x", "image/png", "no-store")
    assert sorted(stored.key for stored in images.list("-/")) == ["-/1", "-/2"]
    assert [stored.key for stored in images.list("-/", "-/1")] == ["-/2"]
    images.delete(["-/1", "-/1", "never"])
    assert [stored.key for stored in images.list("-/")] == ["-/2"]


def test_a_presigned_put_names_the_headers_that_must_be_sent(images):
    presigned = images.presign_put(KEY, 10, SIGNED, 600)
    assert presigned.headers == {**SIGNED, "if-none-match": "*"}
    assert KEY in presigned.url


def test_what_is_stored_with_an_object_is_told(images):
    assert images.uploaded(KEY, 4) is None
    images.write(KEY, b"0123456789", "image/png", "no-store")
    assert images.uploaded(KEY, 4) == Uploaded(10, b"0123", {"content-type": "image/png", "cache-control": "no-store"})
    images.copy(KEY, "copy")
    copied, original = images.uploaded("copy", 4), images.uploaded(KEY, 4)
    assert (copied.size, copied.head) == (original.size, original.head)
    assert copied.headers.items() >= original.headers.items(), "a server may say more of a copy: rclone tells its time"


def test_a_copy_is_made_inside_the_bucket_if_there_is_an_original(images):
    images.write(KEY, b"image", "image/png", "no-store")
    assert images.copy(KEY, "copy") is True
    assert images.read("copy") == b"image"
    assert images.copy("never", "other") is False
    assert images.head("other", 1) is None
