"""Keeps the requests of clients and their images, for tests."""

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from PIL import ExifTags

from .clock import iso
from .images import UndecodableError, decode, open_image
from .problems import NotFoundError

KEEP = 200
_HEADERS_SHOWN = ("Content-Type", "User-Agent", "Prefer", "Cancel-After")


class Received:
    """The last predictions as they were created, and the images that were downloaded for them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._entries: OrderedDict[str, dict[str, Any]] = OrderedDict()

    def created(self, prediction_id: str, body: Any, headers: Mapping[str, str], now: datetime) -> None:
        """Keep a create request: only the names of most headers, never the token."""
        self._entries[prediction_id] = {
            "id": prediction_id,
            "received_at": iso(now),
            "body": body,
            "header_names": sorted({name.lower() for name in headers}),
            "headers": {name.lower(): headers[name] for name in _HEADERS_SHOWN if name in headers},
            "input": None,
        }
        while len(self._entries) > KEEP:
            oldest, _ = self._entries.popitem(last=False)
            self._path(oldest).unlink(missing_ok=True)

    def downloaded(self, prediction_id: str, content: bytes) -> None:
        """Keep the exact bytes of an input image and its metadata."""
        if prediction_id in self._entries:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._path(prediction_id).write_bytes(content)
            self._entries[prediction_id]["input"] = describe(content)

    def entries(self) -> list[dict[str, Any]]:
        """Return the kept requests, oldest first."""
        return list(self._entries.values())

    def input_of(self, prediction_id: str) -> bytes:
        """Return the input image of a prediction; raises NotFoundError."""
        if prediction_id not in self._entries or not self._path(prediction_id).exists():
            raise NotFoundError
        return self._path(prediction_id).read_bytes()

    def _path(self, prediction_id: str) -> Path:
        return self._folder / prediction_id


def describe(content: bytes) -> dict[str, Any]:
    """Return size, hash, kind and metadata of a file; `format` is None if it cannot be decoded as an image.

    Decodes the whole file, because a PNG may have metadata after its pixels.
    """
    facts: dict[str, Any] = {
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "format": None,
    }
    try:
        image = open_image(content)
        decode(image)
    except UndecodableError:
        return facts
    exif = image.getexif()
    return facts | {
        "format": image.format,
        "mode": image.mode,
        "width": image.width,
        "height": image.height,
        "exif": len(exif) > 0,
        "gps": bool(exif.get_ifd(ExifTags.IFD.GPSInfo)),
        "xmp": "xmp" in image.info or "XML:com.adobe.xmp" in image.info,
        "icc": "icc_profile" in image.info,
    }
