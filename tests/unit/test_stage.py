"""samconfig.toml against the template, and what `make deploy` tells `sam`."""

import dataclasses
import os
import re
import subprocess
import sys

import pytest

from operate import parameter_store
from operate.__main__ import main
from operate.installation import OperatorError
from operate.stage import FILLED_IN, NO_BUDGETS, SAMCONFIG, STAGES, declared_parameters, faults, read_stage
from operate.stage_commands import COMMANDS
from tests.unit.test_template import FUNCTIONS, ROOT, environment

FILLED = {"R2Endpoint": "https://1a2b.r2.cloudflarestorage.com"}


def stage(**parameters):
    read = read_stage("dev")
    return dataclasses.replace(read, parameters={**read.parameters, **FILLED, **parameters})


@pytest.mark.parametrize("name", STAGES)
def test_every_stage_lacks_the_accounts_id_and_nothing_else(name):
    read = read_stage(name)
    assert read.stack == f"image-enhancer-{name}"
    assert list(faults(read)) == ["R2Endpoint still says ACCOUNT_ID"]
    assert set(read.parameters) == set(declared_parameters()) - set(FILLED_IN) | {"OriginSecret"}


def test_stages_share_no_stack_and_no_bucket():
    read = [read_stage(name) for name in STAGES]
    assert len({each.stack for each in read}) == len({each.parameters["R2Bucket"] for each in read}) == len(read)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"R2Bucket": "ImageStore"}, "R2Bucket is 'ImageStore'; it must match"),
        ({"LogRetentionDays": "8"}, "it must be one of 1, 3, 5"),
        ({"QuotaJobs": "many"}, "it must be a whole number, 0 or more"),
        ({"GenerateWaitSeconds": "26"}, "a whole number from 0 to 25"),
        ({"Colour": "blue"}, "Colour is not a parameter"),
        ({"DomainName": "images.example.com"}, "must be set together"),
        ({"OidcIssuer": "https://id.example.com"}, "needs OidcAudience"),
        ({"AllowedModels": "unknown/model"}, "AllowedModels: 'unknown/model' is not"),
        ({"Stage": "prod"}, "Stage must be dev"),
        ({"R2Endpoint": "http://1a2b.r2.cloudflarestorage.com"}, "on AWS it must begin with https://"),
        (
            {"OidcJwksUrl": "http://id.example.com/jwks.json"},
            "OidcJwksUrl is 'http://id.example.com/jwks.json'; on AWS",
        ),
        ({"PublicBaseUrl": "http://images.example.com"}, "PublicBaseUrl is filled in by make deploy"),
        ({"OriginSecret": "a secret in a file"}, "OriginSecret is filled in by make deploy; remove it"),
    ],
)
def test_a_wrong_parameter_is_named(wrong, says):
    [found] = faults(stage(**wrong))
    assert says in found


def test_a_budget_is_refused_where_cloudformation_has_none():
    """docs/deploy.md names the regions; cfn-lint judges that list (tests/oracles/installed/template)."""
    [named] = re.findall(r"no `AWS::Budgets::Budget` in ([^:]+):", (ROOT / "docs" / "deploy.md").read_text())
    assert set(re.findall(r"[a-z]+-[a-z]+-\d", named)) == NO_BUDGETS
    asked = dataclasses.replace(stage(BudgetEmail="me@example.com"), region="eu-north-1")
    assert [fault for fault in faults(asked) if "no budgets in eu-north-1" in fault]
    assert list(faults(dataclasses.replace(asked, region="eu-central-1"))) == []
    assert list(faults(dataclasses.replace(stage(), region="eu-north-1"))) == []


@pytest.mark.parametrize(
    ("account", "says"),
    [("123", "account is '123'; it must be twelve digits in quotes"), (123456789012, "it must be twelve digits")],
)
def test_a_stage_may_name_its_account_beside_what_sam_reads(tmp_path, account, says):
    file, written = tmp_path / "samconfig.toml", SAMCONFIG.read_text()
    assert read_stage("dev").account == ""
    file.write_text(f'{written}\n[dev.operate]\naccount = "012345678901"\n')
    assert read_stage("dev", file).account == "012345678901"
    assert read_stage("prod", file).account == ""
    file.write_text(f"{written}\n[dev.operate]\naccount = {account!r}\n")
    with pytest.raises(OperatorError, match=says):
        read_stage("dev", file)


def test_a_stage_that_is_filled_in_has_no_fault():
    own = {"DomainName": "images.example.com", "CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/1a"}
    assert list(faults(stage())) == []
    assert list(faults(stage(**own))) == []
    assert stage(**own).page_address == "https://images.example.com"
    assert stage().page_address is None


def test_an_unknown_stage_and_a_broken_file_are_told_in_a_sentence(tmp_path):
    with pytest.raises(OperatorError, match="one of dev, staging, prod"):
        read_stage("production")
    (tmp_path / "samconfig.toml").write_text("version = 0.1\n")
    with pytest.raises(OperatorError, match=r"\[dev.deploy.parameters\]"):
        read_stage("dev", tmp_path / "samconfig.toml")


def test_the_secrets_are_those_that_the_functions_read():
    named = {
        value["!Sub"].rpartition("/")[2]
        for function in FUNCTIONS.values()
        for value in environment(function).values()
        if isinstance(value, dict) and str(value.get("!Sub", "")).startswith("/${AWS::StackName}/")
    }
    assert set(parameter_store.NAMES) == named
    assert len(parameter_store.NAMES) <= 10, "GetParameters takes ten names"


def test_secrets_of_ours_have_the_form_that_functions_read():
    made = {name: parameter_store.made(name) for name in parameter_store.MADE}
    assert parameter_store.malformed(made) == []
    assert parameter_store.made("cookie-keys") != made["cookie-keys"]
    twice = parameter_store.replaced(parameter_store.replaced("old:1", "new:2"), "newest:3")
    assert twice == "newest:3 new:2", "two count at a time"
    assert parameter_store.malformed({"cookie-keys": "a:short", "owner-key": "x"}) == ["owner-key", "cookie-keys"]


def test_a_secret_is_not_taken_where_it_would_appear():
    """No terminal stands behind a session of its own, so that the answer would be echoed."""
    asking = "from operate.terminal import Console; Console().ask_hidden('Token:')"
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", asking],
        input="r8_secret\n", capture_output=True, text=True, timeout=60, check=False, start_new_session=True,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'layers/core'}"},
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith(
        "Secrets are only read in a terminal that can hide them; run this command in one."
    )
    assert "r8_secret" not in done.stdout + done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_without_its_stage_is_answered_in_one_line(command, capsys, monkeypatch):
    monkeypatch.delenv("ENV", raising=False)
    assert main([command]) == 1
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "ENV is ''; it must be one of dev, staging, prod, for example ENV=dev\n")


def test_an_interrupted_command_shows_no_traceback(capsys, monkeypatch):
    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr("operate.__main__.run", interrupted)
    assert main(["secrets"]) == 130
    assert capsys.readouterr().err == "\nInterrupted; the steps above are complete.\n"


@pytest.mark.parametrize("document", ["README.md", "docs/deploy.md"])
def test_a_command_that_needs_an_account_says_so(document):
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / document).read_text(), re.DOTALL)
    deploying = [block for block in blocks if "ENV=" in block]
    assert deploying
    assert all(block.startswith("# needs accounts\n") for block in deploying)
