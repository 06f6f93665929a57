"""The table and the distribution of a stack in each state that CloudFormation describes a resource in."""

from types import SimpleNamespace
from typing import Any

import pytest

from operate.origin import origin_secret_sent
from operate.stage import read_stage
from operate.teardown import table_of

STAGE = read_stage("dev")
HEADER = {"HeaderName": "X-Origin-Verify", "HeaderValue": "the-secret"}


def aws(detail: dict[str, str], *origins: dict[str, Any]) -> Any:
    """Clients of an AWS that describes one resource so, and a distribution with these origins."""
    described = SimpleNamespace(
        describe_stack_resource=lambda **_: {"StackResourceDetail": detail},
        get_distribution_config=lambda **_: {"DistributionConfig": {"Origins": {"Items": list(origins)}}},
    )
    return lambda _: described


@pytest.mark.parametrize(
    ("detail", "there"),
    [
        ({"ResourceStatus": "CREATE_COMPLETE", "PhysicalResourceId": "the-id"}, True),
        ({"ResourceStatus": "DELETE_SKIPPED", "PhysicalResourceId": "the-id"}, True),
        ({"ResourceStatus": "DELETE_COMPLETE", "PhysicalResourceId": "the-id"}, False),
        ({"ResourceStatus": "CREATE_FAILED"}, False),
        ({"ResourceStatus": "CREATE_FAILED", "PhysicalResourceId": ""}, False),
    ],
)
def test_a_resource_counts_while_it_is_there(detail: dict[str, str], there: bool) -> None:
    assert table_of(STAGE, aws(detail)) == ("the-id" if there else None)
    sent = origin_secret_sent(aws(detail, {"CustomHeaders": {"Items": [HEADER]}}), STAGE)
    assert sent == ("the-secret" if there else None)


def test_an_origin_without_headers_sends_no_secret() -> None:
    """CloudFront leaves Items out where Quantity is 0."""
    there = {"ResourceStatus": "CREATE_COMPLETE", "PhysicalResourceId": "the-id"}
    page: list[dict[str, Any]] = [{}, {"CustomHeaders": {"Quantity": 0}}]
    assert origin_secret_sent(aws(there, *page), STAGE) == ""
    assert origin_secret_sent(aws(there, *page, {"CustomHeaders": {"Items": [HEADER]}}), STAGE) == "the-secret"
