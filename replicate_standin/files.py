"""Output files on disk, each at a URL that cannot be guessed."""

import secrets
import shutil
from collections.abc import Collection
from pathlib import Path

from .problems import NotFoundError


class OutputFiles:
    """The stand-in's replicate.delivery: readable without a token by anyone who knows the URL."""

    def __init__(self, folder: Path, base_url: str) -> None:
        self._folder = folder
        self._base_url = base_url
        # Prediction → key and file name; the paths contain all three, so that a restarted stand-in finds them.
        self._kept = {file.parts[-3]: (file.parts[-2], file.name) for file in folder.glob("*/*/*")}

    def add(self, prediction_id: str, name: str, content: bytes) -> str:
        """Store the output of a prediction as a file of that name and return its URL."""
        key = secrets.token_urlsafe(24)
        folder = self._folder / prediction_id / key
        folder.mkdir(parents=True)
        (folder / name).write_bytes(content)
        self._kept[prediction_id] = (key, name)
        return self.url(prediction_id)

    def url(self, prediction_id: str) -> str:
        """Return the URL of a prediction's output; raises NotFoundError if it has none."""
        if prediction_id not in self._kept:
            raise NotFoundError
        key, name = self._kept[prediction_id]
        return f"{self._base_url}/files/{key}/{name}"

    def path(self, key: str, name: str) -> Path:
        """Return the path of a URL's file; raises NotFoundError, also after its erasure."""
        return self._folder / self.owner(key, name) / key / name

    def owner(self, key: str, name: str) -> str:
        """Return the id of the prediction whose output a URL names; raises NotFoundError as `path` does."""
        for prediction_id, kept in self._kept.items():
            if kept == (key, name):
                return prediction_id
        raise NotFoundError

    def erase(self, prediction_id: str) -> None:
        """Delete the output of a prediction, if it has one."""
        if self._kept.pop(prediction_id, None):
            shutil.rmtree(self._folder / prediction_id)

    def erase_all_but(self, prediction_ids: Collection[str]) -> None:
        """Delete every output except those of these predictions: a run may have been stopped while writing one."""
        for folder in self._folder.glob("*"):
            if folder.name not in prediction_ids:
                self._kept.pop(folder.name, None)
                shutil.rmtree(folder)
