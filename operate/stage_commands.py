"""The commands for a stage: ENV names it, the shell's AWS environment determines the account."""

import os
from collections.abc import Mapping

import boto3
import requests
from botocore.exceptions import BotoCoreError, ClientError

from deployment import ROOT
from operate import parameter_store, r2
from operate.account import Account, find_account
from operate.deploy import Clients, deploy, known_address, run_build, run_sam
from operate.doctor import examine
from operate.installation import OperatorError
from operate.stage import Stage, read_stage
from operate.store_secrets import rotate, store_secrets
from operate.teardown import teardown
from operate.terminal import Console, Terminal

CHANGING = ("bucket", "deploy", "secrets", "teardown")
COMMANDS = (*CHANGING, "doctor")


def run(command: str, environment: Mapping[str, str] = os.environ) -> int:
    """Run one of COMMANDS; return the exit code. Raises OperatorError with one sentence, also for errors of AWS."""
    stage = read_stage(environment.get("ENV", ""))
    session: boto3.Session = boto3.Session(region_name=stage.region)
    clients: Clients = session.client
    desk = Console()
    try:
        if command not in CHANGING:
            return diagnose(stage, clients, desk)
        account = find_account(clients, stage.account)
        desk.say(str(account))
        change(command, stage, clients, desk, environment, account)
    except (BotoCoreError, ClientError) as problem:
        raise OperatorError(f"AWS: {problem}") from None
    return 0


def change(
    command: str,
    stage: Stage,
    clients: Clients,
    terminal: Terminal,
    environment: Mapping[str, str],
    account: Account,
) -> None:
    """Run one of CHANGING in an account that has been shown. Raises OperatorError."""
    match command:
        case "deploy":
            with requests.Session() as http:
                page = ROOT / "web" / "dist"
                address = deploy(stage, clients, http, run_build, run_sam, terminal, page)
            terminal.say(f"{address} (make doctor ENV={stage.name} checks it)")
        case "bucket":
            configure_bucket(stage, clients, terminal, environment)
        case "secrets" if environment.get("ROTATE"):
            rotate(stage, clients, terminal, environment["ROTATE"])
        case "secrets":
            with requests.Session() as http:
                store_secrets(stage, clients("ssm"), terminal, http)
        case "teardown":
            teardown(stage, clients, terminal, account)


def diagnose(stage: Stage, clients: Clients, terminal: Terminal) -> int:
    """Print the findings; return 1 if a needed one is a problem, else 0."""
    wrong = 0
    with requests.Session() as http:
        for finding in examine(stage, clients, http):
            terminal.say(str(finding))
            wrong += finding.needed and bool(finding.fix)
    return min(wrong, 1)


def configure_bucket(stage: Stage, clients: Clients, terminal: Terminal, environment: Mapping[str, str]) -> None:
    """Ask for an admin token, which is not stored, and set the bucket's rules; DRY_RUN=1 only shows them."""
    origin = known_address(stage, clients)
    if origin is None:
        raise OperatorError(f"The page has no address yet: make deploy ENV={stage.name} first, or set DomainName.")
    stored = parameter_store.load(clients("ssm"), stage)
    key_id: str | None = terminal.ask_hidden(
        "R2 access key id with Admin Read & Write (Enter uses the functions' own):"
    )
    secret = terminal.ask_hidden("Its secret access key:") if key_id else stored.get("r2-secret-access-key")
    key_id = key_id or stored.get("r2-access-key-id")
    if not key_id or not secret:
        raise OperatorError("R2 needs an access key.")
    client = r2.r2_client(stage.parameters["R2Endpoint"], key_id, secret)
    r2.configure(stage, client, origin, terminal, dry_run=bool(environment.get("DRY_RUN")))
