"""Delete unused files from an assembled layer.

Run as `python3 prune.py DIR` with the layer's `python/` folder. Of botocore's data only the operations below stay, with
their shapes: a client parses its whole model at every cold start, and that of ssm describes 150 operations for the one
that we call. A function that calls another operation fails with AttributeError;
tests/tools/test_artefact.py compares the table with what the adapters call.
"""

import gzip
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

OPERATIONS = {
    "dynamodb": {"BatchGetItem", "GetItem", "PutItem", "UpdateItem", "Query", "TransactWriteItems"},
    "s3": {"GetObject", "PutObject", "CopyObject", "DeleteObject", "ListObjectsV2", "HeadBucket"},
    "sqs": {"ChangeMessageVisibility", "SendMessage"},
    "ssm": {"GetParameters"},
}
"""botocore itself calls HeadBucket, to find a bucket's region after a redirect."""

DEAD = (
    "bin",  # command-line scripts
    "botocore/cacert.pem",  # certifi's is used
    "aws_lambda_powertools/event_handler/openapi/swagger_ui",
    "certifi/tests",
    "pydantic/v1",  # the API of version 1, which nothing here uses
    "pydantic/mypy.py",
    "botocore/data/*/*/examples-1.json",
    "**/*.pyi",
    "**/__pycache__",
)


def prune(python: Path) -> None:
    """Prune the layer at `python` in place. Licence texts in `*.dist-info` stay."""
    for pattern in DEAD:
        for path in list(python.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    data = python / "botocore" / "data"
    if data.is_dir():
        for folder in filter(Path.is_dir, data.iterdir()):
            if folder.name in OPERATIONS:
                _prune_service(folder, OPERATIONS[folder.name])
            else:
                shutil.rmtree(folder)
        _prune_endpoints(data / "endpoints.json")


def _prune_service(folder: Path, wanted: set[str]) -> None:
    """Keep these operations and their shapes, of the newest version of a service's API."""
    *old, newest = sorted(folder.iterdir())
    for version in old:
        shutil.rmtree(version)
    packed = newest / "service-2.json.gz"
    model = json.loads(gzip.decompress(packed.read_bytes()))
    model["operations"] = {name: model["operations"][name] for name in sorted(wanted)}
    needed: set[str] = set()
    waiting = list(_shapes(model["operations"]))
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting.extend(_shapes(model["shapes"][name]))
    model["shapes"] = {name: shape for name, shape in model["shapes"].items() if name in needed}
    packed.unlink()
    _write(newest / "service-2.json", model)
    for name in ("paginators-1.json", "waiters-2.json"):
        path = newest / name
        if path.exists():
            listed = json.loads(path.read_text())
            [key] = [key for key in listed if key != "version"]
            kept = {n: each for n, each in listed[key].items() if each.get("operation", n) in wanted}
            _write(path, listed | {key: kept})


def _shapes(part: Any) -> Iterator[str]:
    """Yield the names of the shapes that a part of a model refers to."""
    if isinstance(part, dict):
        if isinstance(part.get("shape"), str):
            yield part["shape"]
        for each in part.values():
            yield from _shapes(each)
    elif isinstance(part, list):
        for each in part:
            yield from _shapes(each)


def _prune_endpoints(path: Path) -> None:
    """Keep all partitions and regions, but only our services: the first client parses all 1.25 MB of the file."""
    endpoints = json.loads(path.read_text())
    for partition in endpoints["partitions"]:
        partition["services"] = {name: each for name, each in partition["services"].items() if name in OPERATIONS}
    _write(path, endpoints)


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, separators=(",", ":")))


if __name__ == "__main__":
    prune(Path(sys.argv[1]))
