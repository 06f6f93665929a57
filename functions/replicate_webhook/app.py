"""Accept the provider's webhook: verify the signature, enqueue the completion. Trigger: HTTP API."""

from enhancer import bootstrap, http_api
from enhancer.errors import PayloadTooLarge, Unauthorized, ValidationFailed
from enhancer.http_api import Answer
from enhancer.observability import about, logger
from enhancer.request import Request
from enhancer.usecases.receive_delivery import receive_delivery

MAX_BYTES = 1_048_576  # of a delivery, long logs and all; a longer one's job is brought home by reconcile

routes = http_api.Routes()
signature = bootstrap.webhook_signature()
messages = bootstrap.messages()
REFUSALS = (PayloadTooLarge, Unauthorized, ValidationFailed)


@routes.on("/api/webhooks/replicate", "POST")
def webhook(request: Request) -> Answer:
    """Verify the raw body and pass it on; `?job=` is a hint that job_completion checks against the row."""
    job_id = request.query("job")
    about(job_id)
    delivery = signature.verify(request.body(MAX_BYTES), request.headers)
    run = delivery.prediction
    about(job_id, run.id)
    outcome = receive_delivery(job_id, delivery, messages=messages)
    logger.info("delivery", extra={"outcome": outcome, "provider_status": run.status})
    return http_api.ok({"outcome": outcome})


handler = http_api.serve(routes, counted=dict.fromkeys(REFUSALS, "WebhookRefusals"))
