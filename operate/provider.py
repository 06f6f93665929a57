"""What the provider says to a token: the one call that proves it and brings the webhook secret."""

import requests

from enhancer import USER_AGENT
from operate.installation import OperatorError

SECONDS = 15


def webhook_secret(base_url: str, token: str, session: requests.Session) -> str:
    """The account's webhook secret (`GET /v1/webhooks/default/secret`, Replicate's OpenAPI document, read 2026-11-22).

    Raises OperatorError that says what is wrong with the token or the way, and never names the token.
    """
    try:
        answer = session.get(
            f"{base_url}/v1/webhooks/default/secret",
            headers={"Authorization": f"Bearer {token}", "User-Agent": USER_AGENT},
            timeout=SECONDS,
            allow_redirects=False,
        )
    except (requests.RequestException, ValueError) as problem:  # ValueError: a token that no header can hold
        raise OperatorError(f"{base_url} does not answer ({type(problem).__name__}); is the network up?") from None
    if answer.status_code in {401, 403}:
        raise OperatorError("The provider does not accept the token; make one at replicate.com/account/api-tokens.")
    try:
        answer.raise_for_status()
        secret = str(answer.json()["key"])
    except (requests.RequestException, ValueError, KeyError, TypeError):
        raise OperatorError(
            f"The provider answered {answer.status_code} without a webhook secret; try later."
        ) from None
    if not secret.startswith("whsec_"):
        raise OperatorError("The provider's webhook secret does not begin with whsec_; its API has changed.")
    return secret
