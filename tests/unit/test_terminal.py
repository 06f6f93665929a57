"""The person's terminal: what is printed, what is taken, and what is said where there is none."""

import getpass
import warnings

import pytest

from operate.terminal import Console, NoTerminal


def test_a_line_is_printed_at_once(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[bool] = []
    monkeypatch.setattr("sys.stdout.flush", lambda: flushed.append(True))
    Console().say("deploying")
    assert flushed, "a build that follows prints by itself"
    assert capsys.readouterr().out == "deploying\n"


def test_a_question_is_followed_by_a_blank_and_the_answer_is_stripped(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def answer(question: str) -> str:
        asked.append(question)
        return "  yes \t"

    monkeypatch.setattr("builtins.input", answer)
    monkeypatch.setattr("getpass.getpass", answer)
    assert (Console().ask("Go on?"), Console().ask_hidden("Token:")) == ("yes", "yes")
    assert asked == ["Go on? ", "Token: "]


def test_without_a_terminal_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def ended(_: str) -> str:
        raise EOFError

    monkeypatch.setattr("builtins.input", ended)
    monkeypatch.setattr("getpass.getpass", ended)
    with pytest.raises(NoTerminal, match=r"^There is no terminal to ask in; run this command in one\.$"):
        Console().ask("Go on?")
    with pytest.raises(
        NoTerminal, match=r"^Secrets are only read in a terminal that can hide them; run this command in one"
    ):
        Console().ask_hidden("Token:")


def test_an_answer_that_would_appear_is_not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def echoing(_: str) -> str:
        warnings.warn("Can not control echo on the terminal.", getpass.GetPassWarning, stacklevel=1)
        return "a secret that everybody saw"

    monkeypatch.setattr("getpass.getpass", echoing)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(NoTerminal, match="Secrets are only read"):
            Console().ask_hidden("Token:")


def test_a_warning_about_something_else_does_not_prevent_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def deprecated(_: str) -> str:
        warnings.warn("A module is old.", DeprecationWarning, stacklevel=1)
        return "a secret"

    monkeypatch.setattr("getpass.getpass", deprecated)
    with pytest.warns(DeprecationWarning, match="A module is old"):
        assert Console().ask_hidden("Token:") == "a secret"
