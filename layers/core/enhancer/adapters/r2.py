"""The bucket in Cloudflare R2, through its S3 endpoint."""

from collections.abc import Callable, Iterable, Iterator
from typing import IO, TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from enhancer.ports import PresignedUpload, StoredPicture

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


class R2Pictures:
    """The port `Pictures` on R2.

    `client` gives the client when it is first needed, because its keys are secrets; `public` gives one that signs for
    the endpoint that browsers reach.
    """

    def __init__(self, client: Callable[[], "S3Client"], bucket: str, public: Callable[[], "S3Client"]) -> None:
        self._client = client
        self._bucket = bucket
        self._public = public

    def presign_put(self, key: str, content_type: str, size: int, cache_control: str, seconds: int) -> PresignedUpload:
        """See `ports.Pictures.presign_put`. Every header is signed, the length too, so nothing else passes."""
        params = {
            "Bucket": self._bucket,
            "Key": key,
            "ContentType": content_type,
            "ContentLength": size,
            "CacheControl": cache_control,
            "IfNoneMatch": "*",
        }
        url = self._public().generate_presigned_url("put_object", Params=params, ExpiresIn=seconds)
        headers = {"content-type": content_type, "cache-control": cache_control, "if-none-match": "*"}
        return PresignedUpload(url, headers)

    def head(self, key: str, length: int) -> tuple[int, bytes] | None:
        """See `ports.Pictures.head`; one range read."""
        try:
            answer = self._client().get_object(Bucket=self._bucket, Key=key, Range=f"bytes=0-{length - 1}")
        except ClientError as problem:
            code = problem.response["Error"]["Code"]
            if code == "InvalidRange":  # an empty object has no first byte
                return 0, b""
            if code in {"NoSuchKey", "404"}:
                return None
            raise
        size = int(answer["ContentRange"].rpartition("/")[2]) if "ContentRange" in answer else answer["ContentLength"]
        return size, answer["Body"].read()

    def read(self, key: str, start: int = 0) -> bytes:
        """See `ports.Pictures.read`."""
        return self._client().get_object(Bucket=self._bucket, Key=key, Range=f"bytes={start}-")["Body"].read()

    def write(
        self,
        key: str,
        body: bytes | IO[bytes],
        content_type: str,
        cache_control: str,
        disposition: str | None = None,
    ) -> None:
        """See `ports.Pictures.write`."""
        headers: dict[str, Any] = {"ContentType": content_type, "CacheControl": cache_control}
        if disposition:
            headers["ContentDisposition"] = disposition
        self._client().put_object(Bucket=self._bucket, Key=key, Body=body, **headers)

    def copy(self, source: str, target: str) -> bool:
        """See `ports.Pictures.copy`."""
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
        """See `ports.Pictures.delete`. One call an object: R2 bills no deletes, and DeleteObjects needs a checksum."""
        for key in keys:
            self._client().delete_object(Bucket=self._bucket, Key=key)

    def list(self, prefix: str, after: str = "") -> Iterator[StoredPicture]:
        """See `ports.Pictures.list`."""
        pages = self._client().get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self._bucket, Prefix=prefix, StartAfter=after):
            for found in page.get("Contents", []):
                yield StoredPicture(found["Key"], found["LastModified"])
