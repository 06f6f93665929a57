"""The model files: one per model, in the package's folder `models`, where operators add their own."""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from enhancer.domain import catalogue
from enhancer.domain.catalogue import AllowedModel, EnhancementModel, read_model

FOLDER = Path(__file__).parents[1] / "models"
SCHEMA = FOLDER / "schema.json"


@cache
def models() -> dict[str, EnhancementModel]:
    """Return all models that have a file, by slug. Raises ValueError that names an invalid file."""
    return {model.slug: model for model in map(read_file, files())}


def files() -> list[Path]:
    """Return the model files in the order of their names, without the schema."""
    return sorted(path for path in FOLDER.glob("*.json") if path != SCHEMA)


def read_file(path: Path) -> EnhancementModel:
    """Read the model in a file. Raises ValueError that names the file."""
    try:
        return read_model(json.loads(path.read_text()))
    except (KeyError, TypeError, ValueError) as problem:
        raise ValueError(
            f"the model file {path.name} can't be read: {problem!r}; `make check-models` says why"
        ) from None


def allowed_models(allowed: Sequence[str]) -> dict[str, AllowedModel]:
    """Return the operator's allowlist by slug. Raises ValueError for an entry that is malformed or has no file."""
    return catalogue.allowed_models(allowed, models())
