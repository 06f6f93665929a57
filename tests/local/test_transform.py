"""template.yaml as the emulator gets it."""

from typing import Any

import pytest

from deployment import ROOT
from deployment.template import read_template
from local.config import LocalStackError
from local.deploy import check_routes
from local.transform import Template, code_folders, plain_cloudformation, reserved_concurrency, route_keys
from tests.local.tiny_stack import TINY


def transformed(template: Template) -> Template:
    return plain_cloudformation(template, {name: f"s3://code/{name}.zip" for name in code_folders(template)}, {})


@pytest.fixture(scope="module")
def plain() -> Template:
    """The product's own template."""
    return transformed(read_template(ROOT / "template.yaml"))


def of_type(plain: Template, kind: str) -> dict[str, dict[str, Any]]:
    return {name: r["Properties"] for name, r in plain["Resources"].items() if r["Type"] == kind}


def test_every_event_of_the_template_becomes_a_route(plain: Template) -> None:
    events = [
        event["Properties"]
        for resource in read_template(ROOT / "template.yaml")["Resources"].values()
        for event in resource.get("Properties", {}).get("Events", {}).values()
        if event["Type"] == "HttpApi"
    ]
    keys = {f"{event['Method']} {event['Path']}" if "Path" in event else "$default" for event in events}
    assert route_keys(plain) == keys
    assert "$default" in keys


def test_each_route_names_an_integration_of_its_api(plain: Template) -> None:
    integrations = of_type(plain, "AWS::ApiGatewayV2::Integration")
    for route in of_type(plain, "AWS::ApiGatewayV2::Route").values():
        integration = route["Target"]["Fn::Sub"].removeprefix("integrations/${").removesuffix("}")
        assert integrations[integration]["ApiId"] == route["ApiId"] == {"Ref": "HttpApi"}


def test_nothing_of_sam_is_left(plain: Template) -> None:
    assert not [name for name, r in plain["Resources"].items() if r["Type"].startswith("AWS::Serverless::")]
    assert not [name for name, r in plain["Resources"].items() if "Body" in r.get("Properties", {})]


def test_code_and_layers_come_from_the_artefacts(plain: Template) -> None:
    for name, function in of_type(plain, "AWS::Lambda::Function").items():
        assert function["Code"] == {"S3Bucket": "code", "S3Key": f"{name}.zip"}
    layers = {layer["Content"]["S3Key"] for layer in of_type(plain, "AWS::Lambda::LayerVersion").values()}
    assert layers == {"CoreLayer.zip", "ImagingLayer.zip"}


def test_a_function_that_may_call_itself_by_messages_still_may_in_cloudformation(plain: Template) -> None:
    """AWS's own translator of SAM knows the property and hands it on."""
    allowed = {name for name, each in of_type(plain, "AWS::Lambda::Function").items() if each.get("RecursiveLoop")}
    assert allowed == {"JobStartFunction", "RetentionFunction"}


def test_queues_are_read_by_as_few_workers_as_aws_allows(plain: Template) -> None:
    mappings = of_type(plain, "AWS::Lambda::EventSourceMapping")
    assert {mapping["ScalingConfig"]["MaximumConcurrency"] for mapping in mappings.values()} == {2}


def test_folders_are_those_that_the_build_makes() -> None:
    folders = code_folders(read_template(ROOT / "template.yaml"))
    assert folders["JobStartFunction"].as_posix() == "functions/job_start"
    assert folders["CoreLayer"].as_posix() == "layers/CoreLayer"


def test_an_unknown_part_of_an_api_is_refused_and_not_dropped() -> None:
    template = read_template(TINY / "template.yaml")
    template["Resources"]["HttpApi"]["Properties"]["CorsConfiguration"] = {"AllowOrigins": ["*"]}
    with pytest.raises(LocalStackError, match="x-amazon-apigateway-cors"):
        transformed(template)


def test_reserved_concurrency_is_a_number_or_a_parameter() -> None:
    template = read_template(TINY / "template.yaml")
    template["Resources"]["EchoFunction"]["Properties"]["ReservedConcurrentExecutions"] = {"Ref": "Limit"}
    plain = transformed(template)
    assert reserved_concurrency(plain, {"Limit": "7"}) == {"SlowFunction": 1, "EchoFunction": 7}
    with pytest.raises(LocalStackError, match="EchoFunction is no number"):
        reserved_concurrency(plain, {})
    optional = {"Fn::If": ["Reserves", {"Ref": "Limit"}, {"Ref": "AWS::NoValue"}]}
    plain["Resources"]["EchoFunction"]["Properties"]["ReservedConcurrentExecutions"] = optional
    plain["Parameters"] = {"Limit": {"Type": "Number", "Default": 0}}
    assert reserved_concurrency(plain, {}) == {"SlowFunction": 1}
    assert reserved_concurrency(plain, {"Limit": "5"}) == {"SlowFunction": 1, "EchoFunction": 5}


def test_an_invalid_template_is_explained() -> None:
    template = read_template(TINY / "template.yaml")
    template["Resources"]["EchoFunction"]["Properties"]["Events"]["Item"]["Properties"].pop("Method")
    with pytest.raises(LocalStackError, match=r"refuses the template: .*EchoFunction.*'Method' is required"):
        transformed(template)


def test_a_missing_route_is_named() -> None:
    check_routes({"ANY /a", "$default"}, {"ANY /a", "$default", "GET /more"})
    with pytest.raises(LocalStackError, match=r"lacks these routes: \$default, ANY /a\."):
        check_routes({"ANY /a", "$default", "GET /b"}, {"GET /b"})
