"""Serve pictures to those who may see them, by a redirect to a short-lived link. Trigger: HTTP API."""

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from enhancer import bootstrap, http_api
from enhancer.domain.clock import utc_now
from enhancer.usecases.show_picture import show_picture

app = APIGatewayHttpResolver()
access = bootstrap.access()
jobs = bootstrap.jobs()
links = bootstrap.links()
shares = bootstrap.shares()
prefix = bootstrap.prefix()


@app.route("/r2-ai/.+", method=["GET", "HEAD"])
def picture() -> Response[str]:
    """Redirect whoever may see a picture to it."""
    caller = access.reader(app.current_event, "picture")
    link = show_picture(
        app.current_event.path.removeprefix("/r2-ai/"),
        caller,
        http_api.query(app.current_event, "share"),
        method=app.current_event.http_method,
        jobs=jobs,
        links=links,
        shares=shares,
        prefix=prefix,
        clock=utc_now,
    )
    access.audit(caller, link.job, "see a picture")
    return http_api.redirect(app.current_event, link.url, link.seconds, link.sha256)


handler = http_api.serve(app, bootstrap.origin_secrets())
