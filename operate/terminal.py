"""The operator's terminal: prints lines, asks questions, and reads secrets without an echo."""

import getpass
import warnings
from typing import Protocol

from operate.installation import OperatorError


class NoTerminal(OperatorError):
    """An error for a missing terminal: asking again can't help."""


class Terminal(Protocol):
    """The questions and messages of a command."""

    def say(self, line: str) -> None:
        """Print one line; never a secret."""

    def ask(self, question: str) -> str:
        """Ask for a line. Raises NoTerminal."""

    def ask_hidden(self, question: str) -> str:
        """Ask for a secret without an echo. Raises NoTerminal, also if the answer would be echoed."""


class Console:
    """Implements Terminal with the terminal in which the command runs."""

    def say(self, line: str) -> None:
        """See `Terminal.say`."""
        print(line, flush=True)

    def ask(self, question: str) -> str:
        """See `Terminal.ask`."""
        try:
            return input(f"{question} ").strip()
        except EOFError:
            raise NoTerminal("There is no terminal to ask in; run this command in one.") from None

    def ask_hidden(self, question: str) -> str:
        """See `Terminal.ask_hidden`."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", getpass.GetPassWarning)  # the answer would be echoed
                return getpass.getpass(f"{question} ").strip()
        except (EOFError, getpass.GetPassWarning):
            raise NoTerminal(
                "Secrets are only read in a terminal that can hide them; run this command in one."
            ) from None
