"""Hand out a URL to which one picture of a declared type and size can be sent, past our functions."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from enhancer.domain import keys
from enhancer.domain.clock import Clock, to_text
from enhancer.domain.messages import Message
from enhancer.domain.owner import Owner
from enhancer.errors import PayloadTooLarge, UnsupportedMediaType, ValidationFailed
from enhancer.ports import Pictures

LIFETIME = timedelta(minutes=10)
UPLOAD_CACHE = "public, max-age=900, immutable"  # reachable only through signed links


@dataclass(frozen=True, slots=True)
class Upload:
    """Where and how to PUT the picture. `upload_id` is the id of the job that will be made of it."""

    upload_id: str
    url: str
    headers: dict[str, str]
    expires_at: datetime
    max_bytes: int

    def document(self) -> dict[str, Any]:
        """As the API shows it."""
        return {
            "uploadId": self.upload_id,
            "method": "PUT",
            "url": self.url,
            "headers": self.headers,
            "expiresAt": to_text(self.expires_at),
            "maxBytes": self.max_bytes,
        }


def request_upload(
    content_type: str,
    size: int,
    owner: Owner,
    *,
    pictures: Pictures,
    max_bytes: int,
    prefix: str,
    clock: Clock,
) -> Upload:
    """Sign a PUT for a picture of `size` bytes.

    Raises UnsupportedMediaType for a type we don't take, ValidationFailed for an empty file, PayloadTooLarge above
    `max_bytes`.
    """
    content_type = keys.ALIASES.get(content_type, content_type)
    if content_type not in keys.EXTENSIONS:
        accepted = list(keys.EXTENSIONS)
        raise UnsupportedMediaType(Message.CONTENT_TYPE_UNSUPPORTED, contentType=content_type[:60], accepted=accepted)
    check_size(size, max_bytes)
    job_id = keys.new_job_id(content_type)
    key = keys.original_key(prefix, owner, job_id)
    presigned = pictures.presign_put(key, size, upload_headers(job_id, size), int(LIFETIME.total_seconds()))
    return Upload(job_id, presigned.url, presigned.headers, clock() + LIFETIME, max_bytes)


def upload_headers(upload_id: str, size: int) -> dict[str, str]:
    """What is stored with an upload of `size` bytes: its type, its policy, and whose it is, which no copy carries."""
    return {
        "content-type": keys.content_type_of(upload_id),
        "cache-control": UPLOAD_CACHE,
        "x-amz-meta-upload": f"{upload_id}.{size}",
    }


def check_size(size: int, max_bytes: int) -> None:
    """Raises ValidationFailed for an empty file, PayloadTooLarge above `max_bytes`."""
    if size < 1:
        raise ValidationFailed(Message.FILE_EMPTY, size=size)
    if size > max_bytes:
        raise PayloadTooLarge(Message.FILE_TOO_LARGE, size=size, maxBytes=max_bytes)
