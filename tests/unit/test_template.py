"""template.yaml against the code and against itself."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from enhancer.http import routing

ROOT = Path(__file__).parents[2]


class Loader(yaml.SafeLoader):
    """Reads short intrinsic functions as {"!Name": value}."""


def _intrinsic(loader: Loader, name: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        return {f"!{name}": loader.construct_scalar(node)}
    return {f"!{name}": loader.construct_sequence(node, deep=True)}


Loader.add_multi_constructor("!", _intrinsic)
TEMPLATE = yaml.load((ROOT / "template.yaml").read_text(), Loader)  # noqa: S506 - a SafeLoader
RESOURCES = TEMPLATE["Resources"]
FUNCTIONS = {n: r["Properties"] for n, r in RESOURCES.items() if r["Type"] == "AWS::Serverless::Function"}
MAPPINGS = {n: r["Properties"] for n, r in RESOURCES.items() if r["Type"] == "AWS::Lambda::EventSourceMapping"}
GLOBALS = TEMPLATE["Globals"]["Function"]


def environment(function: dict[str, Any]) -> dict[str, Any]:
    own = function.get("Environment", {}).get("Variables", {})
    return {**GLOBALS["Environment"]["Variables"], **own}


def example_values(function: dict[str, Any]) -> dict[str, str]:
    """Values that a function starts with."""
    examples = {"ALLOWED_MODELS": "nightmareai/real-esrgan", "RATE_LIMITS": "create=1"}
    return {key: examples.get(key, "1") for key in environment(function)}


def statements(function: dict[str, Any]) -> list[dict[str, Any]]:
    return [statement for policy in function["Policies"] for statement in policy.get("Statement", [])]


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_every_function_folder_is_a_function_and_the_reverse():
    folders = {f"functions/{folder.name}/" for folder in (ROOT / "functions").iterdir() if folder.is_dir()}
    assert {function["CodeUri"] for function in FUNCTIONS.values()} == folders


def test_the_routes_are_the_method_table():
    routes = [
        (event["Properties"].get("Path", "$default"), event["Properties"].get("Method", "ANY"))
        for function in FUNCTIONS.values()
        for event in function.get("Events", {}).values()
        if event["Type"] == "HttpApi"
    ]
    assert len(set(routes)) == len(routes)
    assert {path for path, _ in routes} == {*routing.METHODS, "$default"}
    assert {path for path, method in routes if method == "ANY"} == {path for path, _ in routes}
    assert all(method in routing.METHODS[path] for path, method in routes if method != "ANY")


@pytest.mark.parametrize("mapping", MAPPINGS.values(), ids=list(MAPPINGS))
def test_a_queue_has_dead_letters_and_its_reader_fails_each_message_for_itself(mapping):
    """How its times fit is in test_proportions.py."""
    queue = RESOURCES[mapping["EventSourceArn"]["!GetAtt"].partition(".")[0]]["Properties"]
    assert queue["RedrivePolicy"]["deadLetterTargetArn"]["!GetAtt"].removesuffix(".Arn") in RESOURCES
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    most = mapping["ScalingConfig"]["MaximumConcurrency"]
    least = TEMPLATE["Parameters"][most["!Ref"]]["MinValue"] if isinstance(most, dict) else most
    assert least >= 2, "what AWS takes"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_has_its_settings_and_no_others(name, monkeypatch):
    """Loading its module with exactly its variables works, with one less it does not."""
    import importlib.util

    from enhancer import bootstrap
    from enhancer.settings import ConfigurationError, Settings

    function = FUNCTIONS[name]
    file = ROOT / function["CodeUri"] / "app.py"
    read: set[str] = set()

    class Recording(dict[str, str]):
        def get(self, key: str, default: Any = None) -> Any:
            read.add(key)
            return super().get(key, default)

    values = example_values(function)
    for variable in ("AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(variable, "eu-central-1")

    def load(variables: dict[str, str]) -> None:
        bootstrap.secrets.cache_clear()
        monkeypatch.setattr(bootstrap, "settings", Settings(variables))
        spec = importlib.util.spec_from_file_location(f"app_{name}", file)
        assert spec
        assert spec.loader
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
        bootstrap.secrets()

    load(Recording(values))
    optional = {"OIDC_ISSUER", "OIDC_AUDIENCE", "OIDC_JWKS_URL"}
    everywhere = {"ENVIRONMENT", "POWERTOOLS_SERVICE_NAME", "PUBLIC_BASE_URL", "JOBS_TABLE", "AI_R2_PREFIX"}
    assert set(environment(function)) - read - everywhere - optional == set()
    needed = set(values) - everywhere - optional - {
        "USAGE_TABLE", "START_QUEUE_URL", "COMPLETION_QUEUE_URL", "RETENTION_QUEUE_URL",
    }  # fmt: skip
    for variable in needed - {"R2_PUBLIC_ENDPOINT"}:
        with pytest.raises(ConfigurationError, match=variable):
            load({key: value for key, value in values.items() if key != variable})


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_may_read_the_secrets_that_its_settings_name_and_no_others(name):
    function = FUNCTIONS[name]
    named = {
        value["!Sub"]
        for value in environment(function).values()
        if isinstance(value, dict) and str(value.get("!Sub", "")).startswith("/${AWS::StackName}/")
    }
    granted = {
        resource["!Sub"].partition(":parameter")[2]
        for statement in statements(function)
        if statement["Action"] == "ssm:GetParameters"
        for resource in as_list(statement["Resource"])
    }
    assert granted == named


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_statement_of_ours_grants_more_than_named_things(name):
    for statement in statements(FUNCTIONS[name]):
        assert all("*" not in str(action) for action in as_list(statement["Action"]))
        assert all(resource != "*" for resource in as_list(statement["Resource"]))
        assert not {"dynamodb:Scan", "dynamodb:DeleteItem"} & set(as_list(statement["Action"]))


def test_names_that_are_unique_in_an_account_carry_the_stacks_name():
    names = [
        resource["Properties"][key]["!Sub"]
        for resource in RESOURCES.values()
        for key in ("FunctionName", "LogGroupName", "LayerName")
        if key in resource["Properties"] and resource["Type"] != "AWS::Lambda::EventSourceMapping"
    ]
    schedules = [
        event["Properties"]["Name"]["!Sub"]
        for function in FUNCTIONS.values()
        for event in function.get("Events", {}).values()
        if event["Type"] == "ScheduleV2"
    ]
    edge = [
        resource["Properties"].get("Name") or next(iter(resource["Properties"].values()))["Name"]
        for resource in RESOURCES.values()
        if resource["Type"].startswith("AWS::CloudFront::") and resource["Type"] != "AWS::CloudFront::Distribution"
    ]
    assert (len(schedules), len(edge)) == (2, 5)
    assert all("${AWS::StackName}" in name for name in [*names, *schedules, *(each["!Sub"] for each in edge)])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_logs_end_one_day(name):
    group = RESOURCES[FUNCTIONS[name]["LoggingConfig"]["LogGroup"]["!Ref"]]["Properties"]
    assert group["RetentionInDays"] == {"!Ref": "LogRetentionDays"}
    assert group["LogGroupName"]["!Sub"] == f"/aws/lambda/{FUNCTIONS[name]['FunctionName']['!Sub']}"


def test_every_trigger_has_an_example_event():
    assert {file.stem for file in (ROOT / "events").glob("*.json")} == {
        folder.name for folder in (ROOT / "functions").iterdir() if folder.is_dir()
    }


def test_only_the_functions_that_touch_pixels_carry_pillow():
    carriers = {name for name, function in FUNCTIONS.items() if {"!Ref": "ImagingLayer"} in function.get("Layers", [])}
    assert carriers == {"JobStartFunction", "JobCompletionFunction"}


def test_every_setting_is_explained_in_the_example_and_nothing_else_is():
    lines = (ROOT / ".env.example").read_text().splitlines()
    named = [line.partition("=")[0] for line in lines if line and not line.startswith("#")]
    assert len(set(named)) == len(named)
    assert set(named) == set().union(*(environment(function) for function in FUNCTIONS.values()))


def test_every_parameter_is_described_and_used():
    text = (ROOT / "template.yaml").read_text()
    for name, parameter in TEMPLATE["Parameters"].items():
        assert parameter["Description"].endswith((".", "}")), name
        assert f"!Ref {name}" in text or f"${{{name}}}" in text, name


def test_every_parameter_says_which_values_it_takes():
    for name, parameter in TEMPLATE["Parameters"].items():
        limits = {"String": {"AllowedPattern", "AllowedValues"}, "Number": {"MinValue", "AllowedValues"}}
        assert limits[parameter["Type"]] & set(parameter), name


def test_the_examples_defaults_are_the_templates():
    example = dict(line.split("=", 1) for line in (ROOT / ".env.example").read_text().splitlines() if "=" in line[1:])
    for name, value in example.items():
        reference = environment(FUNCTIONS["UploadIntakeFunction"]).get(name, {})
        default = TEMPLATE["Parameters"].get(reference.get("!Ref", ""), {}).get("Default") if reference else None
        if default not in {None, ""} and name not in {"ALLOWED_MODELS", "ENVIRONMENT"}:
            assert str(default) == value, name


def watched(metric: str) -> dict[str, Any]:
    """Queues that an alarm watches by a metric, with its threshold."""
    alarms = [r["Properties"] for r in RESOURCES.values() if r["Type"] == "AWS::CloudWatch::Alarm"]
    return {
        alarm["Dimensions"][0]["Value"]["!GetAtt"].partition(".")[0]: alarm["Threshold"]
        for alarm in alarms
        if alarm.get("MetricName") == metric
    }


def test_the_first_dead_letter_of_every_queue_alerts_the_operator():
    dead_letters = {name for name, each in RESOURCES.items() if each["Type"] == "AWS::SQS::Queue" and "Dead" in name}
    assert watched("ApproximateNumberOfMessagesVisible") == dict.fromkeys(dead_letters, 1)


def test_a_completion_that_waits_alerts_the_operator_well_before_the_provider_erases_its_result():
    ages = watched("ApproximateAgeOfOldestMessage")
    assert ages["CompletionQueue"] <= 1800
    assert "StartQueue" in ages


def test_what_is_kept_when_a_stack_goes_is_not_left_behind_by_a_first_creation_that_failed():
    """`RetainExceptOnCreate` deletes it then (AWS, "DeletionPolicy attribute", read 2026-11-28)."""
    kept = {name: each["DeletionPolicy"] for name, each in RESOURCES.items() if "DeletionPolicy" in each}
    assert kept == {"JobsTable": "RetainExceptOnCreate"}
    assert RESOURCES["JobsTable"]["UpdateReplacePolicy"] == "Retain"
