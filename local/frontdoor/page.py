"""The page: CloudFront in front of a private bucket that holds `web/dist`.

What is fixed here is what a distribution for this page has to be told: the response headers of every answer, how long
each file may be kept, and which paths are the page's own views.
"""

import gzip
import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote

from local.frontdoor.answer import Answer

INDEX = "/index.html"
CONFIG = "/config.json"
KEPT = "public, max-age=31536000, immutable"
"""For `/assets/`: the build puts a hash of the content into these names."""
ASKED_AGAIN = "no-cache"
COMPRESSED_FROM = 1000
"""CloudFront compresses from 1,000 bytes (docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/
ServingCompressedFiles.html, 2026-11-22)."""
TEXT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
}
OTHER_TYPES = {
    ".avif": "image/avif",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}


def content_security_policy(pictures_origin: str, issuer_origin: str | None) -> str:
    """What the page may load: its own files, pictures from R2 and from memory, the API, R2 and the issuer."""
    issuer = [issuer_origin] if issuer_origin else []
    directives = {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "blob:", pictures_origin],
        "connect-src": ["'self'", pictures_origin, *issuer],
        "manifest-src": ["'self'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
    return "; ".join(" ".join([name, *dict.fromkeys(sources)]) for name, sources in directives.items())


def page_headers(public_base_url: str, pictures_origin: str, issuer_origin: str | None) -> dict[str, str]:
    """The response headers policy of the page; HSTS only where the page is served over TLS."""
    secure = public_base_url.startswith("https://")
    return {
        "content-security-policy": content_security_policy(pictures_origin, issuer_origin),
        "permissions-policy": "camera=(), geolocation=(), microphone=()",
        "referrer-policy": "no-referrer",
        **({"strict-transport-security": "max-age=63072000; includeSubDomains"} if secure else {}),
        "x-content-type-options": "nosniff",
    }


def page_config(authority: str | None, client_id: str, privacy_url: str | None = None) -> dict[str, object]:
    """What `/config.json` tells the page about the installation it is part of; without an issuer, no sign-in."""
    oidc = {"authority": authority, "clientId": client_id, "scope": "openid email"} if authority else None
    return {"privacyUrl": privacy_url, "oidc": oidc}


def file_headers(path: str) -> tuple[str, str]:
    """Content type and cache control of a file, by the path that it is served at."""
    suffix = Path(path).suffix
    content_type = TEXT_TYPES.get(suffix) or OTHER_TYPES.get(suffix, "application/octet-stream")
    return content_type, KEPT if path.startswith("/assets/") else ASKED_AGAIN


class Page:
    """Answers for every path that is not the API's, the pictures' or the issuer's."""

    def __init__(self, folder: Path, headers: Mapping[str, str], config: Mapping[str, object]) -> None:
        self._folder = folder
        self._headers = tuple(headers.items())
        self._config = json.dumps(config).encode()

    def answer(self, method: str, raw_path: str, headers: Mapping[str, str]) -> Answer:
        """The file, 304 for whoever has it, or one sentence; `headers` are the request's, by lower-case name."""
        if method not in ("GET", "HEAD"):
            return self._sentence(403, "The page can only be read: this path takes GET and HEAD.")
        path = unquote(raw_path)
        if path == CONFIG:
            return self._content(_variants(self._config), *file_headers(CONFIG), headers)
        files = self._files()
        if INDEX not in files:
            return self._sentence(503, "The page is not built yet: `make build` makes it, then reload.")
        wanted = path if "." in path.rpartition("/")[2] else INDEX
        if wanted not in files:
            return self._sentence(404, "There is no such file.")
        return self._file(wanted, files[wanted], headers)

    def _files(self) -> dict[str, Path]:
        """Every file by the path it is served at. A path is looked up here and never joined to a folder."""
        found = (file for file in self._folder.rglob("*") if file.is_file())
        return {f"/{file.relative_to(self._folder).as_posix()}": file for file in found}

    def _file(self, path: str, file: Path, headers: Mapping[str, str]) -> Answer:
        return self._content(_variants(file.read_bytes()), *file_headers(path), headers)

    def _content(
        self, variants: tuple[str, bytes, bytes], content_type: str, kept: str, headers: Mapping[str, str]
    ) -> Answer:
        tag, plain, packed = variants
        common = [*self._headers, ("cache-control", kept), ("etag", tag), ("vary", "accept-encoding")]
        seen = {seen.strip().removeprefix("W/") for seen in headers.get("if-none-match", "").split(",")}
        if tag.removeprefix("W/") in seen:
            return Answer(304, common, b"")
        common.append(("content-type", content_type))
        compressible = content_type in TEXT_TYPES.values() and len(plain) >= COMPRESSED_FROM
        if compressible and "gzip" in headers.get("accept-encoding", ""):
            return Answer(200, [*common, ("content-encoding", "gzip")], packed)
        return Answer(200, common, plain)

    def _sentence(self, status: int, sentence: str) -> Answer:
        told = [("content-type", TEXT_TYPES[".txt"]), ("cache-control", "no-store")]
        return Answer(status, [*self._headers, *told], f"{sentence}\n".encode())


@lru_cache(maxsize=64)
def _variants(content: bytes) -> tuple[str, bytes, bytes]:
    """The entity tag (weak, as it names both), the content, and the content compressed."""
    return f'W/"{hashlib.sha256(content).hexdigest()[:32]}"', content, gzip.compress(content, mtime=0)
