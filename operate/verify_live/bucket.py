"""Checks that R2 enforces signatures and does what the adapter relies on. All files are in one guest's folder."""

import io
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from urllib.parse import quote

import requests

from enhancer.domain import keys
from enhancer.domain.caching import ORIGINAL_CACHE
from enhancer.domain.owner import Owner, new_guest
from enhancer.ports import ImageStore, PresignedUpload, PresignedUrls
from enhancer.usecases.request_upload import upload_headers
from operate.r2 import preflight
from operate.verify_live.findings import Findings

IMAGE = b"0123456789"
TYPE = "image/jpeg"
FOREIGN = "https://foreign.invalid"
SECONDS = 30


@dataclass(frozen=True)
class Bucket:
    """The bucket through the functions' own adapters, and the address that browsers use for it."""

    images: ImageStore
    links: PresignedUrls
    http: requests.Session
    endpoint: str
    name: str
    origin: str
    prefix: str
    pause: Callable[[float], None] = time.sleep
    owner: Owner = field(default_factory=new_guest)

    @property
    def folder(self) -> str:
        """The folder of all files that are made; if the clean-up fails, retention deletes them after a day."""
        return f"{self.prefix}uploads/guest/{self.owner.id}/"

    def key(self) -> str:
        """Return a new key in the form of an upload's."""
        return keys.original_key(self.prefix, self.owner, keys.new_job_id(TYPE))

    def presign(self, key: str, size: int = len(IMAGE), seconds: int = 600) -> PresignedUpload:
        """Return a presigned upload, as the API does."""
        return self.images.presign_put(key, size, upload_headers(key.split("/")[-2], size), seconds)

    def put(self, upload: PresignedUpload, body: bytes = IMAGE, /, **headers: str | None) -> int:
        """Upload and return the status; `content_type="…"` replaces a header, None removes it."""
        changed = {name.replace("_", "-"): value for name, value in headers.items()}
        merged = {**upload.headers, **changed}
        sent = {name: value for name, value in merged.items() if value is not None}
        return self.http.put(upload.url, data=body, headers=sent, timeout=SECONDS).status_code

    def read(self, key: str, method: str = "GET", signed: str = "", **headers: str) -> requests.Response:
        """Return a browser's response to a read link, which may be signed for another method."""
        url, _ = self.links.presign(key, method=signed or method, now=datetime.now(UTC))
        return self.http.request(method, url, headers=headers, timeout=SECONDS)


def check_uploads(bucket: Bucket, findings: Findings) -> None:
    """Check that a presigned PUT accepts exactly what was signed, once, before it expires."""
    key = bucket.key()
    upload = bucket.presign(key)
    refused = {
        "a byte more than signed": lambda: bucket.put(upload, IMAGE + b"x"),
        "a byte fewer than signed": lambda: bucket.put(upload, IMAGE[:-1]),
        "another content-type than signed": lambda: bucket.put(upload, content_type="text/html"),
        "another cache-control than signed": lambda: bucket.put(upload, cache_control="no-store"),
        "another x-amz-meta-upload than signed": lambda: bucket.put(upload, x_amz_meta_upload="another.10"),
        "if-none-match left out": lambda: bucket.put(upload, if_none_match=None),
    }
    for what, attempt in refused.items():
        findings.expect(f"presigned PUT, {what}", 403, attempt)
    findings.expect("object after the refused PUTs", None, lambda: bucket.images.head(key, 1))

    fresh = bucket.key()
    upload = bucket.presign(fresh)
    findings.expect("presigned PUT as signed", 200, lambda: bucket.put(upload))
    findings.expect("the same PUT again", 412, lambda: bucket.put(upload))

    late = bucket.presign(bucket.key(), seconds=1)
    bucket.pause(3)
    # R2's error codes name ExpiredRequest with 400 (developers.cloudflare.com/r2/api/error-codes, read 2026-11-25),
    # other S3 servers answer 403; the page treats both alike.
    findings.expect("presigned PUT after its time", frozenset({400, 403}), lambda: bucket.put(late))
    check_unsigned_headers(bucket, findings, fresh)


def check_unsigned_headers(bucket: Bucket, findings: Findings, source: str) -> None:
    """Check whether unsigned headers of an upload can change what is stored; `source` is the key of an upload.

    A copy of another person's original would be readable at once, so it must be refused: with 403, as AWS S3 does for
    every unsigned `x-amz-` header, or with 501 for what R2 does not implement. Headers that are only stored with the
    image are noted: an upload with other headers than were signed does not become a job.
    """
    copied = f"/{bucket.name}/{source}"
    refused: dict[str, dict[str, str]] = {
        "x-amz-copy-source": {"x_amz_copy_source": copied},
        "x-amz-copy-source, percent-encoded": {"x_amz_copy_source": quote(copied, safe="")},
        "x-amz-copy-source and x-amz-metadata-directive": {
            "x_amz_copy_source": copied,
            "x_amz_metadata_directive": "REPLACE",
        },
        "x-amz-acl": {"x_amz_acl": "public-read"},
        "x-amz-tagging": {"x_amz_tagging": "a=b"},
        "x-amz-website-redirect-location": {"x_amz_website_redirect_location": "https://foreign.invalid/"},
    }
    for what, headers in refused.items():
        key = bucket.key()
        attempt = partial(bucket.put, bucket.presign(key), **headers)
        findings.expect(f"presigned PUT with unsigned {what}", frozenset({400, 403, 501}), attempt)
        findings.expect(f"object after unsigned {what}", None, partial(bucket.images.head, key, 1))
    noted = {"x-amz-meta-more": "x", "content-disposition": "inline", "content-encoding": "gzip", "expires": "0"}
    for name, value in noted.items():
        key = bucket.key()
        status = bucket.put(bucket.presign(key), **{name.replace("-", "_"): value})
        stored = bucket.images.uploaded(key, 1)
        findings.note(f"presigned PUT with unsigned {name}", f"{status}, {'stored' if stored else 'not stored'}")


def check_links(bucket: Bucket, findings: Findings) -> None:
    """Check read links of our own signer, for one object and one method."""
    key = bucket.key()
    bucket.images.write(key, IMAGE, TYPE, ORIGINAL_CACHE, 'attachment; filename="x.jpg"')
    findings.expect("GET by a read link", (200, IMAGE), lambda: _content(bucket.read(key)))
    shown = bucket.read(key, "HEAD").headers
    for name, value in {
        "content-type": TYPE,
        "content-length": str(len(IMAGE)),
        "cache-control": ORIGINAL_CACHE,
        "content-disposition": 'attachment; filename="x.jpg"',
    }.items():
        findings.compare(f"HEAD by a read link: {name}", value, shown.get(name))
    findings.expect("HEAD by a link for GET", 403, lambda: bucket.read(key, "HEAD", signed="GET").status_code)
    findings.expect("range by a read link", (206, b"234"), lambda: _content(bucket.read(key, Range="bytes=2-4")))
    findings.expect("GET by a link to nothing", 404, lambda: bucket.read(bucket.key()).status_code)


def check_objects(bucket: Bucket, findings: Findings) -> None:
    """Check the operations that the functions use the adapter for."""
    images, key, empty, copy, absent = bucket.images, *(bucket.key() for _ in range(4))
    images.write(key, io.BytesIO(bytes(1 << 20)), TYPE, ORIGINAL_CACHE)  # as a result: from a file, not in chunks
    findings.expect("a file is written, and read at once", (1 << 20, b"\0\0"), lambda: images.head(key, 2))
    findings.expect("range read to the end", b"\0\0\0", lambda: images.read(key, (1 << 20) - 3))
    images.write(empty, b"", TYPE, ORIGINAL_CACHE)
    findings.expect("range read of an empty object", (0, b""), lambda: images.head(empty, 8))
    findings.expect("head of nothing", None, lambda: images.head(absent, 8))
    findings.expect("copy inside the bucket", True, lambda: images.copy(key, copy))
    findings.expect("copy of nothing", False, lambda: images.copy(absent, bucket.key()))
    found = [stored.key for stored in images.list(bucket.folder)]
    findings.compare("the list has all, in the order of keys", True, found == sorted({key, empty, copy, *found}))
    behind = [stored.key for stored in images.list(bucket.folder, found[0])]
    findings.compare("the list behind a key is the rest", True, behind == found[1:])
    images.delete([copy])
    findings.expect("a deleted object", None, lambda: images.head(copy, 1))
    images.delete([copy])  # a second time; an error of R2 ends this part


def check_cors(bucket: Bucket, findings: Findings) -> None:
    """Check that the page may upload and other pages may not."""
    session, endpoint, name = bucket.http, bucket.endpoint, bucket.name

    def asked(origin: str) -> str:
        return "refused" if preflight(endpoint, name, origin, session) else "allowed"

    findings.expect("CORS preflight of the page's PUT", "allowed", lambda: asked(bucket.origin))
    findings.expect("CORS preflight of another page's PUT", "refused", lambda: asked(FOREIGN))
    key = bucket.key()
    bucket.images.write(key, IMAGE, TYPE, ORIGINAL_CACHE)
    answer = bucket.read(key, Origin=bucket.origin).headers.get("access-control-allow-origin")
    findings.compare("CORS of the page's GET", True, answer in {bucket.origin, "*"})


def clear(bucket: Bucket, findings: Findings) -> None:
    """Delete everything that was made."""

    def left() -> int:
        bucket.images.delete([stored.key for stored in bucket.images.list(bucket.folder)])
        return len(list(bucket.images.list(bucket.folder)))

    findings.expect(f"objects left below {bucket.folder}", 0, left)


def _content(answer: requests.Response) -> tuple[int, bytes]:
    return answer.status_code, answer.content[:20]
