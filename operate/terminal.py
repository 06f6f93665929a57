"""The person at the desk: told in lines, asked in lines, and asked for secrets without an echo."""

import getpass
import warnings
from typing import Protocol

from operate.installation import OperatorError


class NoTerminal(OperatorError):
    """There is no terminal to ask in, so that asking again is of no use."""


class Terminal(Protocol):
    """What a command needs of the person who runs it."""

    def say(self, line: str) -> None:
        """Tell one line; never a secret."""

    def ask(self, question: str) -> str:
        """Ask for a line. Raises NoTerminal."""

    def ask_hidden(self, question: str) -> str:
        """Ask for a secret, which does not appear. Raises NoTerminal, also where the answer would appear."""


class Console:
    """The port Terminal on the terminal that the command was typed into."""

    def say(self, line: str) -> None:
        """See `Terminal.say`."""
        print(line, flush=True)

    def ask(self, question: str) -> str:
        """See `Terminal.ask`."""
        try:
            return input(f"{question} ").strip()
        except EOFError:
            raise NoTerminal("There is no terminal to ask in; run this in one.") from None

    def ask_hidden(self, question: str) -> str:
        """See `Terminal.ask_hidden`."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", getpass.GetPassWarning)  # it is about to echo
                return getpass.getpass(f"{question} ").strip()
        except (EOFError, getpass.GetPassWarning):
            raise NoTerminal("Secrets are only taken in a terminal that can hide them; run this in one.") from None
