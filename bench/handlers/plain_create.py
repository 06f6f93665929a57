"""The work of creating a job from an upload, written plainly with boto3, pydantic and Powertools' validation."""

import base64
import hashlib
import hmac
import json
import os
import struct
import time
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.exceptions import BadRequestError, UnauthorizedError
from aws_lambda_powertools.event_handler.openapi.params import Body
from botocore.config import Config
from document import later
from pydantic import BaseModel, Field

logger = Logger()
app = APIGatewayHttpResolver(enable_validation=True)
dynamodb = boto3.client("dynamodb")
sqs = boto3.client("sqs")
ssm = boto3.client("ssm")
NAMES = ("R2_ACCESS_KEY_ID", "R2_SECRET_ACCESS_KEY", "COOKIE_KEYS")


class Order(BaseModel):
    """The body."""

    uploadId: str = Field(min_length=1, max_length=64)
    model: str
    params: dict[str, Any] = {}
    filename: str = Field("picture", min_length=1, max_length=1024)


@cache
def secrets() -> dict[str, str]:
    """All of them in one call."""
    found = ssm.get_parameters(Names=[os.environ[name] for name in NAMES], WithDecryption=True)["Parameters"]
    return {parameter["Name"]: parameter["Value"] for parameter in found}


@cache
def r2():
    """The bucket."""
    return boto3.client(
        "s3",
        endpoint_url=os.environ["R2_ENDPOINT"],
        region_name="auto",
        aws_access_key_id=secrets()[os.environ["R2_ACCESS_KEY_ID"]],
        aws_secret_access_key=secrets()[os.environ["R2_SECRET_ACCESS_KEY"]],
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )


def user() -> str:
    """The owner in the session cookie."""
    cookies = dict(cookie.partition("=")[::2] for cookie in app.current_event.cookies)
    value, _, signature = cookies["__Host-session"].rpartition(".")
    value, _, name = value.rpartition(".")
    known, _, key = secrets()[os.environ["COOKIE_KEYS"]].partition(":")
    digest = hmac.digest(base64.b64decode(key), f"session\n{value}".encode(), hashlib.sha256)
    expected = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    if known != name or not hmac.compare_digest(expected, signature):
        raise UnauthorizedError("cookie")
    return json.loads(base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)))[0]


def jpeg_size(data: bytes) -> tuple[int, int]:
    """Width and height from the frame header."""
    at = 2
    while data[at] == 0xFF:
        marker, length = data[at + 1], struct.unpack(">H", data[at + 2 : at + 4])[0]
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        at += 2 + length
    raise BadRequestError("not a JPEG")


@app.post("/api/ai-image/jobs")
def create(order: Annotated[Order, Body()]) -> dict[str, Any]:
    """Count, look, write, enqueue."""
    owner = user()
    now = time.time()
    dynamodb.update_item(
        TableName=os.environ["USAGE_TABLE"],
        Key={"key": {"S": f"rate#{owner}#{int(now) // 60}"}},
        UpdateExpression="ADD used :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
    )
    key = f"{os.environ['AI_R2_PREFIX']}uploads/user/{owner}/{order.uploadId}/input.jpg"
    answer = r2().get_object(Bucket=os.environ["R2_AI_IMAGES_BUCKET"], Key=key, Range="bytes=0-262143")
    size = int(answer["ContentRange"].rpartition("/")[2])
    width, height = jpeg_size(answer["Body"].read())
    created = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    row = {
        "id": {"S": order.uploadId},
        "owner": {"S": owner},
        "status": {"S": "queued"},
        "model": {"S": order.model},
        "params_json": {"S": json.dumps(order.params)},
        "filename": {"S": order.filename},
        "input_r2_key": {"S": key},
        "input_size": {"N": str(size)},
        "input_width": {"N": str(width)},
        "input_height": {"N": str(height)},
        "created_at": {"S": created},
    }
    dynamodb.transact_write_items(
        TransactItems=[
            {
                "Put": {
                    "TableName": os.environ["JOBS_TABLE"],
                    "Item": row,
                    "ConditionExpression": "attribute_not_exists(id)",
                }
            },
            {
                "Update": {
                    "TableName": os.environ["USAGE_TABLE"],
                    "Key": {"key": {"S": f"quota#{owner}"}},
                    "UpdateExpression": "ADD used :one",
                    "ConditionExpression": "attribute_not_exists(used) OR used < :limit",
                    "ExpressionAttributeValues": {":one": {"N": "1"}, ":limit": {"N": os.environ["QUOTA_JOBS"]}},
                }
            },
        ]
    )
    sqs.send_message(QueueUrl=os.environ["START_QUEUE_URL"], MessageBody=json.dumps({"job_id": order.uploadId}))
    logger.info("job created", extra={"job_id": order.uploadId})
    data = {
        "id": order.uploadId,
        "status": "queued",
        "stage": "queued",
        "percent": None,
        "model": order.model,
        "params": {"faceEnhance": False, "outputFormat": "png", "outputQuality": 90} | order.params,
        "originalUrl": f"/r2-ai/{key}",
        "imageUrl": None,
        "previewUrl": None,
        "thumbUrl": None,
        "error": None,
        "cancelRequested": False,
        "prepared": None,
        "result": None,
        "report": None,
        "createdAt": created,
        "updatedAt": created,
        "expires": {"original": later(created, 1), "result": later(created, 30), "record": later(created, 90)},
        "timings": {"queueMs": None, "modelMs": None, "copyMs": None, "totalMs": None},
    }
    return {"success": True, "data": data}, 202


@logger.inject_lambda_context
def handler(event, context):
    """Route it."""
    return app.resolve(event, context)
