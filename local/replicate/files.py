"""Output files on disk, each behind an address that nobody can guess."""

import secrets
from pathlib import Path

from .problems import NotFoundError


class OutputFiles:
    """The stand-in's replicate.delivery: readable without a token by whoever knows the address."""

    def __init__(self, folder: Path, base_url: str) -> None:
        self._folder = folder
        self._base_url = base_url
        self._kept: dict[str, tuple[str, str]] = {}  # key and file name by prediction

    def add(self, prediction_id: str, name: str, content: bytes) -> str:
        """Store the output of a prediction as a file of that name and return its URL."""
        key = secrets.token_urlsafe(24)
        folder = self._folder / key
        folder.mkdir(parents=True)
        (folder / name).write_bytes(content)
        self._kept[prediction_id] = (key, name)
        return f"{self._base_url}/files/{key}/{name}"

    def path(self, key: str, name: str) -> Path:
        """Return where the file of an address is; raises NotFoundError, also after its erasure."""
        self.owner(key, name)
        return self._folder / key / name

    def owner(self, key: str, name: str) -> str:
        """Return the id of the prediction whose output an address holds; raises NotFoundError as `path` does."""
        for prediction_id, kept in self._kept.items():
            if kept == (key, name):
                return prediction_id
        raise NotFoundError

    def erase(self, prediction_id: str) -> None:
        """Delete the output of a prediction, if it has one."""
        kept = self._kept.pop(prediction_id, None)
        if kept is not None:
            self._folder.joinpath(*kept).unlink(missing_ok=True)
            (self._folder / kept[0]).rmdir()
