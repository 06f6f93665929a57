"""What `make audit` makes of the answers of pip-audit and npm audit, as they printed them (2.10.1 and 11.19.1)."""

import json
import re
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from operate.audit import (
    EXCEPTIONS,
    NPM_FOLDERS,
    PYTHON_LOCKS,
    ROOT,
    Printed,
    Waiver,
    audit,
    main,
    of_npm,
    of_python,
    read_waivers,
    run_tool,
)
from operate.installation import OperatorError

TODAY = date(2026, 11, 23)
CLEAN = Printed(json.dumps({"dependencies": [{"name": "uv", "version": "1", "vulns": []}], "fixes": []}), "", 0)
VULNERABLE = Printed(
    json.dumps(
        {
            "dependencies": [
                {"name": "uv", "version": "1", "vulns": []},
                {
                    "name": "pillow",
                    "version": "9.0",
                    "vulns": [
                        {"id": "PYSEC-2026-1", "aliases": ["CVE-2026-1"], "fix_versions": ["9.1", "8.9.1"]},
                        {"id": "PYSEC-2026-7", "aliases": [], "fix_versions": []},
                    ],
                },
            ]
        }
    ),
    "Found 2 known vulnerabilities in 1 package",
    1,
)
FOUND = [
    "FOUND PYSEC-2026-1 in pillow 9.0 (requirements/product.txt): fixed in 9.1, 8.9.1",
    "FOUND PYSEC-2026-7 in pillow 9.0 (requirements/product.txt): fixed in no release yet",
]
SKIPPED = {"name": "uv", "skip_reason": "Dependency not found on PyPI and could not be audited: uv (0.13.9)"}
UNKNOWN = Printed(json.dumps({"dependencies": [SKIPPED], "fixes": []}), "No known vulnerabilities found", 0)
NO_NETWORK = Printed("", "Traceback ...\nrequests.exceptions.ProxyError: HTTPSConnectionPool(host='index.test')", 1)
BAD_LOCK = Printed("", "ERROR:pip_audit._cli:package botocore has duplicate requirements", 1)
HUNG = Printed("", "", None)

NPM_CLEAN = Printed(json.dumps({"auditReportVersion": 2, "vulnerabilities": {}, "metadata": {}}), "", 0)
ADVISORY = {
    "source": 1,
    "name": "vite",
    "title": "Vite serves what it should not",
    "url": "https://github.com/advisories/GHSA-aaaa-bbbb-cccc",
    "severity": "high",
    "range": "<8.3.9",
}
ANOTHER = {**ADVISORY, "url": "https://github.com/advisories/GHSA-dddd-eeee-ffff", "range": "<9", "severity": "low"}
NPM_VULNERABLE = Printed(
    json.dumps({"vulnerabilities": {"vite": {"via": [ADVISORY, ANOTHER]}, "vitest": {"via": ["vite", ADVISORY]}}}),
    "",
    1,
)
NPM_REFUSED = Printed(
    json.dumps({"message": "405 Method Not Allowed - POST ...", "statusCode": 405, "error": {"summary": ""}}), "", 1
)
NPM_NO_NETWORK = Printed(json.dumps({"message": "request to ... failed, reason: connect ECONNREFUSED"}), "", 1)
NPM_BAD_TREE = Printed(json.dumps({"message": "400 Bad Request", "statusCode": 400}), "npm error 400", 1)
NPM_NO_LOCK = Printed(json.dumps({"error": {"code": "ENOLOCK", "summary": "requires a lockfile"}}), "npm error", 1)


class Tools:
    """Answers as told, by tool or by lock, and says nothing of the rest."""

    def __init__(self, pip=CLEAN, npm=NPM_CLEAN, **locks):
        self.pip, self.npm, self.locks = pip, npm, locks
        self.asked = []
        self.commands = []

    def __call__(self, command, folder):
        self.commands.append((folder, *command))
        if command[0] == "npm":
            self.asked.append(folder.name)
            return self.npm
        lock = command[-1].removeprefix("requirements/").removesuffix(".txt")
        self.asked.append(lock)
        return self.locks.get(lock, self.pip)


@pytest.fixture
def run():
    """Audits; the exit code and what was said."""

    def audited(tools, *waivers, allow_offline=False):
        lines = []
        code = audit(waivers, TODAY, tools, lines.append, allow_offline=allow_offline)
        return code, lines

    return audited


def test_nothing_found_is_said_of_every_lock(run):
    tools = Tools()
    assert run(tools) == (0, ["audited 5 Python and 3 npm locks: 0 findings"])
    assert sorted(tools.asked) == sorted([*PYTHON_LOCKS, "page", "web", "javascript"])


def test_each_lock_is_asked_for_as_it_is_and_nothing_is_installed(run):
    tools = Tools()
    run(tools)
    pip_audit = str(ROOT / ".venv-tooling" / "bin" / "pip-audit")
    plain = ("--format", "json", "--progress-spinner", "off", "--desc", "off")
    assert tools.commands == [
        *(
            (ROOT, pip_audit, "--require-hashes", "--disable-pip", *plain, "--requirement", f"requirements/{lock}.txt")
            for lock in PYTHON_LOCKS
        ),
        *(
            (
                ROOT / folder,
                "npm",
                "audit",
                "--json",
                "--package-lock-only",
                "--fetch-retries=0",
                "--fetch-timeout=20000",
            )
            for folder in NPM_FOLDERS
        ),
    ]


def test_every_lock_of_the_repository_is_asked_for():
    assert set(PYTHON_LOCKS) == {file.stem for file in (ROOT / "requirements").glob("*.txt")}
    tracked = subprocess.run(
        ["git", "ls-files", "*package-lock.json"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(NPM_FOLDERS) == {str(Path(line).parent) for line in tracked.stdout.splitlines()}


def test_what_is_deployed_is_among_what_is_asked_for():
    def pins(lock):
        return set(re.findall(r"^[a-z0-9-]+==\S+", (ROOT / lock).read_text(), re.MULTILINE))

    for layer in ("core", "imaging"):
        deployed = pins(f"layers/{layer}/requirements.txt")
        assert deployed
        assert deployed <= pins("requirements/product.txt")


@pytest.mark.parametrize("allow_offline", [False, True])
def test_a_finding_is_red_also_where_no_answer_is_not(run, allow_offline):
    code, lines = run(Tools(product=VULNERABLE, npm=NPM_VULNERABLE), allow_offline=allow_offline)
    assert code == 1
    assert lines == [
        *FOUND,
        *(
            f"FOUND {what} in vite {of} ({folder}/package-lock.json): {severity}: Vite serves what it should not"
            for folder in NPM_FOLDERS
            for what, of, severity in (("GHSA-aaaa-bbbb-cccc", "<8.3.9", "high"), ("GHSA-dddd-eeee-ffff", "<9", "low"))
        ),
        "audited 5 Python and 3 npm locks: 8 findings",
    ]


@pytest.mark.parametrize("name", ["PYSEC-2026-1", "CVE-2026-1"])
def test_an_exception_counts_by_any_name_until_its_day_is_over(run, name):
    tools = Tools(product=VULNERABLE)
    other = Waiver("PYSEC-2026-7", "nor such", TODAY)
    excepted = [line.replace("FOUND", "excepted until 2026-11-23:") for line in FOUND]
    last = "audited 5 Python and 3 npm locks: {} findings"
    said = [f"{excepted[0]} (we read no such file)", f"{excepted[1]} (nor such)", last.format(0)]
    assert run(tools, Waiver(name, "we read no such file", TODAY), other) == (0, said)
    over = f"EXPIRED on 2026-11-22: {name} (we read no such file); update the package or renew the exception"
    said = [f"{excepted[1]} (nor such)", over, last.format(1)]
    assert run(tools, Waiver(name, "we read no such file", date(2026, 11, 22)), other) == (1, said)


def test_an_exception_is_for_one_finding_only(run):
    code, lines = run(Tools(product=VULNERABLE), Waiver("PYSEC-2026-7", "other", TODAY))
    assert (code, lines[1]) == (1, FOUND[0])


def test_an_expired_exception_is_red_even_if_no_service_answers(run):
    assert run(Tools(UNKNOWN, NPM_REFUSED), Waiver("X", "why", date(2026, 1, 1)), allow_offline=True)[0] == 1


def test_an_exception_for_nothing_is_named_and_harmless(run):
    code, lines = run(Tools(), Waiver("X", "why", TODAY))
    assert (code, lines[0]) == (0, f"no longer found, remove it from {EXCEPTIONS.name}: X")
    assert run(Tools(UNKNOWN), Waiver("X", "why", TODAY), allow_offline=True)[1][0].startswith("NOT AUDITED")


@pytest.mark.parametrize("pip", [UNKNOWN, NO_NETWORK, HUNG])
@pytest.mark.parametrize("npm", [NPM_REFUSED, NPM_NO_NETWORK, HUNG])
def test_no_answer_is_one_plain_line_and_red_only_when_asked_for(run, pip, npm):
    tools = Tools(pip, npm)
    code, lines = run(tools)
    assert code == 1
    asked = "pip-audit from requirements/uv.txt on; npm audit from docs/page/package-lock.json on"
    assert lines == [f"NOT AUDITED: the advisory services did not answer for {asked}."]
    assert tools.asked == ["uv", "page"]  # the others are not waited for
    assert run(tools, allow_offline=True) == (0, lines)


def test_one_service_answers_and_the_other_does_not(run):
    code, lines = run(Tools(npm=NPM_REFUSED, product=VULNERABLE), allow_offline=True)
    silent = "npm audit from docs/page/package-lock.json on"
    assert (code, lines) == (1, [*FOUND, f"NOT AUDITED: the advisory services did not answer for {silent}."])


def test_a_package_that_the_service_does_not_know_hides_no_finding(run):
    half = json.loads(VULNERABLE.out)
    half["dependencies"] += [SKIPPED, {**SKIPPED, "name": "ruff"}]
    code, lines = run(Tools(product=Printed(json.dumps(half), "", 1)), allow_offline=True)
    silent = "pip-audit for uv, ruff of requirements/product.txt"
    assert (code, lines) == (1, [*FOUND, f"NOT AUDITED: the advisory services did not answer for {silent}."])


LONG = "x" * 300


@pytest.mark.parametrize(
    ("printed", "code", "says"),
    [
        (BAD_LOCK, 1, "ERROR:pip_audit._cli:package botocore has duplicate requirements"),
        (NPM_BAD_TREE, 1, "npm error 400"),
        (NPM_NO_LOCK, 1, "npm error"),
        (Printed("", "Segmentation fault", 139), 139, "Segmentation fault"),
        (Printed("[]", "", 0), 0, "[]"),
        (Printed("", "", 1), 1, ""),
        (Printed("", f"first\n{LONG}y\n", 1), 1, LONG),
    ],
)
def test_what_is_no_answer_of_a_service_is_never_taken_for_one(printed, code, says):
    for name, ask, of, lock in (
        ("pip-audit", of_python, "product", "requirements/product.txt"),
        ("npm audit", of_npm, "web", "web/package-lock.json"),
    ):
        with pytest.raises(OperatorError) as refusal:
            ask(of, lambda *_: printed)
        assert str(refusal.value) == f"{name} could not read {lock} (exit code {code}): {says}"


def test_exceptions_are_read_whole():
    text = '[[exception]]\nid = "X"\nreason = "why"\nuntil = 2027-01-31\n'
    assert read_waivers(text) == [Waiver("X", "why", date(2027, 1, 31))]
    for line in text.splitlines()[1:]:
        with pytest.raises(OperatorError, match="each exception has id, reason and until"):
            read_waivers(text.replace(line, ""))
    for wrong in ('until = "2027-01-31"', "until = 2027-01-31T00:00:00Z"):
        with pytest.raises(OperatorError, match="needs a reason and an until-date"):
            read_waivers(text.replace("until = 2027-01-31", wrong))
    with pytest.raises(OperatorError, match="needs a reason"):
        read_waivers(text.replace("why", " "))
    with pytest.raises(OperatorError):
        read_waivers("[[exception")


def test_the_recorded_exceptions_can_be_read():
    read_waivers(EXCEPTIONS.read_text())


# ---- The command ---------------------------------------------------------------------------------------------------


def test_a_tool_runs_in_its_folder_and_what_it_printed_is_taken_whatever_its_code(tmp_path):
    program = "import os, sys; print(os.getcwd()); print('said', file=sys.stderr); sys.exit(3)"
    assert run_tool([sys.executable, "-c", program], tmp_path) == Printed(f"{tmp_path}\n", "said\n", 3)


def test_a_tool_that_does_not_end_gives_no_answer(tmp_path, monkeypatch):
    monkeypatch.setattr("operate.audit.SECONDS", 0.1)
    assert run_tool([sys.executable, "-c", "import time; time.sleep(5)"], tmp_path) == HUNG


def test_a_tool_that_is_not_there_is_named_with_what_brings_it(tmp_path):
    with pytest.raises(OperatorError) as refusal:
        run_tool([str(tmp_path / "pip-audit"), "--format"], tmp_path)
    assert str(refusal.value) == "pip-audit is not installed; make setup and make check install it."


@pytest.fixture
def command(tmp_path, monkeypatch):
    """Runs the command on a day, with services that answer as told and these exceptions."""

    class Calendar:
        """The clock, which is asked for one day alone: everywhere exceptions end at the same moment."""

        @staticmethod
        def now(zone):
            return {UTC: datetime(2026, 11, 23, 12, tzinfo=UTC)}[zone]

    def audited(tools, exceptions="", **environment):
        file = tmp_path / EXCEPTIONS.name
        file.write_text(exceptions)
        for name, other in (("EXCEPTIONS", file), ("run_tool", tools), ("datetime", Calendar)):
            monkeypatch.setattr(f"operate.audit.{name}", other)
        return main(environment)

    return audited


def test_the_command_counts_exceptions_by_todays_date(command, capsys):
    until = '[[exception]]\nid = "{}"\nreason = "why"\nuntil = 2026-11-{}\n'
    recorded = until.format("PYSEC-2026-1", 23) + until.format("PYSEC-2026-7", 22)
    assert command(Tools(product=VULNERABLE), recorded) == 1
    told = capsys.readouterr()
    assert (told.out.splitlines(), told.err) == (
        [
            f"{FOUND[0].replace('FOUND', 'excepted until 2026-11-23:')} (why)",
            "EXPIRED on 2026-11-22: PYSEC-2026-7 (why); update the package or renew the exception",
            "audited 5 Python and 3 npm locks: 1 findings",
        ],
        "",
    )


@pytest.mark.parametrize(("environment", "code"), [({}, 1), ({"ALLOW_OFFLINE": "1"}, 0), ({"ALLOW_OFFLINE": "0"}, 1)])
def test_only_the_checks_allow_offline_without_an_answer(command, environment, code):
    assert command(Tools(UNKNOWN, NPM_REFUSED), **environment) == code


def test_exceptions_that_can_not_be_read_end_the_command_with_a_sentence(command, capsys):
    assert command(Tools(), '[[exception]]\nid = "X"\nreason = " "\nuntil = 2026-11-23\n') == 1
    said = f"{EXCEPTIONS.name}: X needs a reason and an until-date such as 2027-01-31.\n"
    assert capsys.readouterr() == ("", said)
