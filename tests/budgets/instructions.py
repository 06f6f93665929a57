"""Instructions that a whole process executes, by callgrind: not affected by other work on the machine.

Waiting, page faults and cache misses are not instructions and do not show. Two counts of the same scenario differ by
about 0.1 %.
"""

import re
import shutil
import subprocess

from tests.budgets.variants import INTERPRETER, Variant, World, answer_once

CALLGRIND = ("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null")
MISSING = "valgrind is not here: instructions are not counted, their gates not checked; on Debian: apt install valgrind"

STEPS = {
    "status": ("dynamodb", "ssm"),
    "webhook": ("sqs", "ssm"),
    "image": ("dynamodb", "ssm"),
    "create": ("dynamodb", "sqs", "ssm"),
}
"""The clients that each function makes when it starts."""


def available() -> bool:
    """Return whether callgrind is installed."""
    return shutil.which("valgrind") is not None


def count(variant: Variant, world: World) -> int:
    """Count the instructions of import and first answer. Raises SystemExit."""
    _, errors = answer_once(variant, world, under=CALLGRIND)
    return _collected(errors)


def profile(variant: Variant, world: World) -> dict[str, int]:
    """Return the instructions of each step of a function: its total less that of the step before."""
    clients = "".join(f"session.create_client({service!r});" for service in STEPS[variant.scenario.name])
    logger = "from aws_lambda_powertools import Logger;"
    session = "import botocore.session; session = botocore.session.Session();"
    steps = {
        "interpreter": "pass",
        "Powertools Logger": logger,
        "botocore, imported": logger + session,
        f"clients ({', '.join(STEPS[variant.scenario.name])})": logger + session + clients,
        "our modules, and pydantic where used": "import app",
    }
    totals = {name: _of_program(program, variant, world) for name, program in steps.items()}
    totals["first answer"] = count(variant, world)
    before = 0
    parts = {}
    for name, total in totals.items():
        parts[name], before = total - before, total
    return parts


def _of_program(program: str, variant: Variant, world: World) -> int:
    run = subprocess.run(
        [*CALLGRIND, INTERPRETER, "-S", "-c", program],
        env=variant.environment(world),
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        raise SystemExit(f"{program!r} failed:\n{run.stderr}")
    return _collected(run.stderr)


def _collected(errors: str) -> int:
    match = re.search(r"Collected : (\d+)", errors)
    if match is None:
        raise SystemExit(f"callgrind counted nothing:\n{errors}")
    return int(match[1])
