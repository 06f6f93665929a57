"""What is built: every handler starts from the artefact with only its own layers, and imports only what it uses."""

import importlib.util
import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.unit.test_template import FUNCTIONS, example_values

ROOT = Path(__file__).parents[2]
BUILD = ROOT / ".build/local"
ADAPTERS = ROOT / "layers/core/enhancer/adapters"

NOWHERE = {"boto3", "s3transfer", "aws_xray_sdk", "aws_lambda_powertools.event_handler", "jwt", "cryptography"}
FETCHING = {"requests"}
PIXELS = {"PIL"}
BODIES = {"pydantic"}
FORMS = {"python_multipart"}
BATCHES = {"aws_lambda_powertools.utilities.batch"}
HEAVY = NOWHERE | FETCHING | PIXELS | BODIES | FORMS | BATCHES
BUDGETS = {
    # function: modules after its start, at most; what of HEAVY it may have
    "api_docs": (405, set()),
    "image_proxy": (410, set()),
    "job_completion": (630, FETCHING | PIXELS | BATCHES),
    "job_control": (515, FETCHING),
    "job_start": (630, FETCHING | PIXELS | BATCHES),
    "job_status": (415, set()),
    "reconcile": (505, FETCHING),
    "replicate_webhook": (410, set()),
    "retention": (475, BATCHES),
    "upload_intake": (485, BODIES),
}


@cache
def started(name):
    """The modules of a function that has just started, with the built layers alone on its path."""
    function = next(each for each in FUNCTIONS.values() if each["CodeUri"] == f"functions/{name}/")
    layers = ["CoreLayer", *(layer["!Ref"] for layer in function.get("Layers", []))]
    path = [str(BUILD / "layers" / layer / "python") for layer in layers]
    path.append(str(BUILD / function["CodeUri"]))
    variables = example_values(function) | {
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
    }
    program = f"""
import sys; sys.path.extend({path!r})
import app; assert callable(app.handler)
modules = list(sys.modules)
import json; print(json.dumps(modules))"""
    interpreter = getattr(sys, "_base_executable", sys.executable)
    run = subprocess.run(  # noqa: S603 - our own program
        [interpreter, "-I", "-S", "-B", "-W", "error", "-c", program],
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return set(json.loads(run.stdout))


@pytest.mark.parametrize("name", BUDGETS)
def test_a_function_imports_what_it_uses_and_no_more(name):
    most, may = BUDGETS[name]
    modules = started(name)
    assert modules & HEAVY <= may
    assert modules >= may, "what it no longer imports is no longer allowed"
    assert len(modules) <= most


def test_every_function_has_a_budget():
    assert {f"functions/{name}/" for name in BUDGETS} == {function["CodeUri"] for function in FUNCTIONS.values()}


def test_only_who_touches_pixels_carries_pillow():
    carriers = {name for name, function in FUNCTIONS.items() if {"!Ref": "ImagingLayer"} in function.get("Layers", [])}
    assert carriers == {"JobStartFunction", "JobCompletionFunction"}


def test_the_layers_keep_just_the_operations_that_are_called():
    """A client without one of them has no such method; one that is unused is parsed at every start for nothing."""
    spec = importlib.util.spec_from_file_location("prune", ROOT / "layers/prune.py")
    prune = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(prune)
    called = set()
    for file in ADAPTERS.glob("*.py"):
        text = file.read_text()
        called |= set(re.findall(r"_client(?:\(\))?\.([a-z0-9_]+)\(", text))
        called |= set(re.findall(r'get_paginator\("(\w+)"\)', text))
    snake = {re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() for names in prune.OPERATIONS.values() for name in names}
    assert snake - {"head_bucket"} == called - {"get_paginator"}


@pytest.mark.parametrize("layer", ["CoreLayer", "ImagingLayer"])
def test_bytecode_is_shipped_for_every_module_and_not_checked_by_time(layer):
    python = BUILD / "layers" / layer / "python"
    tag = sys.implementation.cache_tag
    for source in python.rglob("*.py"):
        compiled = source.parent / "__pycache__" / f"{source.stem}.{tag}.pyc"
        assert compiled.read_bytes()[4:8] == b"\x01\x00\x00\x00", source  # PEP 552: hash-based, unchecked


@pytest.mark.parametrize("layer", ["CoreLayer", "ImagingLayer"])
def test_licences_stay(layer):
    for package in (BUILD / "layers" / layer / "python").glob("*.dist-info"):
        metadata = (package / "METADATA").read_text()
        files = [path.name.lower() for path in package.rglob("*")]
        named = re.findall(r"^License-File: (.*)$", metadata, re.MULTILINE)
        assert all(Path(name).name.lower() in files for name in named), package
