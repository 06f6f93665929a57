"""All errors, as one tree.

EnhancerError
├── RequestError                 the request is answered with an error; each leaf has a type and a status
│   ├── ValidationFailed, Unauthorized, Forbidden, EmailUnverified, NotFound, MethodNotAllowed, Conflict, Gone,
│   ├── PayloadTooLarge, UnsupportedMediaType, ImageTooLarge, IdempotencyMismatch, RateLimited, QuotaExceeded,
│   └── ServiceUnavailable ── DailyRunLimitReached
├── ConcurrentUpdate             another transaction came first, or the table is throttled; nothing was written
├── TransitionRefused            the row is not in a state from which the transition starts
├── MessageNotSent               the queue did not accept a message; reconcile finds the job by its row
├── UnreadableImage              the pixels can't be decoded
│   ├── BlankImage               they can be, but show nothing of the original
│   └── TooMuchWork              decoding them takes more time or memory than one image gets
└── ProviderError                a call to the provider failed
    ├── NotCreated               certainly no run exists
    │   ├── Throttled            429: retry after `retry_after` seconds
    │   ├── Unreachable          the connection was refused
    │   ├── AccountRefused       401, 402, 403: token, credit or permission, so every job would be refused
    │   └── Refused              404, 422 and other final answers: this job is refused
    ├── OutcomeUnknown           time-out, reset or 5xx: a run may exist and may cost money
    └── OutputGone               the provider no longer has the image, or it is not one
"""

from typing import Any

from enhancer.domain.job import Job
from enhancer.domain.messages import Message

MAX_DETAIL = 200  # characters


class EnhancerError(Exception):
    """The root of the tree."""


class RequestError(EnhancerError):
    """A request that is answered with an error.

    `message` is a code, whose text may name `details` in braces. `details` are machine-readable: the limit and the
    actual value.
    """

    type = "validation_error"
    status = 400

    def __init__(self, message: Message, *, retry_after: int | None = None, **details: Any) -> None:
        self.message = message
        self.details = {name: _cut(value) for name, value in details.items()}
        super().__init__(message)
        self.retry_after = retry_after


def _cut(value: Any) -> Any:
    """Cut a text to the length that a response may repeat."""
    return value if not isinstance(value, str) or len(value) <= MAX_DETAIL else f"{value[:MAX_DETAIL]}…"


class ValidationFailed(RequestError):
    """The request's content is invalid."""


class Unauthorized(RequestError):
    """The caller is not authenticated."""

    type = "unauthorized"
    status = 401


class Forbidden(RequestError):
    """The caller has no access."""

    type = "forbidden"
    status = 403


class EmailUnverified(RequestError):
    """A user whose e-mail address the issuer has not verified, where the operator asks for that."""

    type = "email_unverified"
    status = 403


class NotFound(RequestError):
    """The resource does not exist, or the caller has no access."""

    type = "not_found"
    status = 404


class MethodNotAllowed(RequestError):
    """The path exists, the method does not; `details["allow"]` lists those that do."""

    type = "method_not_allowed"
    status = 405


class Conflict(RequestError):
    """The job has ended, or the upload was already used."""

    type = "conflict"
    status = 409


class Gone(RequestError):
    """The resource was deleted or has expired."""

    type = "gone"
    status = 410


class PayloadTooLarge(RequestError):
    """More bytes than the limit."""

    type = "payload_too_large"
    status = 413


class UnsupportedMediaType(RequestError):
    """Not an image of a supported type, or a body of another type than the route's."""

    type = "unsupported_media_type"
    status = 415


class ImageTooLarge(RequestError):
    """More pixels than the limit."""

    type = "image_too_large"
    status = 422


class IdempotencyMismatch(RequestError):
    """The Idempotency-Key was already used with a different request."""

    type = "idempotency_mismatch"
    status = 422


class RateLimited(RequestError):
    """The rate limit is exceeded."""

    type = "rate_limited"
    status = 429


class QuotaExceeded(RequestError):
    """The owner's quota, or a daily limit, is exceeded."""

    type = "quota_exceeded"
    status = 429


class ServiceUnavailable(RequestError):
    """Temporarily unavailable."""

    type = "service_unavailable"
    status = 503


class DailyRunLimitReached(ServiceUnavailable):
    """The installation's daily limit of runs is reached; the operator is notified."""


class ConcurrentUpdate(EnhancerError):
    """Another request changed the owner's window first, or DynamoDB reports a transaction conflict or a throttle."""


class TransitionRefused(EnhancerError):
    """The row did not allow the transition; `current` is the row as it was found, None if there is none."""

    def __init__(self, transition: str, current: Job | None) -> None:
        super().__init__(f"{transition} refused: the job is {current.status if current else 'not there'}")
        self.current = current


class MessageNotSent(EnhancerError):
    """The queue did not accept a message, or a change of its visibility."""


class UnreadableImage(EnhancerError):
    """The file has an image's header but can't be decoded."""


class BlankImage(UnreadableImage):
    """The result is one colour, the original is not: models on half precision return black for some images."""


class TooMuchWork(UnreadableImage):
    """Decoding the image would take more time or memory than one image gets."""


class ProviderError(EnhancerError):
    """A call to the provider failed.

    The text is the provider's response without URLs and secrets: `kind: words`. The kind, `HTTP 402` or an exception's
    name, has few values and can be a metric's dimension.
    """

    @property
    def kind(self) -> str:
        """The kind of failure: an HTTP status, or the connection's exception."""
        return str(self).partition(":")[0]


class NotCreated(ProviderError):
    """The provider certainly made no run."""


class Throttled(NotCreated):
    """Too many creations; `retry_after` in seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"HTTP 429: retry after {retry_after:g} s")
        self.retry_after = retry_after


class Unreachable(NotCreated):
    """The connection was refused, so no request was sent."""


class AccountRefused(NotCreated):
    """The provider rejects this account: wrong token, no credit left, or no permission."""


class Refused(NotCreated):
    """The provider rejects this run: no such model or version, or bad input."""


class OutcomeUnknown(ProviderError):
    """A run may or may not exist."""


class OutputGone(ProviderError):
    """The result can't be copied: erased, too large, or not an image."""
