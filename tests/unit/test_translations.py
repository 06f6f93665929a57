import ast
import re
import string
from pathlib import Path

import pytest

from enhancer.domain.messages import Message, known
from enhancer.http.translations import TEXTS, preferred, render

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


def test_every_sentence_has_a_code():
    said = set().union(*(sentences(file) for file in FILES if file.name != "translations.py"))
    assert said == set()


def test_every_code_has_a_text_in_each_language_and_is_used():
    assert set(TEXTS) == set(Message)
    assert all(text.en.strip() and text.de.strip() for text in TEXTS.values())
    used = re.findall(
        r"Message\.([A-Z_0-9]+)", "".join(file.read_text() for file in FILES if file.name != "translations.py")
    )
    assert {message.name for message in Message} == set(used)


def test_no_two_codes_have_the_same_text():
    assert len({text.en for text in TEXTS.values()}) == len({text.de for text in TEXTS.values()}) == len(TEXTS)


@pytest.mark.parametrize("message", TEXTS)
def test_both_languages_name_the_same_details(message):
    def names(text):
        return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}

    assert names(TEXTS[message].de) == names(TEXTS[message].en)


@pytest.mark.parametrize("code", [None, "", "of_another_release"])
def test_a_stored_code_that_is_not_known_has_a_text(code):
    assert known(code) is Message.INTERNAL_ERROR
    assert known("job_not_found") is Message.JOB_NOT_FOUND


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
    details = {"size": 12_000_000, "maxBytes": 10_485_760}
    assert "12,000,000 bytes; the limit is 10,485,760" in render(Message.FILE_TOO_LARGE, details)
    assert "12.000.000 Bytes" in render(Message.FILE_TOO_LARGE, details, "de")


def test_braces_in_a_callers_text_are_only_text():
    assert "{x}" in render(Message.MODEL_UNKNOWN, {"model": "{x}", "allowed": ["a"]})
