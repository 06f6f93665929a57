"""The answer as pydantic models, for the yardsticks that validate what they send."""

from typing import Any

from pydantic import BaseModel


class Result(BaseModel):
    """The picture made."""

    contentType: str
    width: int
    height: int
    bytes: int
    sha256: str


class Expires(BaseModel):
    """Ends."""

    original: str
    result: str
    record: str


class Timings(BaseModel):
    """Milliseconds."""

    queueMs: int | None
    modelMs: int | None
    copyMs: int | None
    totalMs: int | None


class Job(BaseModel):
    """A job."""

    id: str
    status: str
    stage: str
    percent: int | None
    model: str
    params: dict[str, Any]
    originalUrl: str
    imageUrl: str | None
    previewUrl: str | None
    thumbUrl: str | None
    error: dict[str, Any] | None
    cancelRequested: bool
    prepared: dict[str, Any] | None
    result: Result | None
    report: dict[str, Any] | None
    createdAt: str
    updatedAt: str
    expires: Expires
    timings: Timings


class Answer(BaseModel):
    """The envelope."""

    success: bool
    data: Job
