"""The AWS account that a command is about to change: shown first, and compared with the one that a stage names."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from operate.installation import OperatorError


@dataclass(frozen=True)
class Account:
    """An AWS account as the shell's credentials open it. `alias` is empty where there is none or it may not be read."""

    id: str
    alias: str
    region: str

    def __str__(self) -> str:
        alias = f" ({self.alias})" if self.alias else ""
        return f"AWS account {self.id}{alias}, {self.region}"


def find_account(clients: Callable[..., Any], expected: str = "") -> Account:
    """The account of the credentials at hand.

    Raises OperatorError when no account answers, or it is another than `expected`, where that is not empty.
    """
    try:
        sts = clients("sts")
        found = str(sts.get_caller_identity()["Account"])
    except (BotoCoreError, ClientError) as problem:
        raise OperatorError(
            f"No AWS account answers ({type(problem).__name__}); sign in, for example: aws sso login"
        ) from None
    account = Account(found, _alias(clients), sts.meta.region_name)
    if expected and found != expected:
        raise OperatorError(
            f"samconfig.toml names the account {expected}, and these credentials are of {account}. Nothing was "
            "changed; choose other credentials, for example with AWS_PROFILE."
        )
    return account


def _alias(clients: Callable[..., Any]) -> str:
    """A right to deploy need not include the one to read it."""
    try:
        aliases: list[str] = clients("iam").list_account_aliases()["AccountAliases"]
    except (BotoCoreError, ClientError):
        return ""
    return next(iter(aliases), "")
