"""The arrows between the parts of `enhancer`, read from the imports and from docs/architecture.md."""

import ast
import re
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "layers/core/enhancer"

# Third-party packages that a part may use; the standard library is free for all.
LIBRARIES = {
    "observability": {"aws_lambda_powertools"},
    "sqs_handler": {"aws_lambda_powertools"},
    "http": {"aws_lambda_powertools", "pydantic", "python_multipart"},
    "aws_clients": {"botocore"},
    "bootstrap": {"certifi"},
    "adapters": {"aws_lambda_powertools", "botocore", "jwt", "PIL", "requests", "standardwebhooks"},
}
SHARED = list(PACKAGE.rglob("*.py"))
HANDLERS = list((ROOT / "functions").rglob("*.py"))
USECASE_FILES = [file for file in (PACKAGE / "usecases").glob("[a-z]*.py") if file.stem != "steps"]
FILES = [*SHARED, *HANDLERS]
DOCUMENTED = [
    file
    for folder in ("layers", "functions", "deployment", "local", "operate", "replicate_standin")
    for file in (ROOT / folder).rglob("*.py")
    if "tests" not in file.relative_to(ROOT).parts
]


def part_of(file):
    if PACKAGE not in file.parents:
        return "functions"
    relative = file.relative_to(PACKAGE)
    return relative.parts[0].removesuffix(".py") if relative.parts[0] != "__init__.py" else ""


def imports(file):
    """Every imported module, those for type checkers alone left out."""
    tree = ast.parse(file.read_text())
    hidden = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in hidden:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            if node.module == "enhancer":
                yield from (f"enhancer.{alias.name}" for alias in node.names)
            else:
                yield node.module


@cache
def arrows():
    """Which part imports which other; the package's own root (its version) is left out."""
    found = set()
    for file in FILES:
        for module in imports(file):
            top, _, rest = module.partition(".")
            part = rest.partition(".")[0]
            if top == "enhancer" and part not in {"", "__version__", "USER_AGENT", part_of(file)}:
                found.add((part_of(file), part))
    return found


def drawn():
    section = (ROOT / "docs/architecture.md").read_text().partition("## Parts of `enhancer`\n")[2].partition("\n## ")[0]
    [diagram] = re.findall(r"```mermaid\n(.*?)```", section, re.DOTALL)
    arrows = set(re.findall(r"^ +(\w+) --> (\w+)$", diagram, re.MULTILINE))
    return set(re.findall(r"^ +(\w+)\[", diagram, re.MULTILINE)), arrows


def test_the_document_draws_every_part_and_every_arrow():
    assert drawn() == ({part_of(file) for file in FILES} - {""}, arrows())


def test_no_part_imports_in_a_circle_and_the_rules_import_none():
    graph = {part: {imported for importing, imported in arrows() if importing == part} for part in drawn()[0]}
    assert set(TopologicalSorter(graph).static_order()) == set(graph)
    assert graph["domain"] == set()


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_each_part_uses_its_own_libraries_alone(file):
    for module in imports(file):
        top = module.partition(".")[0]
        if top != "enhancer" and top not in sys.stdlib_module_names:
            assert top in LIBRARIES.get(part_of(file), set()), f"{part_of(file)} must not import {module}"


@pytest.mark.parametrize("file", HANDLERS, ids=lambda file: file.parent.name)
def test_a_handler_translates_and_nothing_else(file):
    tree = ast.parse(file.read_text())
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Try)], "no try in a handler"
    assert "os.environ" not in file.read_text()
    assert ast.get_docstring(tree), "its trigger and its one job"
    assert "Trigger:" in ast.get_docstring(tree)


@pytest.mark.parametrize("file", HANDLERS, ids=lambda file: file.parent.name)
def test_a_handler_branches_on_names_and_never_on_texts(file):
    """The type checker finds a misspelt member of an enum; a misspelt text it takes for one that never comes."""
    compared: list[ast.AST] = []
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Compare):
            keys_looked_up = isinstance(node.ops[0], ast.In | ast.NotIn)
            compared += [*([] if keys_looked_up else [node.left]), *node.comparators]
        elif isinstance(node, ast.MatchValue):
            compared.append(node)
    texts = [each.value for node in compared for each in ast.walk(node) if isinstance(each, ast.Constant)]
    assert [text for text in texts if isinstance(text, str) and text != "/"] == []


@pytest.mark.parametrize("file", SHARED, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_the_environment_is_read_in_one_place(file):
    assert file.name == "settings.py" or "environ" not in file.read_text()


@pytest.mark.parametrize("file", USECASE_FILES, ids=lambda file: file.stem)
def test_a_use_case_is_a_class_that_is_named_after_its_verb_and_called(file):
    """`start_job.py` has `StartJob`: its fields are its dependencies, `__call__` is the verb; no public functions."""
    body = ast.parse(file.read_text()).body
    verb = "".join(word.title() for word in file.stem.split("_"))
    classes = {node.name: node for node in body if isinstance(node, ast.ClassDef)}
    assert "__call__" in {each.name for each in classes[verb].body if isinstance(each, ast.FunctionDef)}
    callable_ones = [
        name for name, node in classes.items() if any(getattr(each, "name", "") == "__call__" for each in node.body)
    ]
    assert callable_ones == [verb]


@pytest.mark.parametrize("file", DOCUMENTED, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_public_docstring_begins_with_a_verb_or_a_noun(file):
    """A clause such as "What became of it" hides what the function does or returns."""
    kinds = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, kinds) and not getattr(node, "name", "").startswith("_"):
            words = (ast.get_docstring(node) or "").split()
            assert words[:1] not in [[word] for word in ("How", "What", "Whatever", "Where", "Who", "Whoever")], words
