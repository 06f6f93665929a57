"""Read multipart/form-data with python-multipart: one image in `image`, short text in every other field."""

import logging
from dataclasses import dataclass

from python_multipart import create_form_parser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import Field, File

from enhancer.domain.messages import Message
from enhancer.errors import UnsupportedMediaType, ValidationFailed

# Its warnings about malformed forms contain bytes of their content; our error describes the problem without them.
logging.getLogger("python_multipart").setLevel(logging.CRITICAL)

_MAX_FIELDS = 20
_MAX_FIELD_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Form:
    """The image's bytes, the name it came with, and the other fields."""

    image: bytes
    filename: str
    fields: dict[str, str]


def read_form(content_type: str, body: bytes) -> Form:
    """Parse a whole body. Raises UnsupportedMediaType for another type, ValidationFailed for a malformed form."""
    if content_type.partition(";")[0].strip().lower() != "multipart/form-data":
        raise UnsupportedMediaType(Message.BODY_TYPE_UNSUPPORTED)
    fields: dict[str, str] = {}
    images: list[tuple[str, bytes]] = []

    def on_field(field: Field) -> None:
        name, value = _text(field.field_name), field.value or b""
        if len(value) > _MAX_FIELD_BYTES or len(fields) == _MAX_FIELDS or name in fields:
            raise ValidationFailed(Message.FORM_FIELD_INVALID, field=name[:40])
        fields[name] = _text(value)

    def on_file(file: File) -> None:
        name = _text(file.field_name)
        if name != "image" or images:
            raise ValidationFailed(Message.ONE_FILE_REQUIRED, field=name[:40])
        file.file_object.seek(0)
        images.append((_text(file.file_name), file.file_object.read()))
        file.close()

    try:
        headers = {"Content-Type": content_type.encode(), "Content-Length": str(len(body)).encode()}
        parser = create_form_parser(headers, on_field, on_file, config={"MAX_MEMORY_FILE_SIZE": len(body) + 1})
        parser.write(body)
        parser.finalize()
    except FormParserError:
        raise ValidationFailed(Message.FORM_UNREADABLE) from None
    if not images:
        raise ValidationFailed(Message.FILE_MISSING, field="image")
    filename, data = images[0]
    return Form(data, filename or "image", fields)


def _text(raw: bytes | None) -> str:
    try:
        return (raw or b"").decode()
    except UnicodeDecodeError:
        raise ValidationFailed(Message.FORM_TEXT_NOT_UTF8) from None
