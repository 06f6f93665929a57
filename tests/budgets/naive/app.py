"""The naive design: one function starts the run, checks every second whether it has ended, and copies the result.

Trigger: HTTP API. Many public apps do this (the best known: Nutlope/restorePhotos, pages/api/generate.ts), with the
usual calls of boto3 and requests. It does less than ours: no owner, quota, previews or report, no second attempt, and a
gateway ends it after 30 seconds. Where such apps differ, it takes the cheaper way: it writes the row once, and checks
first after a second.
"""

import json
import os
import time
import uuid
from typing import Any

import boto3
import requests

PENDING = ("starting", "processing")
BUCKET = os.environ["R2_BUCKET"]
LINK_SECONDS = 3600

_names = [os.environ[name] for name in ("R2_ACCESS_KEY_ID", "R2_SECRET_ACCESS_KEY", "REPLICATE_API_TOKEN")]
_found = boto3.client("ssm").get_parameters(Names=_names, WithDecryption=True)["Parameters"]
_key_id, _secret, _token = (next(each["Value"] for each in _found if each["Name"] == name) for name in _names)
provider = {"Authorization": f"Bearer {_token}"}
table = boto3.resource("dynamodb").Table(os.environ["TABLE"])
s3 = boto3.client(
    "s3",
    endpoint_url=os.environ["R2_ENDPOINT"],
    region_name="auto",
    aws_access_key_id=_key_id,
    aws_secret_access_key=_secret,
)


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Enhance the image under the `key` of the body: 200 with a link to the result, 502 if the run failed."""
    key = json.loads(event["body"])["key"]
    order = {"version": "nightmareai/real-esrgan", "input": {"image": _link(key), "scale": 4}}
    run = requests.post(f"{os.environ['PROVIDER']}/v1/predictions", json=order, headers=provider, timeout=30).json()
    while run["status"] in PENDING:
        time.sleep(1)
        run = requests.get(run["urls"]["get"], headers=provider, timeout=30).json()
    if run["status"] != "succeeded":
        return {"statusCode": 502, "body": json.dumps({"error": run["error"]})}
    image = requests.get(run["output"], timeout=30).content
    job_id = str(uuid.uuid4())
    result = f"naive/{job_id}.png"
    s3.put_object(Bucket=BUCKET, Key=result, Body=image, ContentType="image/png")
    table.put_item(Item={"id": job_id, "status": "succeeded", "input": key, "output": result})
    return {"statusCode": 200, "body": json.dumps({"id": job_id, "imageUrl": _link(result)})}


def _link(key: str) -> str:
    return s3.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": key}, ExpiresIn=LINK_SECONDS)
