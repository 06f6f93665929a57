"""Serve pictures to those who may see them, by a redirect to a short-lived link. Trigger: HTTP API."""

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from enhancer import bootstrap, http_api
from enhancer.domain.clock import utc_now
from enhancer.usecases.show_picture import show_picture

app = APIGatewayHttpResolver()
identity = bootstrap.identity()
jobs = bootstrap.jobs()
links = bootstrap.links()
prefix = bootstrap.prefix()


@app.route("/r2-ai/.+", method=["GET", "HEAD"])
def picture() -> Response[str]:
    """Redirect the owner of a picture to it."""
    link = show_picture(
        app.current_event.path.removeprefix("/r2-ai/"),
        identity.caller(*http_api.credentials(app.current_event)),
        method=app.current_event.http_method,
        jobs=jobs,
        links=links,
        prefix=prefix,
        clock=utc_now,
    )
    return http_api.redirect(link.url, link.seconds)


handler = http_api.serve(app, bootstrap.origin_secrets())
