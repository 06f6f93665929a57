"""Serve the API's description, for machines and as a page. Trigger: HTTP API.

`make build` puts the files into `static/`, gzipped: the JSON of docs/openapi.yaml, docs/page, and Swagger UI in a
folder named after its version, so that its files never change.
"""

from pathlib import Path

from enhancer import bootstrap
from enhancer.domain.messages import Message
from enhancer.errors import NotFound
from enhancer.http import response
from enhancer.http.request import Request
from enhancer.http.response import Response
from enhancer.http.routing import Routes, http_handler

STATIC = Path(__file__).parent / "static"
FILES = {path.relative_to(STATIC).as_posix().removesuffix(".gz"): path for path in STATIC.rglob("*.gz")}
NAMES = {"/api/openapi.json": "openapi.json", "/api/docs": "index.html"}
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".txt": "text/plain; charset=utf-8",
}
# No inline script or style and no other host; Swagger UI's icons are data: images in its style sheet.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HOUR, FOREVER = "public, max-age=3600", "public, max-age=31536000, immutable"

routes = Routes()


@routes.route("/api/openapi.json", "GET")
@routes.route("/api/docs", "GET")
@routes.route("/api/docs/{file+}", "GET")
def file(request: Request) -> Response:
    """Return a file by its exact name."""
    path = request.path
    name = NAMES.get(path, path.removeprefix("/api/docs/"))
    if name not in FILES:
        raise NotFound(Message.PATH_NOT_FOUND)
    headers = {"cache-control": FOREVER if "/" in name else HOUR, "content-security-policy": POLICY}
    return response.gzipped(request, FILES[name].read_bytes(), TYPES[Path(name).suffix], headers)


handler = http_handler(routes, bootstrap.origin_secrets())
