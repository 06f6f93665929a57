"""The model files: one a model, in the package's folder `models`; an operator adds their own there."""

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
    """All models that have a file, by slug. Raises ValueError that names a file that can't be read."""
    return {model.slug: model for model in map(read_file, files())}


def files() -> list[Path]:
    """The model files, in the order of their names; the schema is none."""
    return sorted(path for path in FOLDER.glob("*.json") if path != SCHEMA)


def read_file(path: Path) -> EnhancementModel:
    """The model in a file. Raises ValueError that names the file."""
    try:
        return read_model(json.loads(path.read_text()))
    except (KeyError, TypeError, ValueError) as problem:
        raise ValueError(
            f"the model file {path.name} can't be read: {problem!r}; `make check-models` says why"
        ) from None


def allowed_models(allowed: Sequence[str]) -> dict[str, AllowedModel]:
    """The operator's allowlist by slug. Raises ValueError for an entry that is malformed or has no model file."""
    return catalogue.allowed_models(allowed, models())
