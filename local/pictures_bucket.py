"""The R2 bucket's local twin: its region, CORS rules, and a token that reaches nothing but this bucket."""

import json
from typing import Any

from botocore.exceptions import ClientError

from local.clients import admin_client
from local.config import BUCKET, StackConfig
from local.kept_secrets import Secrets

TOKEN_USER = "r2-token"


def ensure_bucket(config: StackConfig) -> None:
    """Create the bucket once and set its CORS rules for the present address."""
    # R2 signs for the region "auto". The emulator redirects (301) every presigned URL whose region is not the bucket's,
    # so the bucket itself lives in "auto".
    s3 = admin_client("s3", config.emulator_url, region="auto")
    try:
        s3.head_bucket(Bucket=BUCKET)
    except ClientError:
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "auto"})
    s3.put_bucket_cors(Bucket=BUCKET, CORSConfiguration={"CORSRules": [cors_rule(config.base_url)]})


def cors_rule(origin: str) -> dict[str, Any]:
    """What a bucket of pictures, here or on R2, must allow the page at an address."""
    return {
        "AllowedMethods": ["GET", "HEAD", "PUT"],
        "AllowedOrigins": [origin],
        "AllowedHeaders": ["cache-control", "content-type", "if-none-match"],
        "ExposeHeaders": ["ETag"],
        "MaxAgeSeconds": 3600,
    }


def ensure_token(config: StackConfig, kept: Secrets) -> Secrets:
    """The secrets with an R2 token that the emulator knows; a new one if its state was lost."""
    iam = admin_client("iam", config.emulator_url)
    try:
        iam.create_user(UserName=TOKEN_USER)
    except iam.exceptions.EntityAlreadyExistsException:
        known = {key["AccessKeyId"] for key in iam.list_access_keys(UserName=TOKEN_USER)["AccessKeyMetadata"]}
        if kept.get("r2-access-key-id") in known:
            return kept
        for key_id in known:  # a user holds two keys at most
            iam.delete_access_key(UserName=TOKEN_USER, AccessKeyId=key_id)
    iam.put_user_policy(UserName=TOKEN_USER, PolicyName="bucket", PolicyDocument=json.dumps(_policy()))
    key = iam.create_access_key(UserName=TOKEN_USER)["AccessKey"]
    return {**kept, "r2-access-key-id": key["AccessKeyId"], "r2-secret-access-key": key["SecretAccessKey"]}


def _policy() -> dict[str, object]:
    """What an R2 token "Object Read & Write" on one bucket may do."""
    statement = {
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"],
        "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
    }
    return {"Version": "2012-10-17", "Statement": [statement]}
