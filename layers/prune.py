"""Drop from an assembled layer what no function reads: other services' models, command-line scripts.

Run as `python3 prune.py DIR` with the layer's `python/` folder. A function that asks boto3 for a service outside
SERVICES fails with UnknownServiceError.
"""

import shutil
import sys
from pathlib import Path

SERVICES = frozenset({"dynamodb", "s3", "sqs", "ssm"})


def prune(python: Path) -> None:
    """Prune the layer at `python` in place. Licence texts in `*.dist-info` stay."""
    for data in (python / "botocore" / "data", python / "boto3" / "data"):
        if data.is_dir():
            for folder in data.iterdir():
                if folder.is_dir() and folder.name not in SERVICES:
                    shutil.rmtree(folder)
    shutil.rmtree(python / "bin", ignore_errors=True)
    for cache in list(python.rglob("__pycache__")):
        shutil.rmtree(cache)


if __name__ == "__main__":
    prune(Path(sys.argv[1]))
