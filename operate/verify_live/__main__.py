"""`make verify-live`: ask before spending, check, clean up, write docs/verified.md. Exit code 1 if anything differs."""

import contextlib
import os
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import requests
from botocore.exceptions import BotoCoreError, ClientError

from deployment import ROOT
from enhancer.adapters.model_files import allowed_models
from enhancer.adapters.model_files import models as model_files
from enhancer.adapters.outputs import ProviderOutputs
from enhancer.adapters.presigned_urls import R2PresignedUrls
from enhancer.adapters.r2 import R2ImageStore
from enhancer.adapters.replicate import Replicate
from enhancer.aws_clients import r2_client
from enhancer.domain import image
from enhancer.domain.catalogue import AllowedModel
from enhancer.domain.prediction import Prediction
from enhancer.errors import AccountRefused, Refused
from operate.installation import OperatorError
from operate.provider import webhook_secret
from operate.stage import read_stage
from operate.terminal import Console, Terminal
from operate.verify_live import bucket as r2
from operate.verify_live import models, runs
from operate.verify_live.accounts import Accounts, environment_of, read_accounts
from operate.verify_live.bucket import Bucket
from operate.verify_live.findings import Findings, table

DOCUMENT = ROOT / "docs" / "verified.md"
SAMPLE = ROOT / "samples" / "cat.jpg"
QUESTION = (
    "This writes about twenty small files into the bucket and deletes them, and pays the provider for one run of each "
    "model on offer and up to two more, about a cent. Continue? [y/N]"
)


def main(environment: Mapping[str, str], terminal: Terminal, document: Path = DOCUMENT) -> int:
    """Run the checks; return the exit code."""
    try:
        if environment.get("ENV"):
            stage = read_stage(environment["ENV"])
            session: Any = boto3.Session(region_name=stage.region)
            environment = {**environment, **environment_of(stage, session.client)}
        accounts = read_accounts(environment)
        if environment.get("YES") != "1" and terminal.ask(QUESTION).lower() not in {"y", "yes"}:
            terminal.say("Nothing was done.")
            return 1
        findings = verify(accounts, terminal.say)
    except OperatorError as problem:
        terminal.say(str(problem))
        return 1
    except KeyboardInterrupt:
        terminal.say("Interrupted; what was created is cleaned up.")
        return 1
    except (BotoCoreError, ClientError) as problem:  # from reading a stage's secrets; errors of R2 are findings
        terminal.say(f"AWS: {problem}")
        return 1
    if findings.holding:  # otherwise no service answered, and an older table is more useful
        document.write_text(table(findings.rows, datetime.now(UTC)))
        terminal.say(f"the table is in {document}")
    terminal.say(f"{findings.differing} of {len(findings.rows)} differ")
    return min(findings.differing, 1)


def verify(accounts: Accounts, tell: Callable[[str], None], pause: Callable[[float], None] = time.sleep) -> Findings:
    """Run all checks; what they made is deleted or cancelled at the end, also after an error. Raises OperatorError."""
    allowed_models = _offers(accounts)
    findings = Findings(tell)
    with contextlib.ExitStack() as opened:
        http = opened.enter_context(requests.Session())
        listening, hurrying = (opened.enter_context(runs.Listening(each)) for each in ("", runs.DEADLINE))
        bucket = _bucket(accounts, http, pause)
        provider, hurried = (
            Replicate(accounts.replicate_url, lambda: accounts.token, model_files(), session)
            for session in (listening, hurrying)
        )
        made = runs.Runs(provider, f"{accounts.origin}/api/webhooks/replicate?job=verify-live", pause)
        opened.callback(r2.clear, bucket, findings)
        opened.callback(made.clear, findings)
        for name, check in {
            "uploads": r2.check_uploads,
            "links": r2.check_links,
            "objects": r2.check_objects,
            "CORS": r2.check_cors,
        }.items():
            with findings.part(name):
                check(bucket, findings)
        with findings.part("the provider"):
            _check_account(accounts, provider, listening, findings)
            published = models.published(accounts.replicate_url, accounts.token, listening)
            models.check_versions(made, published, allowed_models, findings)
        with findings.part("runs"):
            _check_runs(accounts, bucket, made, listening, hurried, allowed_models, findings)
        runs.check_rates([*listening.answers, *hurrying.answers], findings)
    return findings


def _check_account(accounts: Accounts, provider: Replicate, listening: runs.Listening, findings: Findings) -> None:
    secret = webhook_secret(accounts.replicate_url, accounts.token, listening)
    findings.note("the webhook secret", "is told")
    if accounts.webhook_secrets:
        findings.compare("the webhook secret is the configured one", True, secret in accounts.webhook_secrets)
    findings.expect("an unknown run", None, lambda: provider.get("verifyliveverifyliveverify"))
    stranger = Replicate(accounts.replicate_url, lambda: f"{accounts.token[:3]}wrong", model_files(), listening)

    def refusal() -> str:
        try:
            return stranger.create(models.MADE_UP, {}, f"{accounts.origin}/").id
        except (AccountRefused, Refused) as told:
            return str(told)[:8]

    findings.expect("a create with a wrong token", "HTTP 401", refusal)


def _check_runs(
    accounts: Accounts,
    bucket: Bucket,
    made: runs.Runs,
    listening: runs.Listening,
    hurried: Replicate,
    allowed_models: Mapping[str, AllowedModel],
    findings: Findings,
) -> None:
    key, shown = bucket.key(), SAMPLE.read_bytes()
    status = bucket.put(bucket.presign(key, len(shown)), shown)
    findings.compare("the sample's upload", 200, status)
    url, _ = bucket.links.presign(key, method="GET", now=datetime.now(UTC))
    first, last = (list(allowed_models.values())[index] for index in (0, -1))

    def inputs(offer: AllowedModel) -> dict[str, object]:
        return offer.model.inputs(offer.model.parse({}), url, offer.model.factors[0])

    outputs = ProviderOutputs(accounts.output_hosts, local=accounts.local)
    sample = image.inspect(shown, shown, len(shown))

    def check_size(offer: AllowedModel, ended: Prediction | None) -> None:
        """Check the result's size: only a run shows whether the pinned version agrees with the published predictor."""
        if ended and ended.output_url:
            found = ended.output_url
            wide, high = offer.model.output_size((sample.width, sample.height), offer.model.factors[0])
            what = f"the result of {offer.model.slug}, from a host that is allowed"
            findings.expect(what, f"{wide} x {high}", lambda: _result(outputs, found))

    check_size(first, runs.check_job(made, first.version, inputs(first), listening, findings))
    for offer in list(allowed_models.values())[1:]:
        with findings.part(f"a run of {offer.model.slug}"):
            check_size(offer, made.end(made.create(offer.version, inputs(offer))))
    runs.check_cancel(made, first.version, inputs(first), findings)
    runs.check_deadline(made, last.version, inputs(last), hurried, findings)


def _result(outputs: ProviderOutputs, url: str) -> str:
    output = outputs.fetch(url)
    with output.file:
        data = output.file.read()
    found = image.inspect(data, data, output.size)
    return f"{found.width} x {found.height}"


def _bucket(accounts: Accounts, http: requests.Session, pause: Callable[[float], None]) -> Bucket:
    client, public = (
        r2_client(endpoint, accounts.key_id, accounts.secret)
        for endpoint in (accounts.endpoint, accounts.public_endpoint)
    )
    return Bucket(
        images=R2ImageStore(lambda: client, accounts.bucket, lambda: public),
        links=R2PresignedUrls(accounts.public_endpoint, accounts.bucket, lambda: (accounts.key_id, accounts.secret)),
        http=http,
        endpoint=accounts.public_endpoint,
        name=accounts.bucket,
        origin=accounts.origin,
        prefix=accounts.prefix,
        pause=pause,
    )


def _offers(accounts: Accounts) -> Mapping[str, AllowedModel]:
    try:
        return allowed_models(accounts.allowed_models)
    except ValueError as problem:
        raise OperatorError(f"ALLOWED_MODELS: {problem}") from None


if __name__ == "__main__":
    sys.exit(main(os.environ, Console()))
