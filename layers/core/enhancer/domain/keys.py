"""Job ids and the R2 keys that follow from them.

A job's id begins with the letter of its original's type, so that the key of an upload follows from owner and id alone:
nothing has to be stored when a presigned URL is issued. Keys derive from the id only, so a repeated step
overwrites its own earlier work.
"""

import base64
import re
import secrets
from typing import get_args

from enhancer.domain.image_info import ContentType
from enhancer.domain.owner import Owner, OwnerType

EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}
# Unregistered names of the types that programs send; the registered ones are signed and stored.
ALIASES = {"image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg", "image/x-png": "image/png"}
_LETTERS: dict[str, ContentType] = {"j": "image/jpeg", "p": "image/png", "w": "image/webp"}
_JOB_ID = re.compile(r"[jpw][a-z2-7]{25}")
_KEY = re.compile(
    rf"(?:uploads|results)/(?:{'|'.join(get_args(OwnerType))})/[a-z2-7]{{26}}/(?P<job>[jpw][a-z2-7]{{25}})/[a-z]+\.[a-z]+"
)


def new_job_id(content_type: str) -> str:
    """Return a new id for a job whose original has the given type: its letter and 125 random bits in base32."""
    letter = next(letter for letter, value in _LETTERS.items() if value == content_type)
    return letter + base64.b32encode(secrets.token_bytes(16)).decode().lower()[:25]


def is_job_id(text: str) -> bool:
    """Return whether the text has the form of a job's id."""
    return _JOB_ID.fullmatch(text) is not None


def content_type_of(job_id: str) -> ContentType:
    """Return the declared type of the job's original."""
    return _LETTERS[job_id[0]]


def original_key(prefix: str, owner: Owner, job_id: str) -> str:
    """Return the key of the job's original."""
    return f"{prefix}uploads/{owner.type}/{owner.id}/{job_id}/input.{EXTENSIONS[content_type_of(job_id)]}"


def prepared_type(job_id: str) -> ContentType:
    """Return the type of the job's prepared image: the original as changed for the provider."""
    return "image/jpeg" if content_type_of(job_id) == "image/jpeg" else "image/png"


def prepared_key(prefix: str, owner: Owner, job_id: str) -> str:
    """Return the key of the job's prepared image."""
    return f"{prefix}uploads/{owner.type}/{owner.id}/{job_id}/prepared.{EXTENSIONS[prepared_type(job_id)]}"


def result_keys(prefix: str, owner: Owner, job_id: str, output_format: str) -> list[str]:
    """Return the keys of the job's result, its preview and its thumbnail, in this order."""
    names = (f"output.{EXTENSIONS[f'image/{output_format}']}", "preview.webp", "thumb.webp")
    return [f"{prefix}results/{owner.type}/{owner.id}/{job_id}/{name}" for name in names]


def job_id_in(prefix: str, key: str) -> str | None:
    """Return the job id in a key, which must be exact; None for any other text.

    The job's row says whether the image exists.
    """
    match = _KEY.fullmatch(key.removeprefix(prefix)) if key.startswith(prefix) else None
    return match["job"] if match else None
