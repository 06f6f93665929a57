"""The result of one check of `make doctor`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """The result of one check; `fix` says what to do about a problem and is empty if there is none.

    A problem that is not `needed` is a hint.
    """

    what: str
    fix: str = ""
    needed: bool = True

    def __str__(self) -> str:
        if not self.fix:
            return f"ok    {self.what}"
        return f"{'WRONG' if self.needed else 'hint '} {self.what}: {self.fix}"
