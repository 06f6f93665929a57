"""Turns template.yaml into plain CloudFormation that the emulator's CreateStack accepts.

The SAM translator writes an HTTP API's routes as an OpenAPI `Body`, which the emulator ignores silently
(ministack 1.5.33, services/cloudformation/provisioners.py, read 2026-11-22): the stack completes and every path is
404. So the body becomes Route and Integration resources here.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from boto3.session import Session
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from deployment.emulator import REGION
from deployment.template import Template
from local.config import LocalStackError

ANY_METHOD = "x-amazon-apigateway-any-method"
INTEGRATION = "x-amazon-apigateway-integration"
LOCAL_CONCURRENCY = 2
"""Batches of one queue that run at once, the least that AWS allows. Each is a process that unpacks and imports for
itself: the first 20 jobs on two cores took 34 s with the template's 5 and 10, and 14 s with 2."""
CODE_PROPERTY = {"AWS::Serverless::Function": "CodeUri", "AWS::Serverless::LayerVersion": "ContentUri"}


def code_folders(template: Template) -> dict[str, Path]:
    """Return logical id of each function and layer → its artefact's path below the build folder."""
    folders = {}
    for logical_id, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            folders[logical_id] = Path("functions") / Path(resource["Properties"]["CodeUri"]).name
        elif resource["Type"] == "AWS::Serverless::LayerVersion":
            folders[logical_id] = Path("layers") / logical_id
    return folders


def plain_cloudformation(template: Template, locations: Mapping[str, str], parameters: Mapping[str, str]) -> Template:
    """Translate a SAM template (changed in place) to CloudFormation.

    `locations` maps the logical id of each function and layer to the `s3://bucket/key` of its zip; `parameters` are
    the values of the template's parameters, which the translator needs in a few places and leaves alone elsewhere.
    Raises LocalStackError for a template that is no valid SAM, and for parts of an HTTP API that the expander does
    not know.
    """
    for logical_id, resource in template["Resources"].items():
        if resource["Type"] in CODE_PROPERTY:
            resource["Properties"][CODE_PROPERTY[resource["Type"]]] = locations[logical_id]
    translator = Translator({}, Parser(), boto_session=Session(region_name=REGION))  # a region, but no call
    try:
        plain: Template = translator.translate(template, parameter_values=dict(parameters))
    except InvalidDocumentException as error:
        causes = "; ".join(cause.message for cause in error.causes)
        raise LocalStackError(f"The SAM translator refuses the template: {causes}") from error
    finally:
        translator.metrics.publish()  # sends nothing; unpublished metrics cause a warning on stderr
    for resource in plain["Resources"].values():
        if resource["Type"] == "AWS::Lambda::EventSourceMapping":
            resource["Properties"]["ScalingConfig"] = {"MaximumConcurrency": LOCAL_CONCURRENCY}
    apis = [name for name, resource in plain["Resources"].items() if "Body" in resource.get("Properties", {})]
    for name in apis:
        plain["Resources"].update(_expanded_api(name, plain["Resources"][name]["Properties"]))
    return plain


def route_keys(plain: Template) -> set[str]:
    """Return the route keys (`ANY /path`, `$default`) of a plain template."""
    resources = plain["Resources"].values()
    return {r["Properties"]["RouteKey"] for r in resources if r["Type"] == "AWS::ApiGatewayV2::Route"}


def reserved_concurrency(plain: Template, parameters: Mapping[str, str]) -> dict[str, int]:
    """Return logical id of a function → its ReservedConcurrentExecutions, where set.

    Raises LocalStackError when that is neither a number nor a parameter, nor `!If [condition, !Ref parameter, …]` whose
    condition is that the parameter is not 0.
    """
    defaults = {name: each.get("Default") for name, each in plain.get("Parameters", {}).items()}
    given = {**defaults, **parameters}
    limits = {}
    for logical_id, resource in plain["Resources"].items():
        value = resource.get("Properties", {}).get("ReservedConcurrentExecutions")
        if value is not None:
            chosen = value.get("Fn::If", ["", value])[1] if isinstance(value, dict) else value
            number = given.get(chosen.get("Ref", "")) if isinstance(chosen, dict) else chosen
            if number is None:
                raise LocalStackError(f"ReservedConcurrentExecutions of {logical_id} is no number and no parameter.")
            if int(number):
                limits[logical_id] = int(number)
    return limits


def _expanded_api(api: str, properties: dict[str, Any]) -> dict[str, Any]:
    """Return the API (its properties changed in place) and one Route and Integration for each operation of its body."""
    body = properties.pop("Body")
    unknown = set(body) - {"openapi", "info", "paths", "servers", "tags"}
    if unknown:
        raise LocalStackError(f"The local expander does not know {', '.join(sorted(unknown))} of {api}.")
    properties.update(Name=body["info"]["title"], ProtocolType="HTTP")
    expanded: dict[str, Any] = {}
    for path, operations in body["paths"].items():
        for method, operation in operations.items():
            key = _route_key(path, method)
            suffix = hashlib.sha256(key.encode()).hexdigest()[:8]
            integration = f"{api}Integration{suffix}"
            expanded[integration] = _integration(api, operation[INTEGRATION])
            expanded[f"{api}Route{suffix}"] = _route(api, key, integration)
    return expanded


def _route_key(path: str, method: str) -> str:
    if path.endswith("$default"):
        return "$default"
    return f"{'ANY' if method == ANY_METHOD else method.upper()} {path}"


def _integration(api: str, described: dict[str, Any]) -> dict[str, Any]:
    properties = {
        "ApiId": {"Ref": api},
        "IntegrationType": "AWS_PROXY",
        "IntegrationUri": described["uri"],
        "PayloadFormatVersion": described["payloadFormatVersion"],
    }
    return {"Type": "AWS::ApiGatewayV2::Integration", "Properties": properties}


def _route(api: str, key: str, integration: str) -> dict[str, Any]:
    properties = {"ApiId": {"Ref": api}, "RouteKey": key, "Target": {"Fn::Sub": f"integrations/${{{integration}}}"}}
    return {"Type": "AWS::ApiGatewayV2::Route", "Properties": properties}
