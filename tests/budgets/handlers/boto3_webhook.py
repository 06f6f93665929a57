"""B's webhook: the secret from the parameter store, an HMAC, one message."""

import json
import os

import boto3
from signed import verified

sqs = boto3.client("sqs")
ssm = boto3.client("ssm")
secret = None


def handler(event, _context):
    """Verify and enqueue."""
    global secret
    if secret is None:
        parameter = ssm.get_parameter(Name=os.environ["REPLICATE_WEBHOOK_SECRET"], WithDecryption=True)
        secret = parameter["Parameter"]["Value"]
    if not verified(event["headers"], event["body"].encode(), secret):
        return {"statusCode": 401, "body": "{}"}
    message = {"job_id": event["queryStringParameters"]["job"], "prediction": json.loads(event["body"])}
    sqs.send_message(QueueUrl=os.environ["COMPLETION_QUEUE_URL"], MessageBody=json.dumps(message))
    body = json.dumps({"success": True, "data": {"outcome": "queued"}})
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": body}
