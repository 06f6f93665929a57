"""The programs that the Makefile starts are there, and find what they import."""

import os
import re
import subprocess
import sys

import pytest

from deployment import ROOT

MAKEFILE = (ROOT / "Makefile").read_text()
[BENCHES] = re.findall(r"^BENCHES := (.+)$", MAKEFILE, re.MULTILINE)
STARTED = {
    (module.replace("$$name", bench), bool(path))
    for path, module in re.findall(r"(PYTHONPATH=layers/core )?(?:exec )?\.venv/bin/python -m ([\w.$]+)", MAKEFILE)
    for bench in BENCHES.split()
    if module.partition(".")[0] in {"local", "operate", "tests"}
}


def test_programs_are_found_in_the_makefile():
    assert {("local", False), ("operate", True), ("tests.budgets.growth", True)} <= STARTED
    for module, _ in STARTED:
        file = ROOT / module.replace(".", "/")
        assert file.with_suffix(".py").is_file() or (file / "__main__.py").is_file(), module


@pytest.mark.parametrize("module", sorted(module for module, with_core in STARTED if not with_core))
def test_a_program_that_gets_no_path_needs_none(module):
    name = f"{module}.__main__" if (ROOT / module.replace(".", "/")).is_dir() else module
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, "-c", f"import {name}"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr
