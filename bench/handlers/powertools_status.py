"""P: Powertools with everything that its guides show: Logger, Tracer, Metrics, validation, parameters, resources."""

import os

import boto3
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.metrics import MetricUnit
from document import document
from models import Answer

logger = Logger()
tracer = Tracer()
metrics = Metrics(namespace="ImageEnhancer")
app = APIGatewayHttpResolver(enable_validation=True)
table = boto3.resource("dynamodb").Table(os.environ["JOBS_TABLE"])
s3 = boto3.client("s3")
sqs = boto3.client("sqs")


@app.get("/api/ai-image/jobs/<job_id>")
@tracer.capture_method
def job(job_id: str) -> Answer:
    """One job."""
    found = table.get_item(Key={"id": job_id}).get("Item")
    if found is None:
        raise NotFoundError
    metrics.add_metric(name="StatusRead", unit=MetricUnit.Count, value=1)
    logger.info("read")
    return Answer(success=True, data=document(found))


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_HTTP)
@tracer.capture_lambda_handler
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event, context):
    """Route it."""
    return app.resolve(event, context)
