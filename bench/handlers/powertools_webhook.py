"""P's webhook."""

import json
import os
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.exceptions import UnauthorizedError
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities import parameters
from pydantic import BaseModel
from signed import verified

logger = Logger()
tracer = Tracer()
metrics = Metrics(namespace="ImageEnhancer")
app = APIGatewayHttpResolver(enable_validation=True)
queue = boto3.resource("sqs").Queue(os.environ["COMPLETION_QUEUE_URL"])


class Prediction(BaseModel):
    """The run."""

    id: str
    status: str
    output: Any = None
    error: str | None = None


@app.post("/api/webhooks/replicate")
@tracer.capture_method
def webhook(prediction: Prediction, job: str) -> dict[str, Any]:
    """Verify and enqueue."""
    secret = parameters.get_parameter(os.environ["REPLICATE_WEBHOOK_SECRET"], decrypt=True)
    if not verified(app.current_event.headers, app.current_event.body.encode(), secret):
        raise UnauthorizedError("signature")
    queue.send_message(MessageBody=json.dumps({"job_id": job, "prediction": prediction.model_dump()}))
    metrics.add_metric(name="Delivery", unit=MetricUnit.Count, value=1)
    logger.info("delivery")
    return {"success": True, "data": {"outcome": "queued"}}


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_HTTP)
@tracer.capture_lambda_handler
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event, context):
    """Route it."""
    return app.resolve(event, context)
