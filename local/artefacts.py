"""Uploads the built layers and functions as zips to the bucket from which CreateStack reads them."""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from deployment.emulator import admin_client
from local.config import LocalStackError

BUCKET = "image-enhancer-artefacts"
TEMPLATE_KEY = "template.json"


def check_built(build: Path, folders: Iterable[Path]) -> None:
    """Raise LocalStackError naming the first folder below `build` that does not exist."""
    for folder in folders:
        if not (build / folder).is_dir():
            raise LocalStackError(f"{build / folder} is missing; run `make build TARGET=local` first.")


def upload_artefacts(endpoint: str, build: Path, folders: Mapping[str, Path]) -> dict[str, str]:
    """Store each folder's zip under its content hash; return logical id → `s3://bucket/key`.

    `folders` are relative to `build` and exist (see check_built).
    """
    s3 = admin_client("s3", endpoint)
    s3.create_bucket(Bucket=BUCKET)  # if it exists, S3 in us-east-1 answers its owner with 200
    locations = {}
    for logical_id, folder in folders.items():
        content = _zipped(build / folder)
        key = f"{folder}-{hashlib.sha256(content).hexdigest()[:16]}.zip"
        try:
            s3.head_object(Bucket=BUCKET, Key=key)
        except ClientError:
            s3.put_object(Bucket=BUCKET, Key=key, Body=content)
        locations[logical_id] = f"s3://{BUCKET}/{key}"
    return locations


def upload_template(endpoint: str, template: Mapping[str, Any]) -> str:
    """Store a template, because a request takes at most 51,200 bytes of one; return its URL."""
    admin_client("s3", endpoint).put_object(Bucket=BUCKET, Key=TEMPLATE_KEY, Body=json.dumps(template).encode())
    return f"{endpoint}/{BUCKET}/{TEMPLATE_KEY}"


def delete_superseded(endpoint: str, locations: Mapping[str, str]) -> None:
    """Delete the zips that no deployed function or layer uses."""
    s3 = admin_client("s3", endpoint)
    in_use = set(locations.values())
    for stored in s3.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        if f"s3://{BUCKET}/{stored['Key']}" not in in_use:
            s3.delete_object(Bucket=BUCKET, Key=stored["Key"])


def _zipped(folder: Path) -> bytes:
    """Zip a folder reproducibly: sorted names, no times; uncompressed, because it stays on this machine."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.writestr(zipfile.ZipInfo(path.relative_to(folder).as_posix()), path.read_bytes())
    return buffer.getvalue()
