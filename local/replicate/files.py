"""Output files on disk, each behind an address that nobody can guess."""

import secrets
from pathlib import Path

from .problems import NotFoundError

FILE_NAME = "output.png"


class OutputFiles:
    """The stand-in's replicate.delivery: readable without a token by whoever knows the address."""

    def __init__(self, folder: Path, base_url: str) -> None:
        self._folder = folder
        self._base_url = base_url
        self._keys: dict[str, str] = {}

    def add(self, prediction_id: str, content: bytes) -> str:
        """Store the output of a prediction and return its URL."""
        key = secrets.token_urlsafe(24)
        folder = self._folder / key
        folder.mkdir(parents=True)
        (folder / FILE_NAME).write_bytes(content)
        self._keys[prediction_id] = key
        return f"{self._base_url}/files/{key}/{FILE_NAME}"

    def path(self, key: str) -> Path:
        """Return where the file of an address is; raises NotFoundError, also after its erasure."""
        if key not in self._keys.values():
            raise NotFoundError
        return self._folder / key / FILE_NAME

    def owner(self, key: str) -> str:
        """Return the id of the prediction whose output an address holds; raises NotFoundError as `path` does."""
        for prediction_id, its in self._keys.items():
            if its == key:
                return prediction_id
        raise NotFoundError

    def erase(self, prediction_id: str) -> None:
        """Delete the output of a prediction, if it has one."""
        key = self._keys.pop(prediction_id, None)
        if key is not None:
            (self._folder / key / FILE_NAME).unlink(missing_ok=True)
            (self._folder / key).rmdir()
