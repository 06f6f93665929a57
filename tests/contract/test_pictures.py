import io

from enhancer.ports import Uploaded

KEY = "ai-enhancer/uploads/guest/x/y/input.png"
SIGNED = {"content-type": "image/png", "cache-control": "public", "x-amz-meta-upload": "u.10"}


def test_an_object_is_read_in_parts_and_whole(pictures):
    pictures.write(KEY, b"0123456789", "image/png", "no-store")
    assert pictures.head(KEY, 4) == (10, b"0123")
    assert pictures.head(KEY, 100) == (10, b"0123456789")
    assert pictures.read(KEY) == b"0123456789"
    assert pictures.read(KEY, start=8) == b"89"


def test_an_absent_object_and_an_empty_one_are_told_apart(pictures):
    assert pictures.head(KEY, 4) is None
    pictures.write(KEY, b"", "image/png", "no-store")
    assert pictures.head(KEY, 4) == (0, b"")


def test_a_file_is_written_as_bytes_are_and_a_repeat_overwrites(pictures):
    pictures.write(KEY, io.BytesIO(b"first"), "image/png", "no-store", "attachment")
    pictures.write(KEY, b"second", "image/png", "no-store")
    assert pictures.read(KEY) == b"second"


def test_deleting_is_idempotent_and_listing_goes_by_prefix(pictures):
    for name in ("-/1", "-/2", "a/1"):
        pictures.write(name, b"x", "image/png", "no-store")
    assert sorted(stored.key for stored in pictures.list("-/")) == ["-/1", "-/2"]
    assert [stored.key for stored in pictures.list("-/", "-/1")] == ["-/2"]
    pictures.delete(["-/1", "-/1", "never"])
    assert [stored.key for stored in pictures.list("-/")] == ["-/2"]


def test_a_presigned_put_names_the_headers_that_must_be_sent(pictures):
    presigned = pictures.presign_put(KEY, 10, SIGNED, 600)
    assert presigned.headers == {**SIGNED, "if-none-match": "*"}
    assert KEY in presigned.url


def test_what_is_stored_with_an_object_is_told(pictures):
    assert pictures.uploaded(KEY, 4) is None
    pictures.write(KEY, b"0123456789", "image/png", "no-store")
    assert pictures.uploaded(KEY, 4) == Uploaded(
        10, b"0123", {"content-type": "image/png", "cache-control": "no-store"}
    )
    pictures.copy(KEY, "copy")
    copied, original = pictures.uploaded("copy", 4), pictures.uploaded(KEY, 4)
    assert (copied.size, copied.head) == (original.size, original.head)
    assert copied.headers.items() >= original.headers.items(), "a server may say more of a copy: rclone tells its time"


def test_a_copy_is_made_inside_the_bucket_if_there_is_an_original(pictures):
    pictures.write(KEY, b"picture", "image/png", "no-store")
    assert pictures.copy(KEY, "copy") is True
    assert pictures.read("copy") == b"picture"
    assert pictures.copy("never", "other") is False
    assert pictures.head("other", 1) is None
