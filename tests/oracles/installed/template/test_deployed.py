"""template.yaml as another implementation of CloudFormation reads it: what moto has made of it, asked by boto3.

moto 5.2.5 drops the time to live, recovery, tracing, layers and architecture that a template gives, so nothing is said
of these here.
"""

import ast
import json
import re

import pytest

from tests.oracles.installed.template.conftest import GIVEN, STACK, listed

MAPPED = {
    "JobStartFunction": "StartQueue",
    "JobCompletionFunction": "CompletionQueue",
    "RetentionFunction": "RetentionQueue",
}
DEAD = {
    "StartQueue": "StartDeadLetters",
    "CompletionQueue": "CompletionDeadLetters",
    "RetentionQueue": "RetentionDeadLetters",
}
DAY = 86_400
ARN = re.compile(r"arn:aws:(\w+):eu-central-1:\d{12}:(.+)")


def attributes(deployed, queue):
    asked = {"QueueUrl": deployed.names[queue], "AttributeNames": ["All"]}
    return deployed.client("sqs").get_queue_attributes(**asked)["Attributes"]


def test_all_that_moto_knows_was_made(plain, deployed):
    left_out = {each["type"] for each in listed("omitted.toml")}
    types = {resource["Type"] for resource in plain["Resources"].values()}
    assert left_out <= types, "no longer in the template: take it off the list"
    wanted = {name for name, resource in plain["Resources"].items() if resource["Type"] not in left_out}
    assert set(deployed.names) == wanted


@pytest.mark.parametrize("queue", DEAD)
def test_what_fails_often_is_kept_for_two_weeks(deployed, queue):
    redrive = json.loads(attributes(deployed, queue)["RedrivePolicy"])
    dead = attributes(deployed, DEAD[queue])
    assert redrive["deadLetterTargetArn"] == dead["QueueArn"]
    assert redrive["maxReceiveCount"] >= 5, "Lambda's own advice (docs.aws.amazon.com/lambda, with-sqs)"
    assert int(dead["MessageRetentionPeriod"]) == 14 * DAY > int(attributes(deployed, queue)["MessageRetentionPeriod"])


@pytest.mark.parametrize("function", MAPPED)
def test_a_message_stays_hidden_for_as_long_as_its_function_may_take(deployed, function):
    """Lambda refuses a visibility timeout shorter than the function's (docs.aws.amazon.com/lambda, with-sqs)."""
    found = deployed.client("lambda").get_function_configuration(FunctionName=deployed.names[function])
    queue = attributes(deployed, MAPPED[function])
    [mapping] = deployed.client("lambda").list_event_source_mappings(EventSourceArn=queue["QueueArn"])[
        "EventSourceMappings"
    ]
    assert mapping["FunctionArn"] == found["FunctionArn"]
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["State"] == "Enabled"
    assert int(queue["VisibilityTimeout"]) >= found["Timeout"]


def keys(schema):
    return {key["KeyType"]: key["AttributeName"] for key in schema}


def test_tables_and_indexes_have_the_keys_that_the_adapters_ask_by(deployed):
    dynamodb = deployed.client("dynamodb")
    jobs = dynamodb.describe_table(TableName=deployed.names["JobsTable"])["Table"]
    usage = dynamodb.describe_table(TableName=deployed.names["UsageTable"])["Table"]
    assert keys(jobs["KeySchema"]) == {"HASH": "id"}
    assert keys(usage["KeySchema"]) == {"HASH": "key"}
    assert {each["IndexName"]: keys(each["KeySchema"]) for each in jobs["GlobalSecondaryIndexes"]} == {
        "by_owner": {"HASH": "owner", "RANGE": "created_at"},
        "unfinished": {"HASH": "shard", "RANGE": "check_at"},
    }
    assert {each["BillingModeSummary"]["BillingMode"] for each in (jobs, usage)} == {"PAY_PER_REQUEST"}


def configurations(deployed):
    pages = deployed.client("lambda").get_paginator("list_functions").paginate()
    return {each["FunctionName"].removeprefix(f"{STACK}-"): each for page in pages for each in page["Functions"]}


def test_every_setting_is_resolved_to_what_it_names(deployed):
    settings = {name: each["Environment"]["Variables"] for name, each in configurations(deployed).items()}
    assert len(settings) >= 10
    for name, given in settings.items():
        for setting, value in given.items():
            assert not re.search(r"[{}]|Fn::|\bRef\b", str(value)), (name, setting, value)
        assert given["JOBS_TABLE"] == deployed.names["JobsTable"]
        assert given["PUBLIC_BASE_URL"] == GIVEN["PublicBaseUrl"]
        assert given.get("START_QUEUE_URL", deployed.names["StartQueue"]) == deployed.names["StartQueue"]
        assert given.get("R2_PUBLIC_ENDPOINT", GIVEN["R2Endpoint"]) == GIVEN["R2Endpoint"]


def test_every_function_logs_into_a_group_that_ends(deployed):
    groups = deployed.client("logs").describe_log_groups()["logGroups"]
    assert {each["logGroupName"] for each in groups} >= {
        f"/aws/lambda/{STACK}-{name}" for name in configurations(deployed)
    }
    assert all(each["retentionInDays"] == 30 for each in groups)


def policies(deployed):
    """Name of a role → its own policies, resolved."""
    iam = deployed.client("iam")
    found = {}
    for role in iam.list_roles()["Roles"]:
        name = role["RoleName"]
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
            found[policy] = ast.literal_eval(document) if isinstance(document, str) else document  # as moto keeps it
    return found


def test_policies_name_only_what_was_deployed_and_never_all(deployed):
    dynamodb, sqs = deployed.client("dynamodb"), deployed.client("sqs")
    made = {f"table/{name}" for name in dynamodb.list_tables()["TableNames"]}
    made |= {url.rpartition("/")[2] for url in sqs.list_queues()["QueueUrls"]}
    made |= {f"function:{STACK}-{name}" for name in configurations(deployed)}
    named = set()
    for policy, document in policies(deployed).items():
        for statement in document["Statement"]:
            assert statement["Effect"] == "Allow"
            resources = statement["Resource"]
            for resource in [resources] if isinstance(resources, str) else resources:
                match = ARN.fullmatch(resource)
                assert match, (policy, resource)
                assert "*" not in resource, (policy, resource)
                if match[1] != "ssm":
                    named.add(match[2].partition("/index/")[0])
    assert named <= made
    assert {each for each in made if "DeadLetters" not in each and not each.startswith("function:")} <= named
