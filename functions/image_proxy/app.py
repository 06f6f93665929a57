"""Redirect callers with access to presigned URLs of images. Trigger: HTTP API."""

from enhancer import bootstrap
from enhancer.http import response
from enhancer.http.request import Request
from enhancer.http.response import Response
from enhancer.http.routing import Routes, http_handler

routes = Routes()
access = bootstrap.access()
show_image = bootstrap.show_image()


@routes.route("/r2-ai/{key+}", "GET")
def image(request: Request) -> Response:
    """Redirect a caller with access to a presigned URL of the image."""
    caller = access.identify(request, "image")
    link = show_image(request.path.removeprefix("/r2-ai/"), caller, request.query("share"), request.method)
    access.audit(caller, link.job, "view")
    return response.redirect(link.url, link.seconds)


handler = http_handler(
    routes,
    bootstrap.origin_secrets(),
    on_unmatched=access.count_unidentified,
    has_signed_cookie=access.has_signed_cookie,
)
