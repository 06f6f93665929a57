"""Serve pictures to those who may see them, by a redirect to a short-lived link. Trigger: HTTP API."""

from enhancer import bootstrap
from enhancer.domain.clock import utc_now
from enhancer.http import response
from enhancer.http.request import Request
from enhancer.http.response import Response
from enhancer.http.routing import Routes, http_handler
from enhancer.usecases.show_picture import show_picture

routes = Routes()
access = bootstrap.access()
jobs = bootstrap.jobs()
links = bootstrap.links()
shares = bootstrap.shares()
prefix = bootstrap.prefix()


@routes.route("/r2-ai/{key+}", "GET")
def picture(request: Request) -> Response:
    """Redirect a caller with access to a presigned URL of the image."""
    caller = access.identify(request, "picture")
    link = show_picture(
        request.path.removeprefix("/r2-ai/"),
        caller,
        request.query("share"),
        method=request.method,
        jobs=jobs,
        links=links,
        shares=shares,
        prefix=prefix,
        clock=utc_now,
    )
    access.audit(caller, link.job, "see a picture")
    return response.redirect(link.url, link.seconds)


handler = http_handler(
    routes,
    bootstrap.origin_secrets(),
    on_unmatched=access.count_unidentified,
    has_signed_cookie=access.has_signed_cookie,
)
