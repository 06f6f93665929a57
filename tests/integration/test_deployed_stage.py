"""The whole template as a stage on AWS has it: the emulator makes the distribution, though it serves nothing there."""

import json

import pytest

from deployment import ROOT
from deployment.page import content_security_policy
from deployment.template import read_template
from enhancer.http.response import SECURITY_HEADERS
from local.config import StackConfig
from local.ports import free_ports
from local.stack import LocalStack

STAGE = {
    "Stage": "dev",
    "OriginSecret": "the-secret-of-this-test",
    "OidcOrigins": "https://token.example.com",
    "PrivacyUrl": "https://example.com/privacy",
}
UNKNOWN = ("AWS::CloudWatch::", "AWS::SNS::")
"""The emulator knows no alarms over expressions; what wakes people is held by tests of its own."""


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    template = read_template(ROOT / "template.yaml")
    resources = template["Resources"]
    gone = {name for name, each in resources.items() if each["Type"].startswith(UNKNOWN)}
    template["Resources"] = {name: each for name, each in resources.items() if name not in gone}
    template["Outputs"] = {
        name: each for name, each in template["Outputs"].items() if each["Value"].get("Ref", "") not in gone
    }
    folder = tmp_path_factory.mktemp("stage")
    (folder / "template.yaml").write_text(json.dumps(template))  # JSON is YAML
    port, replicate_port, emulator_port = free_ports(3)
    config = StackConfig(
        port=port,
        replicate_port=replicate_port,
        emulator_port=emulator_port,
        state=folder / "state",
        engine="instant",
        template=folder / "template.yaml",
        parameters=STAGE,
    )
    with LocalStack(config) as running:
        yield running


def test_what_is_printed_is_the_distributions_address(stage):
    outputs = stage.deployment.outputs
    assert outputs["PageUrl"] == f"https://{outputs['DistributionDomain']}"
    assert outputs["PrivacyStatement"] == STAGE["PrivacyUrl"]
    stage.client("s3").head_bucket(Bucket=outputs["PageBucketName"])


def test_the_distribution_speaks_to_this_api_with_the_secret(stage):
    cloudfront = stage.client("cloudfront")
    [listed] = cloudfront.list_distributions()["DistributionList"]["Items"]
    config = cloudfront.get_distribution(Id=listed["Id"])["Distribution"]["DistributionConfig"]
    origins = {origin["Id"]: origin for origin in config["Origins"]["Items"]}
    assert origins["api"]["DomainName"].startswith(f"{stage.deployment.api_id}.execute-api.")
    assert origins["api"]["CustomHeaders"]["Items"] == [
        {"HeaderName": "X-Origin-Verify", "HeaderValue": STAGE["OriginSecret"]},
    ]
    assert origins["page"]["DomainName"].startswith(stage.deployment.outputs["PageBucketName"])
    assert origins["page"]["OriginAccessControlId"]


def test_the_page_gets_its_policy_with_the_origins_of_this_stage(stage):
    cloudfront = stage.client("cloudfront")
    listed = cloudfront.list_response_headers_policies(Type="custom")["ResponseHeadersPolicyList"]["Items"]
    policies = {
        config["Name"]: config["SecurityHeadersConfig"]["ContentSecurityPolicy"]["ContentSecurityPolicy"]
        for config in (each["ResponseHeadersPolicy"]["ResponseHeadersPolicyConfig"] for each in listed)
    }
    origin = stage.base_url
    assert policies == {
        "image-enhancer-page": content_security_policy(origin, f"{origin} {STAGE['OidcOrigins']}"),
        "image-enhancer-api": SECURITY_HEADERS["content-security-policy"],
    }


def test_both_edge_functions_are_published(stage):
    cloudfront = stage.client("cloudfront")
    listed = cloudfront.list_functions(Stage="LIVE")["FunctionList"]["Items"]
    assert {each["Name"] for each in listed} == {"image-enhancer-page-views", "image-enhancer-api-requests"}
    assert {each["FunctionConfig"]["Runtime"] for each in listed} == {"cloudfront-js-2.0"}
