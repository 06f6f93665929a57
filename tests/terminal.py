"""A person at the desk who answers from a list and remembers what was said."""


class Scripted:
    """The port Terminal. `answers` are given one by one, to open and hidden questions alike."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.lines: list[str] = []
        self.questions: list[str] = []

    @property
    def said(self) -> str:
        """Everything that appeared on the screen."""
        return "\n".join([*self.lines, *self.questions])

    def say(self, line: str) -> None:
        """See `Terminal.say`."""
        self.lines.append(line)

    def ask(self, question: str) -> str:
        """See `Terminal.ask`."""
        self.questions.append(question)
        return self.answers.pop(0)

    def ask_hidden(self, question: str) -> str:
        """See `Terminal.ask_hidden`."""
        return self.ask(question)
