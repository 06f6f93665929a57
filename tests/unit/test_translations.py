import ast
import re
from pathlib import Path

import pytest

from enhancer.translations import GERMAN, preferred, render

ROOT = Path(__file__).parents[2]
FILES = [*(ROOT / "layers/core/enhancer").rglob("*.py"), *(ROOT / "functions").rglob("*.py")]
SENTENCE = re.compile(r"[A-Z{][^\n]* [^\n]* [^\n]*[.]")


def sentences(file):
    """Every sentence in the code that is not documentation."""
    tree = ast.parse(file.read_text())
    documented = [
        node.body[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None
    ]
    strings = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return {node.value for node in strings if node not in documented and SENTENCE.fullmatch(node.value)}


def test_every_sentence_is_said_in_german_too_and_nothing_else_is():
    said = set().union(*(sentences(file) for file in FILES if file.name != "translations.py"))
    assert said - set(GERMAN) == set()
    assert set(GERMAN) - said == set()


@pytest.mark.parametrize(("english", "german"), GERMAN.items())
def test_both_languages_name_the_same_details(english, german):
    def names(text):
        return set(re.findall(r"{(\w+)}", text))

    assert names(german) == names(english)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("en-GB,en;q=0.9,de;q=0.8", "en"),
        ("en;q=0.1, de;q=0.2", "de"),
        ("fr, es", "en"),
        ("*", "en"),
        ("de;q=0", "en"),
        ("de;q=nonsense", "en"),
        (";;;,,,=", "en"),
    ],
)
def test_the_better_liked_language_is_spoken(header, language):
    assert preferred(header) == language


def test_numbers_are_written_as_the_language_writes_them():
    template = "The file has {size} bytes; at most {maxBytes} are accepted. Make it smaller and try again."
    details = {"size": 12_000_000, "maxBytes": 10_485_760}
    assert "12,000,000 bytes; at most 10,485,760" in render(template, details)
    assert "12.000.000 Bytes" in render(template, details, "de")


def test_braces_in_what_somebody_sent_are_only_text():
    assert "{x}" in render("There is no model {model}; choose {allowed}.", {"model": "{x}", "allowed": ["a"]})
