"""The page as it is served: response headers, content types, cache times and `/config.json`.

CloudFront serves it on AWS (the template has the same headers, held equal by a test), the gateway on the local stack.
"""

from pathlib import PurePosixPath

INDEX = "/index.html"
CONFIG = "/config.json"
IMMUTABLE = "public, max-age=31536000, immutable"
"""For `/assets/`: the build puts a hash of the content into these names."""
REVALIDATE = "no-cache"
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


def content_security_policy(images_origin: str, issuer_origin: str | None) -> str:
    """Return the page's CSP: its own files, images from R2 and from memory, calls to the API, R2 and the issuer."""
    issuer = [issuer_origin] if issuer_origin else []
    directives = {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "blob:", images_origin],
        "connect-src": ["'self'", images_origin, *issuer],
        "manifest-src": ["'self'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
    return "; ".join(" ".join([name, *dict.fromkeys(sources)]) for name, sources in directives.items())


def page_headers(public_base_url: str, images_origin: str, issuer_origin: str | None) -> dict[str, str]:
    """Return the response headers of the page; HSTS only where it is served over TLS."""
    secure = public_base_url.startswith("https://")
    return {
        "content-security-policy": content_security_policy(images_origin, issuer_origin),
        "permissions-policy": "camera=(), geolocation=(), microphone=()",
        "referrer-policy": "no-referrer",
        **({"strict-transport-security": "max-age=63072000; includeSubDomains"} if secure else {}),
        "x-content-type-options": "nosniff",
    }


def page_config(authority: str | None, client_id: str, privacy_url: str | None = None) -> dict[str, object]:
    """Return `/config.json`, the page's settings; without an issuer there is no sign-in."""
    oidc = {"authority": authority, "clientId": client_id, "scope": "openid email"} if authority else None
    return {"privacyUrl": privacy_url, "oidc": oidc}


def file_headers(path: str) -> tuple[str, str]:
    """Return content type and cache control of a file by the path at which it is served."""
    suffix = PurePosixPath(path).suffix
    content_type = TEXT_TYPES.get(suffix) or OTHER_TYPES.get(suffix, "application/octet-stream")
    return content_type, IMMUTABLE if path.startswith("/assets/") else REVALIDATE
