"""Uploads the page: files with their content types and cache times, config.json for the stage, the index last."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from deployment.page import CONFIG, INDEX, file_headers, page_config
from operate.installation import OperatorError

KEPT_FOR = timedelta(days=7)
"""The time for which files of an earlier build are kept, for open pages that load their parts later."""


def upload_page(s3: Any, bucket: str, folder: Path, parameters: Mapping[str, str], now: datetime) -> int:
    """Put a build of the page and its configuration into the bucket; return the number of files.

    Raises OperatorError when there is no build.
    """
    files = {f"/{file.relative_to(folder).as_posix()}": file for file in folder.rglob("*") if file.is_file()}
    if INDEX not in files:
        raise OperatorError(f"{folder} contains no page; `make build TARGET=aws` builds it.")
    contents = {path: file.read_bytes() for path, file in sorted(files.items()) if path not in (INDEX, CONFIG)}
    contents[CONFIG] = json.dumps(config_of(parameters)).encode()
    contents[INDEX] = files[INDEX].read_bytes()  # last, because it refers to the others
    for path, content in contents.items():
        content_type, kept = file_headers(path)
        s3.put_object(Bucket=bucket, Key=path[1:], Body=content, ContentType=content_type, CacheControl=kept)
    for key in superseded(_stored(s3, bucket), {path[1:] for path in contents}, now):
        s3.delete_object(Bucket=bucket, Key=key)
    return len(contents)


def config_of(parameters: Mapping[str, str]) -> dict[str, object]:
    """Return the config.json of an installation with these parameters."""
    return page_config(parameters["OidcIssuer"] or None, parameters["OidcAudience"], parameters["PrivacyUrl"] or None)


def superseded(stored: Iterable[tuple[str, datetime]], present: set[str], now: datetime) -> list[str]:
    """Return keys of files that the build lacks and that no upload of the last KEPT_FOR contained."""
    return [key for key, modified in stored if key not in present and now - modified > KEPT_FOR]


def _stored(s3: Any, bucket: str) -> list[tuple[str, datetime]]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return [(found["Key"], found["LastModified"]) for page in pages for found in page.get("Contents", [])]
