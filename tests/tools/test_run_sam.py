"""The build and `sam` as `make deploy` runs them: programs that note what they were given stand in for both."""

import dataclasses
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deployment import ROOT
from operate import deploy
from operate.deploy import SAM, run_build, run_sam, sam_command
from operate.installation import OperatorError
from operate.stage import SAMCONFIG, Stage, read_stage

SECRET = "a-very-secret-value"
NOTING = """#!{python}
import json, os, stat, sys
from urllib.parse import urlsplit
file = urlsplit(sys.argv[-1]).path
noted = {{
    "arguments": sys.argv[1:], "folder": os.getcwd(), "telemetry": os.environ.get("SAM_CLI_TELEMETRY"),
    "path": os.environ.get("PATH"), "file": json.load(open(file)), "mode": stat.S_IMODE(os.stat(file).st_mode),
    "parent": stat.S_IMODE(os.stat(os.path.dirname(file)).st_mode),
}}
json.dump(noted, open({noted!r}, "w"))
sys.exit({code})
"""


@pytest.fixture
def stage() -> Stage:
    return dataclasses.replace(read_stage("dev"), parameters={"Stage": "dev"})


@pytest.fixture
def sam(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Runs a `sam` that ends with a code; what it was given."""

    def run(code: int = 0) -> dict[str, Any]:
        program, noted, built = (tmp_path / name for name in ("sam", "noted.json", "template.yaml"))
        monkeypatch.chdir(tmp_path)
        program.write_text(NOTING.format(python=sys.executable, noted=str(noted), code=code))
        program.chmod(0o700)
        built.touch()
        monkeypatch.setattr(deploy, "SAM", program)
        try:
            run_sam(stage, {"OriginSecret": SECRET, "PrivacyUrl": ""}, built=built)
        finally:
            given: dict[str, Any] = json.loads(noted.read_text())
        return given

    return run


def test_sam_gets_the_parameters_in_a_file_that_only_its_owner_reads(sam: Callable[..., dict[str, Any]]) -> None:
    given = sam()
    assert given["file"] == {"OriginSecret": SECRET, "PrivacyUrl": ""}
    assert (given["mode"], given["parent"]) == (0o600, 0o700)
    assert SECRET not in " ".join(given["arguments"]), "every process list shows these"
    assert not Path(given["arguments"][-1].removeprefix("file://")).exists(), "it is deleted"


def test_sam_runs_at_the_root_without_telling_anybody(sam: Callable[..., dict[str, Any]]) -> None:
    given = sam()
    assert (given["folder"], given["telemetry"]) == (str(ROOT), "0")
    assert given["path"], "the rest of the environment is handed on: credentials are in it"


def test_sam_is_run_with_the_stage_its_settings_and_what_was_built(
    sam: Callable[..., dict[str, Any]], stage: Stage, tmp_path: Path
) -> None:
    given = sam()
    parameters = Path(given["arguments"][-1].removeprefix("file://"))
    assert parameters.name == "parameters.yaml", "by its ending, sam reads it as YAML"
    assert given["arguments"] == sam_command(stage, parameters, SAMCONFIG, tmp_path / "template.yaml")[1:]


def test_a_deployment_that_failed_is_told_with_its_code(sam: Callable[..., dict[str, Any]]) -> None:
    with pytest.raises(OperatorError, match=r"^sam deploy failed \(7\); the line above says why\.$"):
        sam(7)


def test_without_a_build_there_is_nothing_to_deploy(stage: Stage, tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match=r"^Nothing has been built: make build TARGET=aws$"):
        run_sam(stage, {}, built=tmp_path / "template.yaml")


def test_sams_own_parser_understands_the_command(stage: Stage, tmp_path: Path) -> None:
    """What each option means is for `sam` to say."""
    file, built = tmp_path / "parameters.yaml", tmp_path / "template.yaml"
    file.write_text("{}")
    built.write_text("Resources: {}")
    program, name, *options = sam_command(stage, file, SAMCONFIG, built)
    assert (program, name) == (str(SAM), "deploy")
    reading = (
        "import json, sys; from samcli.commands.deploy.command import cli;"
        "found = cli.make_context('deploy', sys.argv[1:], resilient_parsing=True).params;"
        "print(json.dumps({name: str(value) for name, value in found.items()}))"
    )
    done = subprocess.run(  # noqa: S603 - our own environment
        [SAM.with_name("python"), "-c", reading, *options],
        capture_output=True, check=True, text=True, timeout=60, cwd=ROOT,
    )  # fmt: skip
    found = json.loads(done.stdout)
    assert (found["config_file"], found["config_env"]) == (str(SAMCONFIG), "dev")
    assert found["template_file"] == str(built)
    assert (found["confirm_changeset"], found["fail_on_empty_changeset"]) == ("False", "False")


@pytest.mark.parametrize("code", [0, 2])
def test_the_build_is_makes_and_says_itself_what_failed(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    makefile = "from pathlib import Path; assert Path('Makefile').exists()"
    monkeypatch.setattr(deploy, "BUILD", (sys.executable, "-c", f"{makefile}; raise SystemExit({code})"))
    monkeypatch.chdir("/")
    if code:
        with pytest.raises(OperatorError, match=r"^The build failed \(2\); the lines above say why\.$"):
            run_build()
    else:
        run_build()
