"""B's image: get_item, then boto3's presigned link. Its access keys are constants, ours are secrets."""

import os

import boto3
from botocore.config import Config

dynamodb = boto3.client("dynamodb")
r2 = boto3.client(
    "s3",
    endpoint_url=os.environ["R2_PUBLIC_ENDPOINT"],
    region_name="auto",
    aws_access_key_id="bench",
    aws_secret_access_key="bench",
    config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
)


def handler(event, _context):
    """Redirect to the object."""
    key = event["pathParameters"]["key"]
    item = dynamodb.get_item(TableName=os.environ["JOBS_TABLE"], Key={"id": {"S": key.split("/")[4]}})["Item"]
    if item["output_r2_key"]["S"] != key:
        return {"statusCode": 404, "body": ""}
    params = {"Bucket": os.environ["R2_AI_IMAGES_BUCKET"], "Key": key}
    url = r2.generate_presigned_url("get_object", Params=params, ExpiresIn=1800)
    return {"statusCode": 302, "headers": {"location": url}, "body": ""}
