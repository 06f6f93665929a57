"""The page on the local stack, as CloudFront serves it on AWS from a private bucket that holds `web/dist`."""

import gzip
import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote

from deployment.page import CONFIG, INDEX, TEXT_TYPES, file_headers
from local.gateway.response import Response

COMPRESSED_FROM = 1000
"""CloudFront compresses from 1,000 bytes (docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/
ServingCompressedFiles.html, 2026-11-22)."""


class Page:
    """Serves every path that is not the API's, the image links' or the issuer's."""

    def __init__(self, folder: Path, headers: Mapping[str, str], config: Mapping[str, object]) -> None:
        self._folder = folder
        self._headers = tuple(headers.items())
        self._config = json.dumps(config).encode()

    def respond(self, method: str, raw_path: str, headers: Mapping[str, str]) -> Response:
        """Return the file, 304, or an error in one sentence; `headers` are the request's, by lower-case name."""
        if method not in ("GET", "HEAD"):
            return self._sentence(403, "The page is read-only: this path takes GET and HEAD.")
        path = unquote(raw_path)
        if path == CONFIG:
            return self._content(_variants(self._config), *file_headers(CONFIG), headers)
        files = self._files()
        if INDEX not in files:
            return self._sentence(503, "The page is not built yet: run `make build`, then reload.")
        wanted = path if "." in path.rpartition("/")[2] else INDEX
        if wanted not in files:
            return self._sentence(404, "File not found.")
        return self._file(wanted, files[wanted], headers)

    def _files(self) -> dict[str, Path]:
        """Return every file by the path at which it is served. Paths are looked up here, never joined to a folder."""
        found = (file for file in self._folder.rglob("*") if file.is_file())
        return {f"/{file.relative_to(self._folder).as_posix()}": file for file in found}

    def _file(self, path: str, file: Path, headers: Mapping[str, str]) -> Response:
        return self._content(_variants(file.read_bytes()), *file_headers(path), headers)

    def _content(
        self, variants: tuple[str, bytes, bytes], content_type: str, cache_control: str, headers: Mapping[str, str]
    ) -> Response:
        tag, plain, packed = variants
        common = [*self._headers, ("cache-control", cache_control), ("etag", tag), ("vary", "accept-encoding")]
        seen = {seen.strip().removeprefix("W/") for seen in headers.get("if-none-match", "").split(",")}
        if tag.removeprefix("W/") in seen:
            return Response(304, common, b"")
        common.append(("content-type", content_type))
        compressible = content_type in TEXT_TYPES.values() and len(plain) >= COMPRESSED_FROM
        if compressible and "gzip" in headers.get("accept-encoding", ""):
            return Response(200, [*common, ("content-encoding", "gzip")], packed)
        return Response(200, common, plain)

    def _sentence(self, status: int, sentence: str) -> Response:
        own = [("content-type", TEXT_TYPES[".txt"]), ("cache-control", "no-store")]
        return Response(status, [*self._headers, *own], f"{sentence}\n".encode())


@lru_cache(maxsize=64)
def _variants(content: bytes) -> tuple[str, bytes, bytes]:
    """Return the entity tag (weak, because it is of both), the content, and the content compressed."""
    return f'W/"{hashlib.sha256(content).hexdigest()[:32]}"', content, gzip.compress(content, mtime=0)
