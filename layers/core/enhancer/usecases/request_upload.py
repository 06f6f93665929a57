"""Presign an upload: a URL that takes one image of a declared type and size, straight to R2."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from enhancer.domain import keys
from enhancer.domain.caching import ORIGINAL_CACHE
from enhancer.domain.clock import Clock
from enhancer.domain.messages import Message
from enhancer.domain.owner import Owner
from enhancer.errors import UnsupportedMediaType
from enhancer.ports import ImageStore
from enhancer.usecases.steps import check_size

LIFETIME = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Upload:
    """A presigned PUT. `upload_id` is the id of the job that the upload may become."""

    upload_id: str
    url: str
    headers: dict[str, str]
    expires_at: datetime
    max_bytes: int


@dataclass(frozen=True, slots=True)
class RequestUpload:
    """Presigns uploads."""

    images: ImageStore
    max_bytes: int
    prefix: str
    clock: Clock

    def __call__(self, content_type: str, size: int, owner: Owner) -> Upload:
        """Presign a PUT for an image of `size` bytes.

        Raises UnsupportedMediaType for another type than JPEG, PNG or WebP, ValidationFailed for an empty file,
        PayloadTooLarge above `max_bytes`.
        """
        content_type = keys.ALIASES.get(content_type, content_type)
        if content_type not in keys.EXTENSIONS:
            accepted, given = list(keys.EXTENSIONS), content_type[:60]
            raise UnsupportedMediaType(Message.CONTENT_TYPE_UNSUPPORTED, contentType=given, accepted=accepted)
        check_size(size, self.max_bytes)
        job_id = keys.new_job_id(content_type)
        key = keys.original_key(self.prefix, owner, job_id)
        seconds = int(LIFETIME.total_seconds())
        presigned = self.images.presign_put(key, size, upload_headers(job_id, size), seconds)
        return Upload(job_id, presigned.url, presigned.headers, self.clock() + LIFETIME, self.max_bytes)


def upload_headers(upload_id: str, size: int) -> dict[str, str]:
    """Return the headers of an upload of `size` bytes; a copy of another object does not have the last one."""
    return {
        "content-type": keys.content_type_of(upload_id),
        "cache-control": ORIGINAL_CACHE,
        "x-amz-meta-upload": f"{upload_id}.{size}",
    }
