"""A stage of samconfig.toml: which stack, where, with which parameters, and where it differs from the template."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deployment import ROOT
from deployment.template import read_template, refusal
from enhancer.adapters.model_files import allowed_models
from operate.installation import OperatorError

STAGES = ("dev", "staging", "prod")
SAMCONFIG = ROOT / "samconfig.toml"
UNFILLED = "ACCOUNT_ID"
"""The placeholder in samconfig.toml for a value that only the operator knows."""
OVER_TLS = ("R2Endpoint", "R2PublicEndpoint", "ReplicateBaseUrl", "OidcIssuer", "OidcJwksUrl")
"""Parameters whose URLs are called with a secret or decide how callers are identified; the template allows http:// for
the local stack only."""
NO_BUDGETS = frozenset({
    "af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-3", "ap-south-2", "ap-southeast-3", "ap-southeast-4",
    "ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "ca-west-1", "eu-central-2", "eu-north-1", "eu-south-1",
    "eu-south-2", "il-central-1", "me-central-1", "mx-central-1",
})  # fmt: skip
"""Commercial regions whose CloudFormation has no AWS::Budgets::Budget (cfn-lint 1.58.0, E3006, read 2026-11-25)."""
FILLED_IN = ("PublicBaseUrl", "OriginSecret")
"""Parameters whose values `make deploy` determines."""


@dataclass(frozen=True)
class Stage:
    """One installation on AWS. `parameters` are the template's, with its defaults where samconfig.toml names none."""

    name: str
    stack: str
    region: str
    parameters: Mapping[str, str]
    account: str = ""
    """The id of the only AWS account that commands may change; empty where samconfig.toml names none."""

    @property
    def page_address(self) -> str | None:
        """The address on the operator's own domain, if there is one."""
        domain = self.parameters["DomainName"] if self.parameters["CertificateArn"] else ""
        return f"https://{domain}" if domain else None

    @property
    def images_endpoint(self) -> str:
        """The endpoint that links for browsers are signed for."""
        return self.parameters["R2PublicEndpoint"] or self.parameters["R2Endpoint"]

    def secret(self, name: str) -> str:
        """Return the name of a secret in the parameter store."""
        return f"/{self.stack}/{name}"


def read_stage(name: str, samconfig: Path = SAMCONFIG) -> Stage:
    """Read a stage's table. Raises OperatorError when it is missing or not in the form that `sam` requires."""
    if name not in STAGES:
        raise OperatorError(f"ENV is {name!r}; it must be one of {', '.join(STAGES)}, for example ENV=dev")
    try:
        tables = tomllib.loads(samconfig.read_text())[name]
        table = tables["deploy"]["parameters"]
        overrides = dict(item.split("=", 1) for item in table["parameter_overrides"])
        stack, region = str(table["stack_name"]), str(table["region"])
    except (OSError, KeyError, ValueError) as problem:
        raise OperatorError(f"[{name}.deploy.parameters] of {samconfig.name} can't be read: {problem!r}") from None
    account = tables.get("operate", {}).get("account", "")
    if not re.fullmatch(r"(\d{12})?", str(account)) or not isinstance(account, str):
        raise OperatorError(
            f"[{name}.operate] of {samconfig.name}: account is {account!r}; it must be twelve digits in quotes."
        )
    defaults = {key: str(each["Default"]) for key, each in declared_parameters().items() if "Default" in each}
    return Stage(name, stack, region, {**defaults, **overrides}, account)


def declared_parameters() -> Mapping[str, Mapping[str, Any]]:
    """Return the declarations of template.yaml's parameters."""
    declared: Mapping[str, Mapping[str, Any]] = read_template(ROOT / "template.yaml")["Parameters"]
    return declared


def faults(stage: Stage) -> Iterator[str]:
    """Yield the faults of a stage's parameters, one sentence each; no secret is shown."""
    yield from _each_alone(stage)
    yield from _together(stage)
    yield from _on_aws(stage)


def _each_alone(stage: Stage) -> Iterator[str]:
    declared = declared_parameters()
    for name, value in stage.parameters.items():
        if name in FILLED_IN:
            if value:
                yield f"{name} is filled in by make deploy; remove it"
        elif name not in declared:
            yield f"{name} is not a parameter of template.yaml"
        elif UNFILLED in value:
            yield f"{name} still says {UNFILLED}"
        elif problem := refusal(declared[name], value):
            yield f"{name} is {value!r}; {problem}"
    missing = [name for name in declared if name not in stage.parameters and name not in FILLED_IN]
    yield from (f"{name} is missing" for name in missing)


def _together(stage: Stage) -> Iterator[str]:
    given = stage.parameters
    if bool(given.get("DomainName")) != bool(given.get("CertificateArn")):
        yield "DomainName and CertificateArn must be set together"
    try:
        allowed_models(given["AllowedModels"].split(","))
    except ValueError as problem:
        yield f"AllowedModels: {problem}"
    if given.get("OidcIssuer") and not (given.get("OidcAudience") and given.get("OidcJwksUrl")):
        yield "OidcIssuer also needs OidcAudience and OidcJwksUrl"


def _on_aws(stage: Stage) -> Iterator[str]:
    """Yield faults that the template allows, for the local stack or for other regions."""
    for name in OVER_TLS:
        if stage.parameters.get(name, "").startswith("http://"):
            yield f"{name} is {stage.parameters[name]!r}; on AWS it must begin with https://"
    if stage.parameters.get("BudgetEmail") and stage.region in NO_BUDGETS:
        yield f"CloudFormation has no budgets in {stage.region}; leave BudgetEmail empty and set one in the console"
    if stage.parameters.get("Stage") != stage.name:
        yield f"Stage must be {stage.name}"
