"""File names of downloaded results, and the header that carries them. They are stored in R2 with each result."""

import re
from pathlib import PurePosixPath
from urllib.parse import quote

MAX_STEM = 80  # characters of the original's name that are kept; each may take twelve bytes in the header
# Control characters, line separators, marks that turn the writing direction, and the backslash.
_HARMFUL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\\]")


def result_filename(original: str, enlarged: float, key: str) -> str:
    """Return `<name of the original>-enhanced-<enlarged>x.<extension of the key>`."""
    stem = _HARMFUL.sub("_", PurePosixPath(original).stem)[:MAX_STEM] or "image"
    return f"{stem}-enhanced-{enlarged:g}x{PurePosixPath(key).suffix}"


def content_disposition(filename: str) -> str:
    """Return the header of a download (RFC 6266): an ASCII name for old clients and the exact one in UTF-8."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "-_. ") else "_" for c in filename)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"
