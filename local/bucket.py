"""The bucket of the local stack: its region, CORS rules, and a token for this bucket only."""

import json
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from deployment.bucket import cors_rule
from deployment.emulator import admin_client
from local.config import LocalStackError, StackConfig
from local.stored_secrets import Secrets

TOKEN_USER = "r2-token"


def ensure_bucket(config: StackConfig) -> None:
    """Create the bucket if needed and set its CORS rules for the current address."""
    # R2 signs for the region "auto". The emulator redirects (301) every presigned URL whose region is not the bucket's,
    # so the bucket is in "auto".
    s3 = admin_client("s3", config.emulator_url, region="auto")
    bucket = config.template_parameters()["R2Bucket"]
    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError:
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "auto"})
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [cors_rule(config.base_url)]})


def check_bucket(config: StackConfig, secrets: Secrets) -> None:
    """Raise LocalStackError when another S3 server's bucket can't be listed with the configured keys."""
    parameters = config.template_parameters()
    endpoint, bucket = parameters["R2Endpoint"], parameters["R2Bucket"]
    session: Any = boto3.session.Session(
        secrets["r2-access-key-id"], secrets["r2-secret-access-key"], region_name="auto"
    )
    settings = Config(s3={"addressing_style": "path"}, connect_timeout=5, read_timeout=20, proxies={})
    try:
        session.client("s3", endpoint_url=endpoint, config=settings).list_objects_v2(Bucket=bucket, MaxKeys=1)
    except ClientError as problem:
        raise LocalStackError(
            f"R2Bucket {bucket} at R2Endpoint {endpoint} can't be listed ({problem.response['Error']['Code']}); the "
            f"bucket must exist, and R2_ACCESS_KEY_ID and R2_SECRET_ACCESS_KEY must be a key pair of it."
        ) from None
    except (BotoCoreError, ValueError) as problem:
        raise LocalStackError(f"R2Endpoint {endpoint} does not answer ({type(problem).__name__}).") from None


def ensure_token(config: StackConfig, kept: Secrets) -> Secrets:
    """Return the secrets with an R2 token that the emulator knows; a new one if its state was lost."""
    iam = admin_client("iam", config.emulator_url)
    policy = json.dumps(_policy(config.template_parameters()["R2Bucket"]))
    try:
        iam.create_user(UserName=TOKEN_USER)
    except iam.exceptions.EntityAlreadyExistsException:
        iam.put_user_policy(UserName=TOKEN_USER, PolicyName="bucket", PolicyDocument=policy)
        known = {key["AccessKeyId"] for key in iam.list_access_keys(UserName=TOKEN_USER)["AccessKeyMetadata"]}
        if kept.get("r2-access-key-id") in known:
            return kept
        for key_id in known:  # a user has at most two keys
            iam.delete_access_key(UserName=TOKEN_USER, AccessKeyId=key_id)
    iam.put_user_policy(UserName=TOKEN_USER, PolicyName="bucket", PolicyDocument=policy)
    key = iam.create_access_key(UserName=TOKEN_USER)["AccessKey"]
    return {**kept, "r2-access-key-id": key["AccessKeyId"], "r2-secret-access-key": key["SecretAccessKey"]}


def _policy(bucket: str) -> dict[str, object]:
    """Return the rights of an R2 token "Object Read & Write" on one bucket."""
    statement = {
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"],
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
    }
    return {"Version": "2012-10-17", "Statement": [statement]}
