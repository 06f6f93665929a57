"""B: a bare boto3 client and one get_item, with no router, no log line, no identity and no limits."""

import json
import os

import boto3
from document import document

dynamodb = boto3.client("dynamodb")


def handler(event, _context):
    """Return the job in the path."""
    job_id = event["pathParameters"]["id"]
    item = dynamodb.get_item(TableName=os.environ["JOBS_TABLE"], Key={"id": {"S": job_id}})["Item"]
    row = {name: next(iter(value.values())) for name, value in item.items()}
    body = json.dumps({"success": True, "data": document(row)})
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": body}
