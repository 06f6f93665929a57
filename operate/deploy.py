"""`make deploy`: check, build, deploy the stack, then its public address, then the page.

The order of the last three is that of docs/decisions/0016-public-address.md.
"""

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests
from botocore.exceptions import ClientError

from deployment import ROOT
from enhancer.adapters.model_files import allowed_models
from operate import parameter_store, provider
from operate.installation import OperatorError
from operate.origin import origin_secret_sent
from operate.stage import SAMCONFIG, Stage, faults
from operate.terminal import Terminal
from operate.upload_page import upload_page

Clients = Callable[..., Any]
"""Name of a service → a client of it, in the stage's region unless `region_name` is another."""
Build = Callable[[], None]
RunSam = Callable[[Stage, Mapping[str, str]], None]

NOT_YET = "https://not-yet.invalid"
"""PublicBaseUrl of a stack whose distribution has no address yet; that name never resolves (RFC 6761)."""
BUILD = ("make", "--no-print-directory", "build-aws")
SAM = ROOT / ".venv-tooling" / "bin" / "sam"
BUILT = ROOT / ".aws-sam" / "build" / "template.yaml"


def deploy(
    stage: Stage,
    clients: Clients,
    session: requests.Session,
    build: Build,
    run_sam: RunSam,
    terminal: Terminal,
    page: Path,
    pause: Callable[[float], None] = time.sleep,
) -> str:
    """Create or update a stage; return its public address.

    Faults that can be found beforehand raise OperatorError before anything is built or changed.
    """
    wrong = list(faults(stage))
    if wrong:
        raise OperatorError(f"samconfig.toml, {stage.name}: {'; '.join(wrong)}.")
    secrets = parameter_store.load_all(clients("ssm"), stage)
    check_models(stage, secrets["replicate-api-token"], session, terminal)
    own = {"OriginSecret": secrets["origin-secrets"].split()[0]}
    known = known_address(stage, clients)
    build()
    _await_functions(stage, clients, own["OriginSecret"], terminal, pause)
    terminal.say(f"deploying {stage.stack} in {stage.region}")
    run_sam(stage, {**stage.parameters, **own, "PublicBaseUrl": known or NOT_YET})
    outputs = stack_outputs(clients, stage)
    address = outputs["PageUrl"]  # without it, `sam` would have failed
    if address != known:
        terminal.say(f"deploying again, now that the address is known: {address}")
        run_sam(stage, {**stage.parameters, **own, "PublicBaseUrl": address})
    count = upload_page(clients("s3"), outputs["PageBucketName"], page, stage.parameters, datetime.now(UTC))
    terminal.say(f"uploaded the page: {count} files")
    if stage.page_address:
        terminal.say(f"point {stage.parameters['DomainName']} to {outputs['DistributionDomain']} (CNAME or ALIAS)")
    return address


def check_models(stage: Stage, token: str, session: requests.Session, terminal: Terminal) -> None:
    """Ask the provider for each version on offer. Raises OperatorError for one that it does not have.

    If it does not answer, that is printed and deployment continues, because deploying may be the fix.
    """
    base_url = stage.parameters["ReplicateBaseUrl"]
    for offer in allowed_models(stage.parameters["AllowedModels"].split(",")).values():
        try:
            known = provider.has_version(base_url, token, session, offer.version)
        except OperatorError as problem:
            terminal.say(f"The versions of models were not checked: {problem}")
            return
        if not known:
            raise OperatorError(
                f"The provider has no version {offer.version}, so that every job with it would fail; "
                "set another version in AllowedModels, as owner/name:version."
            )


def _await_functions(
    stage: Stage, clients: Clients, wanted: str, terminal: Terminal, pause: Callable[[float], None]
) -> None:
    """Wait until every running function has read the origin secret that the distribution is about to send."""
    if origin_secret_sent(clients, stage) in {None, wanted}:
        return
    age = parameter_store.age(clients("ssm"), stage, "origin-secrets", datetime.now(UTC))
    left = parameter_store.SPREAD - age.total_seconds()
    if left > 0:
        terminal.say(f"waiting {left:.0f} seconds until every function has read the new origin secret")
        pause(left)


def known_address(stage: Stage, clients: Clients) -> str | None:
    """Return the public address; None before the first deployment, which creates it."""
    return stage.page_address or stack_outputs(clients, stage).get("PageUrl")


def stack_outputs(clients: Clients, stage: Stage) -> dict[str, str]:
    """Return the stack's outputs; empty if there is no stack or its creation failed."""
    outputs = (find_stack(clients, stage) or {}).get("Outputs", [])
    return {output["OutputKey"]: output["OutputValue"] for output in outputs}


def find_stack(clients: Clients, stage: Stage) -> Mapping[str, Any] | None:
    """Return CloudFormation's description of the stack; None if there is no stack."""
    try:
        [found] = clients("cloudformation").describe_stacks(StackName=stage.stack)["Stacks"]
    except ClientError as problem:
        if "does not exist" in str(problem):
            return None
        raise
    described: Mapping[str, Any] = found
    return described


def run_build() -> None:
    """Run `make build TARGET=aws`. Raises OperatorError when it fails; its own output says why."""
    done = subprocess.run(BUILD, cwd=ROOT, check=False)
    if done.returncode:
        raise OperatorError(f"The build failed ({done.returncode}); the lines above say why.")


def run_sam(stage: Stage, parameters: Mapping[str, str], samconfig: Path = SAMCONFIG, built: Path = BUILT) -> None:
    """Run `sam deploy` with samconfig.toml. Raises OperatorError when it fails; the output of `sam` says why.

    The parameters are passed in a private file, so that no process list shows the origin secret.
    """
    if not built.exists():
        raise OperatorError("Nothing has been built: make build TARGET=aws")
    with tempfile.TemporaryDirectory() as folder:  # mode 0700
        file = Path(folder) / "parameters.yaml"
        file.touch(mode=0o600)
        file.write_text(json.dumps(dict(parameters)))  # JSON is YAML
        done = subprocess.run(
            sam_command(stage, file, samconfig, built),
            cwd=ROOT,
            check=False,
            env={**os.environ, "SAM_CLI_TELEMETRY": "0"},
        )
    if done.returncode:
        raise OperatorError(f"sam deploy failed ({done.returncode}); the line above says why.")


def sam_command(stage: Stage, parameters: Path, samconfig: Path = SAMCONFIG, built: Path = BUILT) -> list[str]:
    """Return the command line; samconfig.toml adds stack name, region, bucket and tags."""
    return [
        str(SAM), "deploy", "--config-file", str(samconfig), "--config-env", stage.name,
        "--template-file", str(built), "--no-confirm-changeset", "--no-fail-on-empty-changeset",
        "--parameter-overrides", parameters.as_uri(),
    ]  # fmt: skip
