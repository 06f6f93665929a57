"""The arrows between the Python packages of this repository, read from their imports and from docs/architecture.md.

The parts inside `enhancer` have rules of their own: test_architecture.py.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = {
    "functions": ROOT / "functions",
    "enhancer": ROOT / "layers/core/enhancer",
    "deployment": ROOT / "deployment",
    "operate": ROOT / "operate",
    "local": ROOT / "local",
    "replicate_standin": ROOT / "replicate_standin",
}


def modules(package: str) -> dict[str, Path]:
    """Dotted name → file of each module of a package, its tests left out."""
    folder = FOLDERS[package]
    files = [file for file in folder.rglob("*.py") if "tests" not in file.relative_to(folder).parts]
    names = (".".join([package, *file.relative_to(folder).with_suffix("").parts]) for file in files)
    return {name.removesuffix(".__init__"): file for name, file in zip(names, files, strict=True)}


MODULES = {name for package in FOLDERS for name in modules(package)}


def imports(name: str, file: Path) -> Iterator[str]:
    """Dotted names that a module imports, here or in a function; those for type checkers alone are left out."""
    tree = ast.parse(file.read_text())
    guarded = [node for node in ast.walk(tree) if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)]
    hidden = {id(inner) for node in guarded for inner in ast.walk(node)}
    parents = name.split(".") if file.name == "__init__.py" else name.split(".")[:-1]
    for node in ast.walk(tree):
        if id(node) in hidden:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = parents[: len(parents) - node.level + 1] if node.level else []
            base = ".".join([*above, *filter(None, [node.module])])
            members = [f"{base}.{alias.name}" for alias in node.names]
            yield from members
            if not MODULES.issuperset(members):
                yield base


@cache
def arrows() -> set[tuple[str, str]]:
    """Which package imports which other."""
    return {
        (package, imported.partition(".")[0])
        for package in FOLDERS
        for name, file in modules(package).items()
        for imported in imports(name, file)
        if imported.partition(".")[0] in {*FOLDERS, "tests"} - {package}
    }


def test_the_diagram_draws_every_package_and_every_arrow() -> None:
    section = (ROOT / "docs/architecture.md").read_text().partition("## Packages\n")[2].partition("\n## ")[0]
    [diagram] = re.findall(r"```mermaid\n(.*?)```", section, re.DOTALL)
    assert set(re.findall(r"^ +(\w+) --> (\w+)$", diagram, re.MULTILINE)) == arrows()
    assert set(re.findall(r"^ +(\w+)\[", diagram, re.MULTILINE)) == set(FOLDERS)


def test_the_operators_commands_do_without_the_local_stack() -> None:
    assert not {("operate", "local"), ("operate", "replicate_standin")} & arrows()


def test_the_stand_in_and_the_facts_of_a_deployment_import_no_other_package() -> None:
    assert not [arrow for arrow in arrows() if arrow[0] in ("replicate_standin", "deployment")]


@pytest.mark.parametrize("package", FOLDERS)
def test_no_package_imports_in_a_circle(package: str) -> None:
    known = modules(package)
    graph = {name: {each for each in imports(name, file) if each in known} - {name} for name, file in known.items()}
    assert len(list(TopologicalSorter(graph).static_order())) == len(known)
