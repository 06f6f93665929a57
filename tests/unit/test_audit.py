"""What `make audit` makes of the answers of pip-audit and npm audit, as they printed them (2.10.1 and 11.19.1)."""

import json
import re
import subprocess
from datetime import date
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
    of_npm,
    of_python,
    read_waivers,
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
                    "vulns": [{"id": "PYSEC-2026-1", "aliases": ["CVE-2026-1"], "fix_versions": ["9.1"]}],
                },
            ]
        }
    ),
    "Found 1 known vulnerability in 1 package",
    1,
)
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
NPM_VULNERABLE = Printed(
    json.dumps({"vulnerabilities": {"vite": {"via": [ADVISORY]}, "vitest": {"via": ["vite", ADVISORY]}}}), "", 1
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

    def __call__(self, command, folder):
        if command[0] == "npm":
            self.asked.append(folder.name)
            return self.npm
        lock = command[-1].removeprefix("requirements/").removesuffix(".txt")
        self.asked.append(lock)
        return self.locks.get(lock, self.pip)


@pytest.fixture
def run():
    """Audits; the exit code and what was said."""

    def audited(tools, *waivers, go_on=False):
        lines = []
        code = audit(waivers, TODAY, tools, lines.append, go_on=go_on)
        return code, lines

    return audited


def test_nothing_found_is_said_of_every_lock(run):
    tools = Tools()
    assert run(tools) == (0, ["audited 6 Python and 3 npm locks: 0 findings"])
    assert sorted(tools.asked) == sorted([*PYTHON_LOCKS, "page", "web", "javascript"])


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


@pytest.mark.parametrize("go_on", [False, True])
def test_a_finding_is_red_also_where_no_answer_is_not(run, go_on):
    code, lines = run(Tools(product=VULNERABLE, npm=NPM_VULNERABLE), go_on=go_on)
    assert code == 1
    assert lines[:2] == [
        "FOUND PYSEC-2026-1 in pillow 9.0 (requirements/product.txt): mended in 9.1",
        "FOUND GHSA-aaaa-bbbb-cccc in vite <8.3.9 (docs/page/package-lock.json): high: Vite serves what it should not",
    ]


@pytest.mark.parametrize("name", ["PYSEC-2026-1", "CVE-2026-1"])
def test_an_exception_counts_by_any_name_until_its_day_is_over(run, name):
    tools = Tools(product=VULNERABLE)
    code, lines = run(tools, Waiver(name, "we read no such file", TODAY))
    assert code == 0
    assert lines[0].startswith("excepted until 2026-11-23: PYSEC-2026-1 in pillow 9.0")
    code, lines = run(tools, Waiver(name, "we read no such file", date(2026, 11, 22)))
    assert code == 1
    assert lines[0].startswith(f"EXPIRED on 2026-11-22: {name}")


def test_an_exception_is_for_one_finding_only(run):
    assert run(Tools(product=VULNERABLE), Waiver("PYSEC-2026-2", "other", TODAY))[0] == 1


def test_an_expired_exception_is_red_even_if_nobody_answers(run):
    assert run(Tools(UNKNOWN, NPM_REFUSED), Waiver("X", "why", date(2026, 1, 1)), go_on=True)[0] == 1


def test_an_exception_for_nothing_is_named_and_harmless(run):
    code, lines = run(Tools(), Waiver("X", "why", TODAY))
    assert (code, lines[0]) == (0, f"no longer found, take it out of {EXCEPTIONS.name}: X")
    assert run(Tools(UNKNOWN), Waiver("X", "why", TODAY), go_on=True)[1][0].startswith("NOT AUDITED")


@pytest.mark.parametrize("pip", [UNKNOWN, NO_NETWORK, HUNG])
@pytest.mark.parametrize("npm", [NPM_REFUSED, NPM_NO_NETWORK, HUNG])
def test_no_answer_is_one_plain_line_and_red_only_when_asked_for(run, pip, npm):
    tools = Tools(pip, npm)
    code, lines = run(tools)
    assert code == 1
    asked = "pip-audit from requirements/uv.txt on; npm audit from docs/page/package-lock.json on"
    assert lines == [f"NOT AUDITED: the advisory services gave no answer to {asked}."]
    assert tools.asked == ["uv", "page"]  # the others are not waited for
    assert run(tools, go_on=True) == (0, lines)


def test_one_service_answers_and_the_other_does_not(run):
    code, lines = run(Tools(npm=NPM_REFUSED, product=VULNERABLE), go_on=True)
    assert code == 1
    assert [line[:5] for line in lines] == ["FOUND", "NOT A"]


def test_a_package_that_the_service_does_not_know_hides_no_finding(run):
    half = json.loads(VULNERABLE.out)
    half["dependencies"].append(SKIPPED)
    code, lines = run(Tools(product=Printed(json.dumps(half), "", 1)), go_on=True)
    assert code == 1
    assert lines[0].startswith("FOUND PYSEC-2026-1 in pillow 9.0")
    assert lines[1].endswith("no answer to pip-audit for uv of requirements/product.txt.")


def test_what_is_no_answer_of_a_service_is_never_taken_for_one():
    with pytest.raises(OperatorError, match=r"could not read requirements/product\.txt .* duplicate requirements"):
        of_python("product", lambda *_: BAD_LOCK)
    for printed in (NPM_BAD_TREE, NPM_NO_LOCK, Printed("", "Segmentation fault", 139)):
        with pytest.raises(OperatorError, match=r"npm audit could not read web/package-lock\.json"):
            of_npm("web", lambda *_, printed=printed: printed)


def test_an_advisory_is_listed_once_however_many_packages_it_comes_by():
    assert [each.ids for each in of_npm("web", lambda *_: NPM_VULNERABLE)] == [("GHSA-aaaa-bbbb-cccc",)]


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
