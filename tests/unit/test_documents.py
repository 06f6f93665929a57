"""What is written is true: the targets, files, routes and error types that the documents name exist."""

import re
import subprocess
import tomllib

import pytest
import yaml

from enhancer import __version__
from enhancer.errors import RequestError
from enhancer.http import routing
from tests.documents import FENCE, ROOT
from tests.unit.test_routing import leaves

FURTHER = ("samples/README.md", "local/README.md", "replicate_standin/README.md", "web/README.md")
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / each for each in FURTHER)]
IDS = [str(document.relative_to(ROOT)) for document in DOCUMENTS]


def targets():
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607
    return set(re.findall(r"^  make ([a-z-]+) ", listed.stdout, re.MULTILINE))


@pytest.mark.parametrize("document", DOCUMENTS, ids=IDS)
def test_links_lead_somewhere(document):
    for link in re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text()):
        assert (document.parent / link).exists(), link


@pytest.mark.parametrize("document", DOCUMENTS, ids=IDS)
def test_make_targets_exist(document):
    named = re.findall(r"(?:^|`|\()make(?: -s)? ([a-z-]+)", document.read_text(), re.MULTILINE)
    assert set(named) <= targets()


def blocks():
    """Document, language and text of every block of commands or code."""
    for document, name in zip(DOCUMENTS, IDS, strict=True):
        for language, text in FENCE.findall(document.read_text()):
            if language in ("sh", "python"):
                yield name, language, text


def test_every_command_is_typed_by_a_test_or_needs_an_account():
    folders = (ROOT / "tests", ROOT / "replicate_standin/tests")
    sources = "".join(path.read_text() for folder in folders for path in folder.rglob("test_*.py"))
    typed = re.findall(r'block\("([^"]+)", "(\w+)", "([^"]+)"\)', sources)
    left = [
        (name, text)
        for name, language, text in blocks()
        if not re.search(r"# needs (?:an )?accounts?$", text, re.MULTILINE)
        and not any((name, language) == (document, said) and holding in text for document, said, holding in typed)
    ]
    assert left == []


def test_the_door_has_its_targets():
    assert {"help", "setup", "demo", "start", "token", "test", "check", "format", "build"} <= targets()


def test_ci_calls_the_readmes_test_command():
    assert "make test" in (ROOT / "README.md").read_text()
    assert "\nmake test\n" in (ROOT / ".ci/run").read_text()


def test_the_version_is_the_same_everywhere_and_not_yet_released():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    api = yaml.safe_load((ROOT / "docs/openapi.yaml").read_text())
    health = api["paths"]["/api/health"]["get"]["responses"]["200"]["content"]["application/json"]["example"]
    assert {project["version"], api["info"]["version"], health["data"]["version"]} == {__version__}
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    released = [re.fullmatch(r"\[(\d+\.\d+\.\d+)\] - \d{4}-\d\d-\d\d", heading) for heading in headings[1:]]
    assert headings[0] == "[Unreleased]"
    assert all(released)
    assert __version__ not in {each[1] for each in released}


def test_every_route_is_documented():
    text = (ROOT / "docs/api.md").read_text()
    for path, methods in routing.METHODS.items():
        said = [method for method in methods if method != "HEAD"]  # which is said once for all
        shown = f"`{', '.join(said)} {path.replace('+}', '}')}`"
        assert shown in text, shown


def test_every_error_type_is_documented_with_its_status():
    text = (ROOT / "docs/api.md").read_text()
    for leaf in leaves(RequestError):
        assert f"| `{leaf.type}` | {leaf.status} |" in text, leaf.type


def test_every_folder_of_the_package_is_on_the_map():
    text = (ROOT / "docs/architecture.md").read_text()
    for name in ("domain", "usecases", "adapters"):
        assert f"layers/core/enhancer/{name}/" in text


def test_decisions_are_all_listed():
    folder = ROOT / "docs/decisions"
    listed = set(re.findall(r"\]\((\d{4}[^)]+)\)", (folder / "README.md").read_text()))
    assert listed == {file.name for file in folder.glob("0*.md")}
