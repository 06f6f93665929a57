"""`make doctor`: check a stage before and after deployment, and print each problem in one line with its fix."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import requests
from botocore.exceptions import BotoCoreError, ClientError

from deployment import ROOT
from deployment.bucket import LIFECYCLE_DAYS
from deployment.template import read_template
from enhancer.adapters.model_files import allowed_models
from operate import parameter_store, provider, r2
from operate.account import find_account
from operate.deploy import SAM, Clients
from operate.deployed import deployed
from operate.finding import Finding
from operate.installation import OperatorError
from operate.stage import Stage, faults

SECONDS = 10
NODE = (20, 19)
RunTool = Callable[[list[str]], str | None]
"""A command line → its output, or None if the program is missing or fails."""


def run_tool(command: list[str]) -> str | None:
    """Run a command line; return its output, or None if the program is missing or fails."""
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
    """Check separately everything that can break an installation.

    This changes nothing except small files in R2, which are deleted at once, and a guest's rate limit.
    """
    yield from tools(tool)
    yield from settings(stage)
    yield from licences(stage)
    yield from sign_in(stage, session)
    try:
        yield Finding(str(find_account(clients, stage.account)))
    except OperatorError as problem:
        yield Finding("AWS", str(problem))
        return
    yield from _asking("the certificate", certificate(stage, clients))
    yield from _asking("the account's concurrent executions", concurrency(stage, clients))
    stored: dict[str, str] = {}
    try:
        stored = parameter_store.load(clients("ssm"), stage)
    except (BotoCoreError, ClientError) as problem:
        yield Finding(f"the secrets can't be read ({_code(problem)})", "the shell's role needs ssm:GetParameters")
    else:
        yield from secrets(stage, stored)
    yield from the_provider(stage, stored, session)
    yield from the_bucket(stage, stored, r2_client)
    origin_secrets = stored.get("origin-secrets", "")
    yield from _asking(stage.stack, deployed(stage, clients, session, origin_secrets))


def _asking(what: str, findings: Iterator[Finding]) -> Iterator[Finding]:
    """Yield a part's findings; an error of AWS becomes one of them, so that the next part is checked too."""
    try:
        yield from findings
    except (BotoCoreError, ClientError) as problem:
        how = f"{problem.operation_name}: " if isinstance(problem, ClientError) else ""
        yield Finding(
            f"{what}: AWS did not answer ({how}{_code(problem)})", "check the permissions of the shell's role"
        )


def _code(problem: BotoCoreError | ClientError) -> str:
    return str(problem.response["Error"]["Code"]) if isinstance(problem, ClientError) else type(problem).__name__


def tools(tool: RunTool) -> Iterator[Finding]:
    """Check the programs that building and deploying need."""
    yield Finding(f"Python {sys.version_info.major}.{sys.version_info.minor}")
    node = tool(["node", "--version"]) or ""
    found = tuple(int(part) for part in re.findall(r"\d+", node)[:2])
    yield (
        Finding(f"Node {node}")
        if found >= NODE
        else Finding(f"Node {node or 'is not installed'}", "install 20.19 or newer from nodejs.org")
    )
    yield Finding("npm") if tool(["npm", "--version"]) else Finding("npm is not installed", "it comes with Node")
    sam = tool([str(SAM), "--version"])
    yield Finding(sam) if sam else Finding("sam is not installed", "make build TARGET=aws installs it")
    if tool(["make", "--silent", "runtime-python"]):
        yield Finding("Python 3.13 for the bytecode")
    else:
        slower = "Python 3.13 is not installed, so the layers get no bytecode and cold starts take twice the CPU"
        yield Finding(slower, ".venv/bin/uv python install 3.13", needed=False)


def settings(stage: Stage) -> Iterator[Finding]:
    """Check samconfig.toml against the template."""
    wrong = list(faults(stage))
    yield from (Finding(each, f"change it in samconfig.toml, [{stage.name}.deploy.parameters]") for each in wrong)
    if not wrong:
        yield Finding(f"samconfig.toml, {stage.name}")


def licences(stage: Stage) -> Iterator[Finding]:
    """Name the allowed models whose licences exclude commercial use."""
    with suppress(ValueError):  # which `settings` reports
        for offer in allowed_models(stage.parameters["AllowedModels"].split(",")).values():
            if not offer.model.licence.commercial:
                how = "see docs/security.md, or remove it from AllowedModels"
                yield Finding(f"{offer.model.slug} has the licence {offer.model.licence.name}", how, needed=False)
            for option, licence in offer.model.option_licences.items():
                if not licence.commercial:
                    used = f"the option {option} of {offer.model.slug} uses a model with the licence {licence.name}"
                    yield Finding(used, "see docs/security.md", needed=False)


def certificate(stage: Stage, clients: Clients) -> Iterator[Finding]:
    """Check that the domain's certificate is issued, in us-east-1, where CloudFront requires it."""
    domain, arn = stage.parameters["DomainName"], stage.parameters["CertificateArn"]
    if not domain or not arn:
        return
    try:
        found = clients("acm", region_name="us-east-1").describe_certificate(CertificateArn=arn)["Certificate"]
    except ClientError as problem:
        code = problem.response["Error"]["Code"]
        yield Finding(f"the certificate can't be read ({code})", "set CertificateArn to a certificate of this account")
        return
    names = {found["DomainName"], *found.get("SubjectAlternativeNames", [])}
    if found["Status"] != "ISSUED":
        yield Finding(f"the certificate is {found['Status']}", "validate it in ACM")
    elif not names & {domain, f"*.{domain.partition('.')[2]}"}:
        yield Finding(f"the certificate is for {', '.join(sorted(names))}", f"request one for {domain}")
    else:
        yield Finding(f"the certificate of {domain}")


def secrets(stage: Stage, stored: Mapping[str, str]) -> Iterator[Finding]:
    """Check that all secrets are stored, in a form that the functions can use."""
    fix = f"make secrets ENV={stage.name}"
    missing = [name for name in parameter_store.NAMES if name not in stored]
    yield from (Finding(f"the secret {stage.secret(name)} is not stored", fix) for name in missing)
    malformed = parameter_store.malformed(stored)
    for name in malformed:
        how = f"delete it and run {fix}" if name in parameter_store.MADE else fix
        yield Finding(f"the secret {stage.secret(name)} is malformed", how)
    if not missing and not malformed:
        yield Finding(f"{len(stored)} secrets")


def concurrency(stage: Stage, clients: Clients) -> Iterator[Finding]:
    """Compare the account's limit on concurrent executions with what the queues and the webhook may use.

    AWS requires 100 to be left unreserved (Lambda's guide, "Configuring reserved concurrency", read 2026-11-25).
    """
    limits = clients("lambda").get_account_settings()["AccountLimit"]
    limit, unreserved = limits["ConcurrentExecutions"], limits["UnreservedConcurrentExecutions"]
    taken, reserved = queue_concurrency(stage), int(stage.parameters["WebhookConcurrency"])
    more = "request a higher quota: Service Quotas, Lambda, Concurrent executions"
    if reserved and unreserved - reserved < 100:
        left = f"{unreserved} of {limit} concurrent executions are unreserved, and 100 must stay unreserved"
        yield Finding(f"WebhookConcurrency is {reserved}; {left}", f"set WebhookConcurrency=0, or {more}", needed=False)
    if taken * 2 > limit:
        yield Finding(
            f"queues may use {taken} of the account's {limit} concurrent executions, more than half; requests share "
            "the rest",
            f"{more}, or lower StartConcurrency and CompletionConcurrency",
            needed=False,
        )
    else:
        yield Finding(f"{limit} concurrent executions, of which queues use at most {taken}")


def queue_concurrency(stage: Stage) -> int:
    """Return how many executions the queues may run at the same time, by the template."""
    total = 0
    for resource in read_template(ROOT / "template.yaml")["Resources"].values():
        most = resource.get("Properties", {}).get("ScalingConfig", {}).get("MaximumConcurrency", 0)
        total += int(stage.parameters[most["Ref"]] if isinstance(most, dict) else most)
    return total


def the_provider(stage: Stage, stored: Mapping[str, str], session: requests.Session) -> Iterator[Finding]:
    """Check that the provider accepts the token and has each allowed version; free of charge."""
    fix = f"make secrets ENV={stage.name}"
    if "replicate-api-token" in stored:
        try:
            secret = provider.webhook_secret(
                stage.parameters["ReplicateBaseUrl"], stored["replicate-api-token"], session
            )
        except OperatorError as problem:
            yield Finding("the provider", f"{problem} Then: {fix}")
        else:
            yield Finding("the provider accepts the token")
            if secret not in stored.get("replicate-webhook-secret", "").split():
                yield Finding("the stored webhook secret differs from the provider's", fix)
            yield from _versions(stage, stored["replicate-api-token"], session)


def _versions(stage: Stage, token: str, session: requests.Session) -> Iterator[Finding]:
    base_url = stage.parameters["ReplicateBaseUrl"]
    with suppress(ValueError):  # which `settings` reports
        for offer in allowed_models(stage.parameters["AllowedModels"].split(",")).values():
            slug, _, version = offer.version.partition(":")
            try:
                known = provider.has_version(base_url, token, session, offer.version)
            except OperatorError as problem:
                yield Finding(f"the version of {slug}", str(problem))
                continue
            if known:
                yield Finding(f"{slug}: the provider has version {version[:8]}…")
            else:
                how = "every job with it fails; set another version in AllowedModels, as owner/name:version"
                yield Finding(f"the provider has no version {version} of {slug}", how)


def the_bucket(stage: Stage, stored: Mapping[str, str], r2_client: Callable[[str, str, str], Any]) -> Iterator[Finding]:
    """Check that the functions' token has the rights they need, and that the bucket's lifecycle rules are set."""
    if {"r2-access-key-id", "r2-secret-access-key"} <= set(stored):
        client = r2_client(stage.parameters["R2Endpoint"], stored["r2-access-key-id"], stored["r2-secret-access-key"])
        bucket, prefix = stage.parameters["R2Bucket"], stage.parameters["R2Prefix"]
        try:
            r2.check_token(client, bucket, prefix)
            gaps = list(r2.lifecycle_gaps(client, bucket, prefix))
        except OperatorError as problem:
            yield Finding("R2", str(problem))
            return
        yield Finding(f"R2 bucket {bucket}")
        for folder in gaps:
            days = LIFECYCLE_DAYS[folder]
            what = f"new files below {prefix}{folder}/ are not set to be deleted after {days} days"
            yield Finding(
                what, f"make bucket ENV={stage.name} sets the lifecycle rules, a backstop for retention", needed=False
            )
        if not gaps:
            yield Finding("R2's lifecycle rules delete what retention may leave")


def sign_in(stage: Stage, session: requests.Session) -> Iterator[Finding]:
    """Compare the issuer's own description with the parameters."""
    issuer = stage.parameters["OidcIssuer"]
    if not issuer:
        yield Finding("sign-in is not configured: guests only")
        return
    described = _json(session, f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    if described is None:
        yield Finding(f"the issuer {issuer} does not answer", "check OidcIssuer in samconfig.toml")
        return
    if described.get("issuer") != issuer:
        yield Finding(f"the issuer names itself {described.get('issuer')}", "set OidcIssuer to exactly that")
    if described.get("jwks_uri") != stage.parameters["OidcJwksUrl"]:
        yield Finding("OidcJwksUrl differs from the issuer's", f"set it to {described.get('jwks_uri')}")
    allowed = {_origin(issuer), *stage.parameters["OidcOrigins"].split()}
    needed = {_origin(str(described[name])) for name in ("token_endpoint", "jwks_uri") if name in described}
    if lacking := needed - allowed:
        yield Finding(
            "the page's Content-Security-Policy blocks the issuer's endpoints",
            f"set OidcOrigins={' '.join(sorted(lacking))}",
        )
    else:
        yield Finding(f"sign-in at {issuer}")


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
