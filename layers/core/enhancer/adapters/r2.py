"""The bucket in Cloudflare R2, through its S3 endpoint."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import IO, TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from enhancer.ports import PresignedUpload, StoredImage, Uploaded

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

# Headers that clients can store with an object, as GetObject returns them (AWS, PutObject and GetObject, read
# 2026-11-28).
_STORED = {
    "ContentType": "content-type",
    "CacheControl": "cache-control",
    "ContentEncoding": "content-encoding",
    "ContentDisposition": "content-disposition",
    "ContentLanguage": "content-language",
    "ExpiresString": "expires",
    "WebsiteRedirectLocation": "x-amz-website-redirect-location",
    "TagCount": "x-amz-tagging-count",
    "SSECustomerAlgorithm": "x-amz-server-side-encryption-customer-algorithm",
}


class R2ImageStore:
    """The port `ImageStore` on R2.

    `client` returns the client and is called at first use, because its keys are secrets; `public` returns one that
    signs for the endpoint that browsers reach.
    """

    def __init__(self, client: Callable[[], "S3Client"], bucket: str, public: Callable[[], "S3Client"]) -> None:
        self._client = client
        self._bucket = bucket
        self._public = public

    def presign_put(self, key: str, size: int, headers: Mapping[str, str], seconds: int) -> PresignedUpload:
        """See `ports.ImageStore.presign_put`. Every header is signed, the length too.

        The bucket may accept further headers: `uploaded` returns those that were stored.
        """
        params = {
            "Bucket": self._bucket,
            "Key": key,
            "ContentType": headers["content-type"],
            "ContentLength": size,
            "CacheControl": headers["cache-control"],
            "IfNoneMatch": "*",
            "Metadata": {"upload": headers["x-amz-meta-upload"]},
        }
        url = self._public().generate_presigned_url("put_object", Params=params, ExpiresIn=seconds)
        return PresignedUpload(url, {**headers, "if-none-match": "*"})

    def uploaded(self, key: str, length: int) -> Uploaded | None:
        """See `ports.ImageStore.uploaded`; one range read."""
        try:
            answer: Any = self._client().get_object(Bucket=self._bucket, Key=key, Range=f"bytes=0-{length - 1}")
        except ClientError as problem:
            code = problem.response["Error"]["Code"]
            if code == "InvalidRange":  # an empty object has no first byte
                return Uploaded(0, b"", {})
            if code in {"NoSuchKey", "404"}:
                return None
            raise
        size = int(answer["ContentRange"].rpartition("/")[2]) if "ContentRange" in answer else answer["ContentLength"]
        headers = {header: str(answer[name]) for name, header in _STORED.items() if answer.get(name)}
        headers |= {f"x-amz-meta-{name.lower()}": value for name, value in answer.get("Metadata", {}).items()}
        return Uploaded(size, answer["Body"].read(), headers)

    def head(self, key: str, length: int) -> tuple[int, bytes] | None:
        """See `ports.ImageStore.head`; one range read."""
        found = self.uploaded(key, length)
        return (found.size, found.head) if found else None

    def read(self, key: str, start: int = 0) -> bytes:
        """See `ports.ImageStore.read`."""
        return self._client().get_object(Bucket=self._bucket, Key=key, Range=f"bytes={start}-")["Body"].read()

    def write(
        self,
        key: str,
        body: bytes | IO[bytes],
        content_type: str,
        cache_control: str,
        disposition: str | None = None,
    ) -> None:
        """See `ports.ImageStore.write`."""
        headers: dict[str, Any] = {"ContentType": content_type, "CacheControl": cache_control}
        if disposition:
            headers["ContentDisposition"] = disposition
        self._client().put_object(Bucket=self._bucket, Key=key, Body=body, **headers)

    def copy(self, source: str, target: str) -> bool:
        """See `ports.ImageStore.copy`."""
        try:
            self._client().copy_object(
                Bucket=self._bucket, Key=target, CopySource={"Bucket": self._bucket, "Key": source}
            )
        except ClientError as problem:
            if problem.response["Error"]["Code"] in {"NoSuchKey", "404"}:
                return False
            raise
        return True

    def delete(self, keys: Iterable[str]) -> None:
        """See `ports.ImageStore.delete`. One call per object: R2 bills no deletes; DeleteObjects needs a checksum."""
        for key in keys:
            self._client().delete_object(Bucket=self._bucket, Key=key)

    def list(self, prefix: str, after: str = "") -> Iterator[StoredImage]:
        """See `ports.ImageStore.list`."""
        pages = self._client().get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self._bucket, Prefix=prefix, StartAfter=after):
            for found in page.get("Contents", []):
                yield StoredImage(found["Key"], found["LastModified"])
