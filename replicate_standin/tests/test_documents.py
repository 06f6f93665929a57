"""The walk in the stand-in's README, typed as it stands."""

import json
from pathlib import Path

import requests

from local.ports import free_ports
from tests.documents import block, terminal, typed, wait_for


def test_the_readmes_walk_enlarges_a_picture_and_sets_faults(tmp_path: Path) -> None:
    port, pictures = free_ports(2)

    def here(script: str) -> str:
        return script.replace("8030", str(port)).replace("8031", str(pictures))

    start = here(block("replicate_standin/README.md", "sh", "replicate_standin"))
    serving = here(block("replicate_standin/README.md", "sh", "http.server"))
    asking = here(block("replicate_standin/README.md", "sh", "cat.jpg"))
    faults = here(block("replicate_standin/README.md", "sh", "_control"))
    with terminal(start, LOCAL_ENGINE="instant", STANDIN_STATE=str(tmp_path)) as server:
        assert wait_for(server, "ready ") == f"ready http://127.0.0.1:{port}\n"
        with terminal(serving) as host:
            wait_for(host, "Serving HTTP")
            run = json.loads(typed(asking))
        assert run["status"] == "succeeded"
        assert requests.get(run["output"], timeout=10).content.startswith(b"\x89PNG")
        assert [each["fault"] for each in json.loads(typed(faults))["faults"]] == ["run-interrupted", "create-limited"]
