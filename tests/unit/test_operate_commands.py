"""Commands of the operator that talk to AWS, without it: what they ask, and what they return."""

import dataclasses
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import operate.__main__ as program
from operate import r2, stage_commands
from operate.finding import Finding
from operate.redrive import redrive
from operate.stage import OVER_TLS, SAMCONFIG, UNFILLED, Stage, faults, read_stage
from operate.upload_page import KEPT_FOR, superseded, upload_page

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
JOB = "j" + "a" * 25


@pytest.mark.parametrize("stack", ["", "image-enhancer-dev"])
@pytest.mark.parametrize(
    "arguments", [["timeline", JOB], ["logs", JOB], ["redrive", "start"]], ids=lambda each: each[0]
)
def test_a_command_asks_the_installation_that_stack_names(
    arguments: list[str], stack: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    made = SimpleNamespace(
        client=lambda _: None, outputs={"JobsTableName": "t", "StartDeadLettersUrl": "", "StartQueueUrl": ""}
    )
    monkeypatch.setattr(program, "find_installation", lambda name: asked.append(name) or made)
    monkeypatch.setattr(program, "show_timeline", lambda *_: 0)
    monkeypatch.setattr(program, "lines_about", lambda *_: ["a line"])
    monkeypatch.setattr(program, "how_to_query", lambda _, name: [f"of {name}"])
    monkeypatch.setattr(program, "find_account", lambda _: "an account")
    monkeypatch.setattr(program, "redrive", lambda *_: 0)
    monkeypatch.delenv("STACK", raising=False)
    if stack:
        monkeypatch.setenv("STACK", stack)
    assert program.main(arguments) == 0
    assert asked == ([] if arguments[0] == "logs" and stack else [stack])


@pytest.mark.parametrize("command", stage_commands.COMMANDS)
def test_a_stages_command_is_run_by_its_name(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "run", lambda name: 7 if name == command else 1)
    assert program.main([command]) == 7


@pytest.mark.parametrize(
    ("findings", "code"),
    [
        ([], 0),
        ([Finding("all is well")], 0),
        ([Finding("a hint", "do this", needed=False)], 0),
        ([Finding("wrong", "do this"), Finding("all is well")], 1),
        ([Finding("wrong", "do this"), Finding("wrong too", "do that")], 1),
    ],
)
def test_doctor_fails_where_something_needed_is_wrong(
    findings: list[Finding], code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(stage_commands, "examine", lambda *_: findings)
    stage: Any = None
    assert stage_commands.diagnose(stage, lambda _: None, SimpleNamespace(say=said.append)) == code
    assert said == [str(each) for each in findings]


def test_an_empty_queue_of_dead_letters_is_no_fault() -> None:
    assert redrive(SimpleNamespace(receive_message=lambda **_: {}), "dead", "queue") == 0


def test_a_file_that_is_in_no_build_stays_for_its_time_and_no_longer() -> None:
    stored = [("a", NOW - KEPT_FOR), ("b", NOW - KEPT_FOR - timedelta(seconds=1)), ("c", NOW - 2 * KEPT_FOR)]
    assert superseded(stored, {"c"}, NOW) == ["b"]


def test_an_empty_bucket_has_no_files_to_delete(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("x")
    pages = SimpleNamespace(paginate=lambda **_: [{}])
    s3 = SimpleNamespace(put_object=lambda **_: None, get_paginator=lambda _: pages, delete_object=pytest.fail)
    parameters = {"OidcIssuer": "", "OidcAudience": "", "PrivacyUrl": ""}
    assert upload_page(s3, "page", tmp_path, parameters, NOW) == 2


@pytest.mark.parametrize("expiration", [{}, {"Expiration": 'expiry-date="Mon, 01 Feb 2027 00:00:00 GMT", rule-id="x"'}])
def test_a_folder_whose_files_do_not_expire_in_time_is_a_gap(expiration: dict[str, str]) -> None:
    calls: list[tuple[str, dict[str, Any]]] = []

    def record(name: str, answer: dict[str, Any]) -> Any:
        return lambda **given: calls.append((name, given)) or answer

    client = SimpleNamespace(
        put_object=record("put", {}),
        head_object=record("head", {"LastModified": NOW, **expiration}),
        delete_object=record("delete", {}),
    )
    folders = list(r2.lifecycle_gaps(client, "bucket", "p/"))
    assert folders == list(r2.LIFECYCLE_DAYS)
    for folder in folders:
        of = {"Bucket": "bucket", "Key": f"p/{folder}/setup-check"}
        mine = [(name, {key: given[key] for key in of}) for name, given in calls if given.get("Key") == of["Key"]]
        assert mine == [("put", of), ("head", of), ("delete", of)]


@pytest.fixture
def dev() -> Stage:
    read = read_stage("dev")
    own = {name: "1a2b" for name, value in read.parameters.items() if value == UNFILLED}
    return dataclasses.replace(read, parameters={**read.parameters, **own})


def test_the_value_of_a_parameter_may_hold_equals_signs(tmp_path: Path) -> None:
    written = SAMCONFIG.read_text().replace(
        "parameter_overrides = [", 'parameter_overrides = ["RateLimits=create=1,upload=2",'
    )
    (tmp_path / "samconfig.toml").write_text(written)
    assert read_stage("dev", tmp_path / "samconfig.toml").parameters["RateLimits"] == "create=1,upload=2"


@pytest.mark.parametrize(
    ("own", "fault"),
    [
        ({"DomainName": "images.example.com"}, "DomainName and CertificateArn must be set together"),
        (
            {"OidcIssuer": "https://id.example.com", "OidcAudience": "x"},
            "OidcIssuer also needs OidcAudience and OidcJwksUrl",
        ),
        (
            {"OidcIssuer": "https://id.example.com", "OidcJwksUrl": "https://id.example.com/jwks.json"},
            "OidcIssuer also needs OidcAudience and OidcJwksUrl",
        ),
    ],
)
def test_parameters_that_belong_together_are_named(dev: Stage, own: dict[str, str], fault: str) -> None:
    assert fault in list(faults(dataclasses.replace(dev, parameters={**dev.parameters, **own})))


def test_a_parameter_that_is_not_there_is_missing_and_nothing_else(dev: Stage) -> None:
    rest = {name: value for name, value in dev.parameters.items() if name not in OVER_TLS}
    found = list(faults(dataclasses.replace(dev, parameters=rest)))
    assert {f"{name} is missing" for name in OVER_TLS} <= set(found)
