"""Every handler imports from the built artefact, with only the built layers on its path."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.test_template import FUNCTIONS, example_values

ROOT = Path(__file__).parents[2]
BUILD = ROOT / ".build/local"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_handler_imports_with_its_own_layers_alone(name):
    function = FUNCTIONS[name]
    layers = ["CoreLayer", *(layer["!Ref"] for layer in function.get("Layers", []))]
    path = [str(BUILD / "layers" / layer / "python") for layer in layers]
    path.append(str(BUILD / function["CodeUri"]))
    variables = example_values(function) | {
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
    }
    program = (
        f"import sys; sys.path.extend({path!r}); import app; assert callable(app.handler); print('PIL' in sys.modules)"
    )
    interpreter = getattr(sys, "_base_executable", sys.executable)
    run = subprocess.run(  # noqa: S603 - our own program
        [interpreter, "-I", "-S", "-B", "-W", "error", "-c", program],
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert (run.stdout.strip() == "True") == ("ImagingLayer" in layers)
