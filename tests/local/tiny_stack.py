"""The tiny stack of these tests: which template, which ports; run as a program it is `make start` of that template."""

import sys
from pathlib import Path

from local.__main__ import run, start
from local.config import StackConfig
from local.ports import free_ports

TINY = Path(__file__).parent / "tiny"


def tiny_config(state: Path) -> StackConfig:
    """The tiny template on three free ports."""
    port, replicate_port, emulator_port = free_ports(3)
    return StackConfig(
        port=port,
        replicate_port=replicate_port,
        emulator_port=emulator_port,
        state=state,
        engine="instant",
        template=TINY / "template.yaml",
        build=TINY,
    )


if __name__ == "__main__":
    sys.exit(run(lambda: start(tiny_config(Path(sys.argv[1])))))
