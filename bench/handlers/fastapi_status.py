"""F: FastAPI behind Mangum with a few routes and response models, and a boto3 table."""

import os
from typing import Any

import boto3
from document import document
from fastapi import FastAPI, HTTPException
from mangum import Mangum
from models import Answer

app = FastAPI(title="Image enhancer")
table = boto3.resource("dynamodb").Table(os.environ["JOBS_TABLE"])


@app.get("/api/health")
def health() -> dict[str, str]:
    """Alive."""
    return {"status": "ok"}


@app.get("/api/ai-image/jobs/{job_id}")
def job(job_id: str) -> Answer:
    """One job."""
    found = table.get_item(Key={"id": job_id}).get("Item")
    if found is None:
        raise HTTPException(404)
    return Answer(success=True, data=document(found))


@app.get("/api/ai-image/jobs")
def history(limit: int = 20) -> dict[str, Any]:
    """The newest jobs."""
    return {"success": True, "data": table.scan(Limit=limit)["Items"]}


@app.get("/api/ai-image/usage")
def usage() -> dict[str, Any]:
    """The quota."""
    return {"success": True, "data": {}}


handler = Mangum(app, lifespan="off")
