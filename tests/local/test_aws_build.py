"""What `make build TARGET=aws` puts together on this machine, whatever it is: layers for python3.13 on arm64."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from deployment import ROOT
from deployment.template import read_template
from tests.documents import typed

AARCH64 = 183  # e_machine of an ELF file (EM_AARCH64)
UNZIPPED = 250 << 20  # of a function with its layers (AWS Lambda quotas, read 2026-11-22)


@pytest.fixture(scope="module")
def built() -> Path:
    shutil.rmtree(ROOT / ".aws-sam", ignore_errors=True)
    typed("make build TARGET=aws", SAM_CLI_TELEMETRY="0")
    return ROOT / ".aws-sam" / "build"


def libraries(built: Path) -> Iterator[tuple[Path, bytes]]:
    """Files of machine code, each with its first bytes."""
    for path in built.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                head = file.read(20)
            if head.startswith(b"\x7fELF"):
                yield path, head


def test_machine_code_is_for_arm64_and_python_3_13(built: Path) -> None:
    found = dict(libraries(built))
    assert {path.relative_to(built).parts[0] for path in found} == {"CoreLayer", "ImagingLayer"}
    for path, head in found.items():
        assert int.from_bytes(head[18:20], "little") == AARCH64, path
        assert "cpython-" not in path.name or "cpython-313-aarch64" in path.name


def test_the_built_template_leads_to_code_that_fits(built: Path) -> None:
    resources = read_template(built / "template.yaml")["Resources"].values()
    named = [each["Properties"] for each in resources if each["Type"] == "AWS::Serverless::Function"]
    layers = size(built / "CoreLayer") + size(built / "ImagingLayer")
    folders = {(built / properties["CodeUri"]).resolve() for properties in named}
    assert folders == {path.parent for path in (ROOT / "functions").glob("*/app.py")}
    assert all(layers + size(folder) < UNZIPPED for folder in folders)


def size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
