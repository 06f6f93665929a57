"""The bodies that clients send, as pydantic models. Only functions that read a body import them."""

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from enhancer.domain.messages import Message
from enhancer.errors import ValidationFailed

_Filename = Annotated[str, Field(min_length=1, max_length=1024)]
_Id = Annotated[str, Field(min_length=1, max_length=64)]

_FAULTS, _NAME = 10, 60  # fields that an error lists, and characters of a name, which the caller chooses
# For the API's description; the use cases reject other values with the limits that apply.
_CONTENT_TYPES = ("image/jpeg", "image/png", "image/webp")
_ONE_SOURCE: dict[str, Any] = {
    "if": {"required": ["uploadId"], "properties": {"uploadId": {"type": "string"}}},
    "then": {"properties": {"fromJobId": {"type": "null"}}},
    "else": {"required": ["fromJobId"], "properties": {"fromJobId": {"type": "string"}}},
}


class Contract(BaseModel):
    """A JSON body: camelCase names outside, snake_case inside, unknown names rejected."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True, strict=True)

    @classmethod
    def read(cls, body: Mapping[str, Any] | None) -> Self:
        """Validate a decoded JSON body. Raises ValidationFailed with the first invalid fields and their number."""
        try:
            return cls.model_validate(body)
        except ValidationError as problem:
            found = problem.errors(include_url=False, include_input=False, include_context=False)
            faults = [
                {"field": ".".join(map(str, fault["loc"]))[:_NAME] or "body", "fault": fault["msg"]}
                for fault in found[:_FAULTS]
            ]
            raise ValidationFailed(
                Message.FIELD_INVALID,
                field=faults[0]["field"],
                fault=faults[0]["fault"],
                fields=faults,
                faults=len(found),
            ) from None


class UploadRequest(Contract):
    """POST /uploads. `size` is the exact length of the file in bytes; the presigned URL accepts no other."""

    filename: _Filename
    content_type: Annotated[str, Field(max_length=255, json_schema_extra={"enum": [*_CONTENT_TYPES]})]
    size: Annotated[int, Field(json_schema_extra={"minimum": 1})]


class JobRequest(Contract):
    """POST /jobs as JSON: a job from an upload, or from the original of an earlier job."""

    model_config = ConfigDict(json_schema_extra=_ONE_SOURCE)

    upload_id: _Id | None = None
    from_job_id: _Id | None = None
    model: Annotated[str, Field(max_length=255)]
    params: dict[str, bool | int | float | str] = Field(default_factory=dict)
    filename: _Filename = "image"

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.upload_id is None) == (self.from_job_id is None):
            raise ValueError("name either uploadId or fromJobId")
        return self


class ShareRequest(Contract):
    """POST /jobs/{id}/share. `expires_in` is in seconds."""

    expires_in: Annotated[int, Field(json_schema_extra={"minimum": 300, "maximum": 604_800})] = 86_400
