"""Serve pictures to those who may see them, by a redirect to a short-lived link. Trigger: HTTP API."""

from enhancer import bootstrap, http_api
from enhancer.domain.clock import utc_now
from enhancer.http_api import Answer
from enhancer.request import Request
from enhancer.usecases.show_picture import show_picture

routes = http_api.Routes()
access = bootstrap.access()
jobs = bootstrap.jobs()
links = bootstrap.links()
shares = bootstrap.shares()
prefix = bootstrap.prefix()


@routes.on("/r2-ai/{key+}", "GET")
def picture(request: Request) -> Answer:
    """Redirect a caller with access to a presigned URL of the image."""
    caller = access.reader(request, "picture")
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
    return http_api.redirect(link.url, link.seconds)


handler = http_api.serve(routes, bootstrap.origin_secrets(), stranger=access.stranger, known=access.known)
