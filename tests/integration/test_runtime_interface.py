"""The built handlers, by Lambda's own runtime client under its emulator, with the example events."""

import json
import os

import pytest
import requests

from tests.budgets.emulated import serving
from tests.unit.test_template import FUNCTIONS, ROOT

NAMES = {function["CodeUri"].split("/")[1]: name for name, function in FUNCTIONS.items()}
STATUS = {
    "api_docs": 200,
    "image_proxy": 401,
    "job_control": 401,
    "job_status": 401,
    "replicate_webhook": 401,
    "upload_intake": 201,
}


def environment(stack, name):
    """What the deployed function has, and its layers and code from the build."""
    deployed = stack.client("lambda").get_function_configuration(
        FunctionName=f"image-enhancer-{name.replace('_', '-')}"
    )
    layers = ["CoreLayer", *(layer["!Ref"] for layer in FUNCTIONS[NAMES[name]].get("Layers", []))]
    path = [ROOT / ".build/local/layers" / layer / "python" for layer in layers] + [
        ROOT / f".build/local/functions/{name}"
    ]
    return deployed["Environment"]["Variables"] | {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(map(str, path)),
        "AWS_ENDPOINT_URL": stack.config.emulator_url,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_LAMBDA_FUNCTION_NAME": name,
    }


def origin_secret(stack):
    ssm = stack.client("ssm")
    return ssm.get_parameter(Name="/image-enhancer/origin-secrets", WithDecryption=True)["Parameter"]["Value"].split()[
        0
    ]


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_handler_answers_its_example_event(stack, name):
    event = json.loads((ROOT / f"events/{name}.json").read_text())
    if name in STATUS:
        event["headers"]["x-origin-verify"] = origin_secret(stack)
    with serving("app.handler", environment(stack, name)) as (url, _):
        answer = requests.post(url, json.dumps(event), timeout=60).json()
    if name in STATUS:
        assert answer["statusCode"] == STATUS[name], answer
    elif "Records" in event:
        assert "batchItemFailures" in answer, answer
    else:
        assert answer is None
