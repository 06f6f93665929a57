"""F's webhook."""

import json
import os
from functools import cache
from typing import Any

import boto3
from fastapi import FastAPI, HTTPException, Request
from mangum import Mangum
from signed import verified

app = FastAPI(title="Image enhancer")
sqs = boto3.client("sqs")
ssm = boto3.client("ssm")


@cache
def secret() -> str:
    """The webhook's secret."""
    found = ssm.get_parameter(Name=os.environ["REPLICATE_WEBHOOK_SECRET"], WithDecryption=True)
    return found["Parameter"]["Value"]


@app.get("/api/health")
def health() -> dict[str, str]:
    """Alive."""
    return {"status": "ok"}


@app.post("/api/webhooks/replicate")
async def webhook(request: Request, job: str) -> dict[str, Any]:
    """Verify and enqueue."""
    body = await request.body()
    if not verified(request.headers, body, secret()):
        raise HTTPException(401)
    message = {"job_id": job, "prediction": json.loads(body)}
    sqs.send_message(QueueUrl=os.environ["COMPLETION_QUEUE_URL"], MessageBody=json.dumps(message))
    return {"success": True, "data": {"outcome": "queued"}}


handler = Mangum(app, lifespan="off")
