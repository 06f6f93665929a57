"""The AWS account that a command is about to change: shown first, and compared with the stage's."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from operate.installation import OperatorError


@dataclass(frozen=True)
class Account:
    """The AWS account of the shell's credentials. `alias` is empty if there is none or it can't be read."""

    id: str
    alias: str
    region: str

    def __str__(self) -> str:
        alias = f" ({self.alias})" if self.alias else ""
        return f"AWS account {self.id}{alias}, {self.region}"


def find_account(clients: Callable[..., Any], expected: str = "") -> Account:
    """Return the account of the shell's credentials.

    Raises OperatorError when AWS does not answer, or the account is not `expected`, unless that is empty.
    """
    try:
        sts = clients("sts")
        found = str(sts.get_caller_identity()["Account"])
    except (BotoCoreError, ClientError) as problem:
        raise OperatorError(
            f"No AWS account can be reached ({type(problem).__name__}); sign in, for example: aws sso login"
        ) from None
    account = Account(found, _alias(clients), sts.meta.region_name)
    if expected and found != expected:
        raise OperatorError(
            f"samconfig.toml names the account {expected}, but these credentials are for {account}. Nothing was "
            "changed; use other credentials, for example with AWS_PROFILE."
        )
    return account


def _alias(clients: Callable[..., Any]) -> str:
    """Return the account's alias; empty if it has none, or these credentials may deploy but not read it."""
    try:
        aliases: list[str] = clients("iam").list_account_aliases()["AccountAliases"]
    except (BotoCoreError, ClientError):
        return ""
    return next(iter(aliases), "")
