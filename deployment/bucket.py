"""The rules of the R2 bucket: CORS, so that the page may use it, and the lifecycle as a backstop of retention."""

from collections.abc import Mapping
from typing import Any

Rule = Mapping[str, Any]

UPLOAD_HEADERS = ["cache-control", "content-type", "if-none-match", "x-amz-meta-upload"]
"""Headers that the page sends with an upload."""
LIFECYCLE_DAYS = {"uploads": 2, "results": 32}
"""Folder → days until R2 deletes its files: one or two after `retention`, which deletes after 24 hours and 30 days."""


def cors_rule(origin: str) -> Rule:
    """Return the CORS rule that lets the page at this origin upload, download and read ETags."""
    return {
        "AllowedMethods": ["GET", "HEAD", "PUT"],
        "AllowedOrigins": [origin],
        "AllowedHeaders": UPLOAD_HEADERS,
        "ExposeHeaders": ["ETag"],
        "MaxAgeSeconds": 3600,
    }


def lifecycle_rules(stack: str, prefix: str) -> list[Rule]:
    """Return the lifecycle rules that delete a stack's files below its prefix."""
    return [
        {
            "ID": f"{stack}-{folder}",
            "Status": "Enabled",
            "Filter": {"Prefix": f"{prefix}{folder}/"},
            "Expiration": {"Days": days},
        }
        for folder, days in LIFECYCLE_DAYS.items()
    ]
