"""Reads template parameters of `make start Name=value …` and the secrets that they need."""

import dataclasses
import difflib
import os
from collections.abc import Iterable, Mapping

from deployment.template import Declared, read_template, refusal
from local.config import LocalStackError, StackConfig

SECRETS = {
    "R2Endpoint": {
        "R2_ACCESS_KEY_ID": "r2-access-key-id",
        "R2_SECRET_ACCESS_KEY": "r2-secret-access-key",
    },
    "ReplicateBaseUrl": {
        "REPLICATE_API_TOKEN": "replicate-api-token",
        "REPLICATE_WEBHOOK_SECRET": "replicate-webhook-secret",
    },
}
"""Parameter → the secrets that it needs: environment variable → name in the parameter store.

They are read only with their parameter, so that a token in the shell for other work stays out of the stack.
"""
SECRET_NAMES = frozenset(name for names in SECRETS.values() for name in names)


def with_parameters(
    config: StackConfig, arguments: Iterable[str] = (), environment: Mapping[str, str] = os.environ
) -> StackConfig:
    """Return the configuration with the template parameters that arguments (`Name=value`) or the environment set.

    An argument overrides the environment. Raises LocalStackError with one sentence for a name that the template
    lacks, a value that it refuses, and a secret that is missing or is an argument.
    """
    declared: Mapping[str, Declared] = read_template(config.template).get("Parameters", {})
    given = {name: environment[name] for name in declared if name in environment}
    for argument in arguments:
        name, _, value = argument.partition("=")
        _check_name(name, declared)
        given[name] = value
    for name, value in given.items():
        if problem := refusal(declared[name], value):
            said = "refused" if declared[name].get("NoEcho") else repr(value)
            raise LocalStackError(f"{name} is {said}; {problem} ({declared[name]['Description'].rstrip('.')}).")
    _check_together(given)
    return dataclasses.replace(config, parameters=given, secrets=_secrets(given, environment))


def _check_name(name: str, declared: Mapping[str, Declared]) -> None:
    if name in declared:
        return
    if name in SECRET_NAMES:
        raise LocalStackError(f"{name} is a secret, and other users see command lines: export it in the shell instead.")
    folded = {each.lower(): each for each in declared}
    near = difflib.get_close_matches(name.lower(), folded, n=1)
    hint = f"did you mean {folded[near[0]]}?" if near else f"it has {', '.join(sorted(declared))}."
    raise LocalStackError(f"template.yaml has no parameter {name}; {hint}")


def _check_together(given: Mapping[str, str]) -> None:
    """Check what the declaration of a single parameter can't express."""
    if given.get("Stage", "local") != "local":
        raise LocalStackError(f"Stage is {given['Stage']!r}; here it is always local, as CloudFront is not emulated.")
    if given.get("OidcIssuer") and not (given.get("OidcAudience") and given.get("OidcJwksUrl")):
        raise LocalStackError("OidcIssuer needs OidcAudience and OidcJwksUrl beside it.")
    if "AllowedModels" in given:
        from enhancer.adapters.model_files import (
            allowed_models,
        )  # only here, so that the rest runs without the layers' folder

        try:
            allowed_models(given["AllowedModels"].split(","))
        except ValueError as problem:
            raise LocalStackError(f"AllowedModels: {problem}.") from None


def _secrets(given: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """Return name in the parameter store → value, for the parameters that need secrets."""
    found = {}
    for parameter, names in SECRETS.items():
        if parameter not in given:
            continue
        missing = [name for name in names if not environment.get(name)]
        if missing:
            raise LocalStackError(f"{parameter} needs secrets: export {' and '.join(missing)} in the shell.")
        for name, stored in names.items():
            if environment[name].startswith("/"):
                raise LocalStackError(f"{name} must be the secret itself, not its name in a parameter store.")
            found[stored] = environment[name]
    return found
