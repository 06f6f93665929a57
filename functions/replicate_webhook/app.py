"""Take the provider's word that a run has ended: verify, reduce, enqueue, answer. Trigger: HTTP API."""

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from enhancer import bootstrap, http_api
from enhancer.observability import logger
from enhancer.usecases.receive_delivery import receive_delivery

app = APIGatewayHttpResolver()
signature = bootstrap.webhook_signature()
messages = bootstrap.messages()


@app.post("/api/webhooks/replicate")
def webhook() -> Response[str]:
    """Verify the raw body and pass it on; `?job=` is a hint that job_completion checks against the row."""
    delivery = signature.verify(http_api.body_bytes(app.current_event), http_api.header_map(app.current_event))
    outcome = receive_delivery(http_api.query(app.current_event, "job"), delivery, messages=messages)
    run = delivery.prediction
    logger.info("delivery", extra={"outcome": outcome, "prediction_id": run.id, "provider_status": run.status})
    return http_api.ok({"outcome": outcome})


handler = http_api.serve(app)
