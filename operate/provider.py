"""Free requests to the provider with a token: the account's webhook secret, and whether a version exists."""

from typing import Any

import requests

from enhancer import USER_AGENT
from operate.installation import OperatorError

SECONDS = 15


def webhook_secret(base_url: str, token: str, session: requests.Session) -> str:
    """Return the account's webhook secret, by `GET /v1/webhooks/default/secret`.

    Source: Replicate's OpenAPI document, read 2026-11-22. Raises OperatorError that says what is wrong with the token
    or the connection, and never contains the token.
    """
    answer = _get(base_url, "/v1/webhooks/default/secret", token, session)
    secret = _member(answer, "key")
    if secret is None:
        raise OperatorError(f"The provider answered {answer.status_code} without a webhook secret; try later.")
    if not secret.startswith("whsec_"):
        raise OperatorError("The provider's webhook secret does not begin with whsec_; its API has changed.")
    return secret


def has_version(base_url: str, token: str, session: requests.Session, version: str) -> bool:
    """Return whether the provider has `owner/name:version`, by `GET /v1/models/{owner}/{name}/versions/{id}`.

    Replicate's own client makes the same request (replicate 1.0.7, read 2026-11-25). Raises OperatorError if the
    answer is neither yes nor no.
    """
    slug, _, wanted = version.partition(":")
    answer = _get(base_url, f"/v1/models/{slug}/versions/{wanted}", token, session)
    if answer.status_code == 404:
        return False
    if _member(answer, "id") != wanted:
        raise OperatorError(f"The provider answered {answer.status_code} to a request about {slug}; try later.")
    return True


def _get(base_url: str, path: str, token: str, session: requests.Session) -> requests.Response:
    try:
        answer = session.get(
            f"{base_url}{path}",
            headers={"Authorization": f"Bearer {token}", "User-Agent": USER_AGENT},
            timeout=SECONDS,
            allow_redirects=False,
        )
    except (requests.RequestException, ValueError) as problem:  # ValueError: a token that no header can hold
        raise OperatorError(f"{base_url} does not answer ({type(problem).__name__}); is the network up?") from None
    if answer.status_code in {401, 403}:
        raise OperatorError("The provider does not accept the token; create one at replicate.com/account/api-tokens.")
    return answer


def _member(answer: requests.Response, name: str) -> str | None:
    """Return a member of a successful answer's JSON; None if it has none of that name."""
    try:
        found: Any = answer.json() if answer.status_code == 200 else None
    except ValueError:
        return None
    return str(found[name]) if isinstance(found, dict) and name in found else None
