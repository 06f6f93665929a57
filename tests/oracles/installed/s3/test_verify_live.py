"""The checks of `make verify-live` on S3 servers of others: each row that differs there is known, with its reason."""

from operate.verify_live.bucket import check_cors, check_links, check_objects, check_uploads, clear
from operate.verify_live.findings import Findings

TAKES_UNSIGNED = "it takes x-amz- headers outside the signature; x-amz-copy-source makes a copy"
UNSIGNED = [
    "x-amz-copy-source",
    "x-amz-copy-source, percent-encoded",
    "x-amz-copy-source and x-amz-metadata-directive",
    "x-amz-acl",
    "x-amz-tagging",
    "x-amz-website-redirect-location",
]
NO_WRITE_ONCE = "it does not look at If-None-Match of an upload"
DIFFERS = {
    "minio": {
        "presigned PUT, if-none-match left out": "it answers 400 where a signed header is missing",
        "the same PUT again": NO_WRITE_ONCE,
        "CORS preflight of another page's PUT": "it allows all origins",
        **{f"presigned PUT with unsigned {name}": TAKES_UNSIGNED for name in UNSIGNED},
        **{f"object after unsigned {name}": TAKES_UNSIGNED for name in UNSIGNED},
    },
    "rclone": {
        "the same PUT again": NO_WRITE_ONCE,
        "range by a read link": "it answers 200 with the range",
        "CORS preflight of the page's PUT": "it has no CORS",
    },
}
EACH_ITS_OWN = "presigned PUT after its time"
"""test_signed.py holds what each answers: R2 by its documents and rclone 400, MinIO 403."""


def test_what_differs_is_known_and_nothing_else_does(server, http):
    bucket, findings = server.bucket(http), Findings(lambda _: None)
    for check in (check_uploads, check_links, check_objects, check_cors, clear):
        check(bucket, findings)
    assert len(findings.rows) >= 30
    differing = {row.what: row.seen for row in findings.rows if row.verdict == "differs" and row.what != EACH_ITS_OWN}
    assert set(differing) == set(DIFFERS[server.name]), differing
    assert list(server.images.list("")) == []
