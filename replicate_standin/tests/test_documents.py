"""The stand-in's README: its commands, typed as printed, and its reading order."""

import json
from pathlib import Path

import requests

from local.ports import free_ports
from tests.documents import block, terminal, typed, wait_for


def test_the_reading_order_names_every_file() -> None:
    here = Path(__file__).parents[1]
    order = (here / "README.md").read_text().partition("## Reading the code")[2]
    assert [file.name for file in here.glob("*.py") if f"`{file.name}`" not in order] == ["__init__.py"]


def test_the_readmes_walk_enlarges_an_image_and_sets_faults(tmp_path: Path) -> None:
    port, images = free_ports(2)

    def here(script: str) -> str:
        return script.replace("8030", str(port)).replace("8031", str(images))

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
