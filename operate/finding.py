"""One thing that `make doctor` looked at."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `mend` says what to do about it and is empty where it is well.

    What is not `needed` would only be better otherwise.
    """

    what: str
    mend: str = ""
    needed: bool = True

    def __str__(self) -> str:
        if not self.mend:
            return f"ok    {self.what}"
        return f"{'WRONG' if self.needed else 'hint '} {self.what}: {self.mend}"
