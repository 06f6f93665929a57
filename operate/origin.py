"""The X-Origin-Verify header that a stage's distribution sends, read from CloudFront's configuration."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from operate.stage import Stage

HEADER = "x-origin-verify"


def origin_secret_sent(clients: Callable[..., Any], stage: Stage) -> str | None:
    """Return the origin secret that the deployed distribution sends; None if there is no distribution."""
    resource = {"StackName": stage.stack, "LogicalResourceId": "Distribution"}
    try:
        found = clients("cloudformation").describe_stack_resource(**resource)["StackResourceDetail"]
    except ClientError as problem:
        if problem.response["Error"]["Code"] == "ValidationError":  # no such stack, or it has no such resource
            return None
        raise
    distribution = found.get("PhysicalResourceId")
    if not distribution or found["ResourceStatus"] == "DELETE_COMPLETE":
        return None
    config = clients("cloudfront").get_distribution_config(Id=distribution)["DistributionConfig"]
    sent = {
        header["HeaderName"].lower(): header["HeaderValue"]
        for origin in config["Origins"]["Items"]
        for header in origin.get("CustomHeaders", {}).get("Items", [])
    }
    return str(sent.get(HEADER, ""))
