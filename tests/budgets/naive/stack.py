"""An installation of the local stack with the naive function in it and the meter around every function."""

import compileall
import json
import shutil
from dataclasses import replace
from pathlib import Path
from py_compile import PycInvalidationMode

import boto3
import botocore
import s3transfer

from deployment.template import read_template
from local.config import StackConfig

FOLDER = Path(__file__).parent
SERVICES = ("dynamodb", "s3", "ssm")


def with_naive(config: StackConfig, meter: Path) -> StackConfig:
    """Return the installation with the naive function and the meter; template and build are put into its state folder.

    That folder must exist. The functions write their invocations to the file `meter` (`tests/budgets/naive/meter.py`).
    """
    template = read_template(config.template)
    template["Resources"] |= read_template(FOLDER / "template.yaml")["Resources"]
    functions = template["Globals"]["Function"]
    functions["Handler"] = "meter.handler"
    functions["Layers"].append({"Ref": "MeterLayer"})
    functions["Environment"]["Variables"]["METER"] = str(meter)
    changed = replace(config, template=config.state / "template.json", build=config.state / "build")
    changed.template.write_text(json.dumps(template))
    for kind in ("functions", "layers"):
        (changed.build / kind).mkdir(parents=True)
        for built in (config.build / kind).iterdir():
            (changed.build / kind / built.name).symlink_to(built)
    _add("app.py", changed.build / "functions" / "naive")
    _add("meter.py", changed.build / "layers" / "MeterLayer" / "python")
    _add_sdk(changed.build / "layers" / "SdkLayer" / "python")
    return changed


def _add_sdk(folder: Path) -> None:
    """Add all of boto3, compiled, as in Lambda's own runtime, but only the data of services that the function uses."""
    for package in (boto3, botocore, s3transfer):
        [installed] = package.__path__
        shutil.copytree(installed, folder / package.__name__, ignore=_other_services)
    compileall.compile_dir(folder, quiet=2, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)


def _other_services(folder: str, names: list[str]) -> list[str]:
    data = Path(folder)
    return [name for name in names if data.name == "data" and (data / name).is_dir() and name not in SERVICES]


def _add(file: str, folder: Path) -> None:
    folder.mkdir(parents=True)
    shutil.copy(FOLDER / file, folder)
