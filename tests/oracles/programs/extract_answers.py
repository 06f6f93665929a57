"""Cut a small fixture out of the answers that the provider's Python client recorded.

    git clone https://github.com/replicate/replicate-python
    python extract_answers.py replicate-python/tests/cassettes > ../fixtures/recorded.json

Needs PyYAML. Of calls with the same path, status and members one is kept; long texts are cut, and of schemas only
those of input and output are kept, without their descriptions.
"""

import gzip
import json
import re
import sys
from pathlib import Path
from typing import Any

import yaml

ABOUT = {
    "about": "Answers of the real API, recorded by github.com/replicate/replicate-python (tests/cassettes, commit "
    "0110c2c, 2025-06-02, Apache-2.0), reduced by programs/extract_answers.py",
    "read": "2026-11-25",
}
HEADERS = ("content-type", "ratelimit-remaining", "ratelimit-reset", "preference-applied")
LONGEST = 160


def reduced(value: Any, name: str = "") -> Any:
    """Return a value with long texts and lists cut and schemas reduced to those of input and output."""
    if name == "openapi_schema" and value:
        schemas = value["components"]["schemas"]
        kept = {each: {"type": schemas[each].get("type")} for each in ("Input", "Output") if each in schemas}
        return {"openapi": value["openapi"], "components": {"schemas": kept}}
    if name == "default_example":
        return None
    if isinstance(value, dict):
        return {each: reduced(inner, each) for each, inner in value.items()}
    if isinstance(value, list):
        return [reduced(inner) for inner in value[:3]]
    return value if not isinstance(value, str) or len(value) <= LONGEST else value[:LONGEST]


def answers(folder: Path) -> list[dict[str, Any]]:
    """Return the exchanges that are about models, versions and predictions."""
    kept: dict[tuple[Any, ...], dict[str, Any]] = {}
    for path in sorted(folder.glob("*.yaml")):
        for exchange in (yaml.safe_load(path.read_text()) or {}).get("interactions", []):
            asked, given = exchange["request"], exchange["response"]
            route = asked["uri"].partition("/v1")[2]
            body = given.get("content") or (given.get("body") or {}).get("string")
            if isinstance(body, bytes):
                body = gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
            if not re.search(r"^/(models/[^/]+/[^/]+|predictions)", route) or "trainings" in route or not body:
                continue
            content = json.loads(body)
            status = given.get("status_code") or given["status"]["code"]
            kind = (asked["method"], re.sub(r"[0-9a-z]{26,}", "x", route), status, *sorted(content))
            kind += (content.get("status"), content.get("version", "")[:2])
            headers = {name.lower(): values[0] for name, values in given["headers"].items()}
            kept.setdefault(
                kind,
                {
                    "from": path.name,
                    "method": asked["method"],
                    "path": f"/v1{route}",
                    "status": status,
                    "headers": {name: headers[name] for name in HEADERS if name in headers},
                    "body": reduced(content),
                },
            )
    return list(kept.values())


if __name__ == "__main__":
    print(json.dumps(ABOUT | {"answers": answers(Path(sys.argv[1]))}, indent=1))  # noqa: T201 - the fixture
