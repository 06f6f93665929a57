"""What the provider's own Python client makes of an API: questions in JSON on stdin, answers in JSON on stdout.

Runs in .venv-oracles: {"base_url", "token", "image", "slug", "version", "slow", "runs"}; `slow` is the webhook of a run
that continues until it is cancelled.
"""

import asyncio
import json
import sys
from typing import Any

from replicate.client import Client
from replicate.exceptions import ReplicateError


def error(call: Any) -> dict[str, Any]:
    """Return what the client understands of a refusal."""
    try:
        call()
    except ReplicateError as refusal:
        return {"status": refusal.status, "title": refusal.title, "detail": refusal.detail}
    raise AssertionError("it was not refused")


def pages(client: Client) -> list[list[str]]:
    """Return the ids of all predictions, page by page."""
    page = client.predictions.list()
    found = [[each.id for each in page.results]]
    while page.next:
        page = client.predictions.list(cursor=page.next)
        found.append([each.id for each in page.results])
    return found


def main() -> None:
    """Use every call that a client has for a run of an image."""
    asked = json.loads(sys.stdin.read())
    client = Client(api_token=asked["token"], base_url=asked["base_url"])
    owner, name = asked["slug"].split("/")
    reference = f"{asked['slug']}:{asked['version']}"
    inputs = {"image": asked["image"]}

    created = client.predictions.create(version=asked["version"], input=inputs)
    started = {"id": created.id, "status": created.status, "output": created.output}
    created.wait()
    canceled = client.predictions.create(version=asked["version"], input=inputs, webhook=asked["slow"])
    canceled.cancel()
    for _ in range(asked["runs"]):
        client.predictions.create(version=asked["version"], input=inputs)
    model = client.models.get(asked["slug"])
    wrong = Client(api_token="wrong", base_url=asked["base_url"])
    told = {
        "run": str(client.run(reference, input=inputs)),
        "run_by_name": str(client.run(asked["slug"], input=inputs)),
        "run_async": str(asyncio.run(client.async_run(reference, input=inputs))),
        "run_without_waiting": str(client.run(reference, input=inputs, wait=False)),
        "started": started,
        "done": {
            "id": created.id,
            "status": created.status,
            "output": created.output,
            "version": created.version,
            "percentage": created.progress.percentage if created.progress else None,
            "predict_time": (created.metrics or {}).get("predict_time"),
        },
        "got": client.predictions.get(created.id).status,
        "canceled": client.predictions.get(canceled.id).status,
        "pages": pages(client),
        "model": {"name": f"{model.owner}/{model.name}", "latest": model.latest_version.id},
        "versions": [each.id for each in model.versions.list()],
        "version": model.versions.get(asked["version"]).openapi_schema["components"]["schemas"]["Output"],
        "secret": client.webhooks.default.secret().key,
        "wrong_token": error(wrong.predictions.list),
        "wrong_version": error(lambda: client.predictions.create(version="0" * 64, input=inputs)),
        "wrong_input": error(lambda: client.predictions.create(version=asked["version"], input={})),
        "unknown": error(lambda: client.predictions.get("unknown")),
        "unknown_model": error(lambda: client.models.get(f"{owner}/{name}-gone")),
    }
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
