"""Accept the provider's webhook: verify the signature, enqueue the completion. Trigger: HTTP API."""

from enhancer import bootstrap
from enhancer.errors import PayloadTooLarge, Unauthorized, ValidationFailed
from enhancer.http import response
from enhancer.http.request import Request
from enhancer.http.response import Response
from enhancer.http.routing import Routes, http_handler
from enhancer.observability import bind_job, logger

MAX_BYTES = 1_048_576  # of a delivery with its logs; the job of a longer one is recovered by reconcile

routes = Routes()
signature = bootstrap.webhook_signature()
receive_delivery = bootstrap.receive_delivery()
REFUSALS = (PayloadTooLarge, Unauthorized, ValidationFailed)


@routes.route("/api/webhooks/replicate", "POST")
def webhook(request: Request) -> Response:
    """Verify the raw body and pass it on; `?job=` is a hint that job_completion checks against the row."""
    job_id = request.query("job")
    bind_job(job_id)
    delivery = signature.verify(request.body(MAX_BYTES), request.headers)
    run = delivery.prediction
    bind_job(job_id, run.id)
    outcome = receive_delivery(job_id, delivery)
    logger.info("delivery", extra={"outcome": outcome, "provider_status": run.status})
    return response.ok({"outcome": outcome})


handler = http_handler(routes, counted=dict.fromkeys(REFUSALS, "WebhookRefusals"))
