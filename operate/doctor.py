"""`make doctor`: what is wrong with a stage, one line each with how to mend it, before and after it is deployed."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from botocore.exceptions import BotoCoreError, ClientError

from enhancer.adapters.model_files import offers
from local.config import ROOT
from operate import parameter_store, provider, r2
from operate.deploy import SAM, Clients, stack_outputs
from operate.installation import OperatorError
from operate.stage import Stage, faults

SECONDS = 10
NODE = (20, 19)
RunTool = Callable[[list[str]], str | None]
"""A command line → what it printed, or None where it is not there or fails."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `mend` says what to do about it and is empty where it is well.

    What is not `needed` would only be better otherwise.
    """

    what: str
    mend: str = ""
    needed: bool = True

    def __str__(self) -> str:
        if not self.mend:
            return f"ok    {self.what}"
        return f"{'WRONG' if self.needed else 'hint '} {self.what}: {self.mend}"


def run_tool(command: list[str]) -> str | None:
    """See `RunTool`."""
    if shutil.which(command[0]) is None:
        return None
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True, timeout=60)
    return done.stdout.strip() if done.returncode == 0 else None


def examine(
    stage: Stage,
    clients: Clients,
    session: requests.Session,
    tool: RunTool = run_tool,
    r2_client: Callable[[str, str, str], Any] = r2.r2_client,
) -> Iterator[Finding]:
    """Look at everything that can be looked at without changing anything but one small file in R2, made and deleted."""
    yield from tools(tool)
    yield from settings(stage)
    yield from licences(stage)
    yield from sign_in(stage, session)
    try:
        account = clients("sts").get_caller_identity()["Account"]
    except (BotoCoreError, ClientError) as problem:
        yield Finding("AWS", f"no account answers ({type(problem).__name__}); sign in, for example: aws sso login")
        return
    yield Finding(f"AWS account {account}, {stage.region}")
    yield from certificate(stage, clients)
    stored = parameter_store.load(clients("ssm"), stage)
    yield from secrets(stage, stored)
    yield from outside(stage, stored, session, r2_client)
    yield from deployed(stage, clients, session)


def tools(tool: RunTool) -> Iterator[Finding]:
    """What building and deploying calls."""
    yield Finding(f"Python {sys.version_info.major}.{sys.version_info.minor}")
    node = tool(["node", "--version"]) or ""
    found = tuple(int(part) for part in re.findall(r"\d+", node)[:2])
    yield (
        Finding(f"Node {node}")
        if found >= NODE
        else Finding(f"Node {node or 'is not here'}", "install 20.19 or newer from nodejs.org")
    )
    yield Finding("npm") if tool(["npm", "--version"]) else Finding("npm is not here", "it comes with Node")
    sam = tool([str(SAM), "--version"])
    yield Finding(sam) if sam else Finding("sam is not here", "make build TARGET=aws installs it")
    if tool(["make", "--silent", "runtime-python"]):
        yield Finding("Python 3.13 to compile with")
    else:
        slower = "Python 3.13 is not here to compile with, so cold starts take twice the CPU"
        yield Finding(slower, ".venv/bin/uv python install 3.13", needed=False)


def settings(stage: Stage) -> Iterator[Finding]:
    """samconfig.toml against the template."""
    wrong = list(faults(stage))
    yield from (Finding(each, f"change it in samconfig.toml, [{stage.name}.deploy.parameters]") for each in wrong)
    if not wrong:
        yield Finding(f"samconfig.toml, {stage.name}")


def licences(stage: Stage) -> Iterator[Finding]:
    """Models on offer that may not be sold."""
    with suppress(ValueError):  # which is said where the settings are looked at
        for offer in offers(stage.parameters["AllowedModels"].split(",")).values():
            if not offer.model.licence.commercial:
                how = "see docs/security.md, or take it out of AllowedModels"
                yield Finding(f"{offer.model.slug} is {offer.model.licence.name}", how, needed=False)


def certificate(stage: Stage, clients: Clients) -> Iterator[Finding]:
    """Whether the domain's certificate is issued, and where CloudFront looks for it: in us-east-1."""
    domain, arn = stage.parameters["DomainName"], stage.parameters["CertificateArn"]
    if not domain or not arn:
        return
    try:
        found = clients("acm", region_name="us-east-1").describe_certificate(CertificateArn=arn)["Certificate"]
    except ClientError as problem:
        code = problem.response["Error"]["Code"]
        yield Finding(f"the certificate can't be read ({code})", "set CertificateArn to one of this account")
        return
    names = {found["DomainName"], *found.get("SubjectAlternativeNames", [])}
    if found["Status"] != "ISSUED":
        yield Finding(f"the certificate is {found['Status']}", "validate it in ACM")
    elif not names & {domain, f"*.{domain.partition('.')[2]}"}:
        yield Finding(f"the certificate is for {', '.join(sorted(names))}", f"request one for {domain}")
    else:
        yield Finding(f"the certificate of {domain}")


def secrets(stage: Stage, stored: Mapping[str, str]) -> Iterator[Finding]:
    """Whether all are stored, in a form that the functions can use."""
    mend = f"make secrets ENV={stage.name}"
    missing = [name for name in parameter_store.NAMES if name not in stored]
    yield from (Finding(f"the secret {stage.secret(name)} is not stored", mend) for name in missing)
    misshapen = parameter_store.misshapen(stored)
    for name in misshapen:
        how = f"delete it and run {mend}" if name in parameter_store.MADE else mend
        yield Finding(f"the secret {stage.secret(name)} has not its form", how)
    if not missing and not misshapen:
        yield Finding(f"{len(stored)} secrets")


def outside(
    stage: Stage, stored: Mapping[str, str], session: requests.Session, r2_client: Callable[[str, str, str], Any]
) -> Iterator[Finding]:
    """The provider and R2, with the stored secrets."""
    mend = f"make secrets ENV={stage.name}"
    if "replicate-api-token" in stored:
        try:
            secret = provider.webhook_secret(
                stage.parameters["ReplicateBaseUrl"], stored["replicate-api-token"], session
            )
        except OperatorError as problem:
            yield Finding("the provider", f"{problem} Then: {mend}")
        else:
            yield Finding("the provider takes the token")
            if secret not in stored.get("replicate-webhook-secret", "").split():
                yield Finding("the stored webhook secret is not the provider's", mend)
    if {"r2-access-key-id", "r2-secret-access-key"} <= set(stored):
        client = r2_client(stage.parameters["R2Endpoint"], stored["r2-access-key-id"], stored["r2-secret-access-key"])
        try:
            r2.check_token(client, stage.parameters["R2Bucket"], stage.parameters["R2Prefix"])
        except OperatorError as problem:
            yield Finding("R2", str(problem))
        else:
            yield Finding(f"R2 bucket {stage.parameters['R2Bucket']}")


def sign_in(stage: Stage, session: requests.Session) -> Iterator[Finding]:
    """The issuer's own description against the parameters."""
    issuer = stage.parameters["OidcIssuer"]
    if not issuer:
        yield Finding("no sign-in: guests only")
        return
    described = _json(session, f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    if described is None:
        yield Finding(f"the issuer {issuer} does not answer", "check OidcIssuer in samconfig.toml")
        return
    if described.get("issuer") != issuer:
        yield Finding(f"the issuer calls itself {described.get('issuer')}", "write OidcIssuer exactly so")
    if described.get("jwks_uri") != stage.parameters["OidcJwksUrl"]:
        yield Finding("OidcJwksUrl is another than the issuer's", f"set it to {described.get('jwks_uri')}")
    allowed = {_origin(issuer), *stage.parameters["OidcOrigins"].split()}
    needed = {_origin(str(described[name])) for name in ("token_endpoint", "jwks_uri") if name in described}
    if lacking := needed - allowed:
        yield Finding("the page may not call the issuer's endpoints", f"set OidcOrigins={' '.join(sorted(lacking))}")
    else:
        yield Finding(f"sign-in at {issuer}")


def deployed(stage: Stage, clients: Clients, session: requests.Session) -> Iterator[Finding]:
    """Whether what is deployed answers, and takes uploads."""
    outputs = stack_outputs(clients, stage)
    address = outputs.get("PageUrl")
    if address is None:
        yield Finding(f"{stage.stack} is not deployed yet; make deploy ENV={stage.name}")
        return
    if _json(session, f"{address}/api/health") is None:
        dns = "its DNS record may be missing" if stage.page_address else "a new distribution takes some minutes"
        yield Finding(f"{address}/api/health does not answer", f"{dns}; then see the log of job_status")
    else:
        yield Finding(f"{address} answers")
    problem = r2.preflight(stage.pictures_endpoint, stage.parameters["R2Bucket"], address, session)
    yield Finding(problem, f"make bucket ENV={stage.name}") if problem else Finding("R2 takes uploads from the page")


def _json(session: requests.Session, url: str) -> dict[str, Any] | None:
    try:
        answer = session.get(url, timeout=SECONDS)
        answer.raise_for_status()
        found = json.loads(answer.content)
    except (requests.RequestException, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
