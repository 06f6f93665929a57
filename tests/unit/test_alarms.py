"""Alarms, dashboard, metrics and the operator's guide against one another."""

import json
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from enhancer.observability import METRICS, NAMESPACE
from tests.unit.test_distribution import Evaluated
from tests.unit.test_template import RESOURCES, TEMPLATE

ROOT = Path(__file__).parents[2]
ALARMS = {name: r for name, r in RESOURCES.items() if r["Type"] == "AWS::CloudWatch::Alarm"}
DASHBOARD = json.loads(
    RESOURCES["Dashboard"]["Properties"]["DashboardBody"]["!Sub"]
    .replace("${DailyRunLimit}", "1000")
    .replace("${!", "${")
)
WIDGETS = DASHBOARD["widgets"]
GUIDE = (ROOT / "docs/operations.md").read_text()
SEARCH = re.compile(r"""SEARCH\('\{(?P<namespace>[\w/]+),(?P<dimensions>[\w,]+)\} .*MetricName="(?P<metric>\w+)"'""")
AWS = {
    # Metrics of the services themselves, with their dimension (AWS's user guides of each, read 2026-11-23)
    "AWS/ApiGateway": ({"Count", "4xx", "5xx", "Latency"}, "ApiId"),
    "AWS/Lambda": ({"Errors", "Throttles", "Duration", "Invocations"}, "FunctionName"),
    "AWS/SQS": ({"ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible"}, "QueueName"),
}


def suffix(alarm):
    return alarm["Properties"]["AlarmName"]["!Sub"].removeprefix("${AWS::StackName}-")


def shown():
    """Namespace, metric and dimensions of everything on the dashboard."""
    for widget in WIDGETS:
        for row in widget["properties"].get("metrics", []):
            if isinstance(row[0], dict):
                match = SEARCH.match(row[0]["expression"])
                assert match, row
                yield match["namespace"], match["metric"], tuple(match["dimensions"].split(","))
            else:
                names = [each for each in row if isinstance(each, str)]
                yield names[0], names[1], tuple(names[2::2])


def watched():
    """Likewise of all that alarms watch."""
    for alarm in ALARMS.values():
        properties = alarm["Properties"]
        parts = [each["MetricStat"]["Metric"] for each in properties.get("Metrics", []) if "MetricStat" in each]
        for metric in parts or [properties]:
            yield metric["Namespace"], metric["MetricName"], tuple(each["Name"] for each in metric["Dimensions"])


@pytest.mark.parametrize(("namespace", "metric", "dimensions"), [*shown(), *watched()])
def test_what_is_shown_and_watched_exists(namespace, metric, dimensions):
    if namespace == NAMESPACE:
        assert dimensions[0] == "service"
        declared = METRICS[metric][1]
        # one set of dimensions is one metric of CloudWatch's: either as declared, or by state alone
        assert dimensions[1:] in {declared, ("state",)}, "nothing is written under these dimensions"
        assert "state" in declared or dimensions[1:] == declared
    else:
        names, dimension = AWS[namespace]
        assert metric in names
        assert dimensions == (dimension,)


def test_every_metric_of_ours_is_on_the_dashboard():
    assert {metric for namespace, metric, _ in shown() if namespace == NAMESPACE} == set(METRICS)


def test_the_dashboard_shows_every_alarm_and_its_widgets_lie_beside_one_another():
    [board] = [widget for widget in WIDGETS if widget["type"] == "alarm"]
    assert sorted(board["properties"]["alarms"]) == sorted(f"${{{name}.Arn}}" for name in ALARMS)
    places = sorted((widget["y"], widget["x"], widget["width"], widget["height"]) for widget in WIDGETS)
    for (y, x, width, height), (next_y, next_x, *_) in pairwise(places):
        assert (next_y, next_x) in {(y, x + width), (y + height, 0)}
        assert x + width <= 24


def test_a_widget_has_the_id_of_each_expression_once():
    for widget in WIDGETS:
        ids = [row[0]["id"] for row in widget["properties"].get("metrics", []) if isinstance(row[0], dict)]
        assert len(set(ids)) == len(ids)
        assert all(re.fullmatch(r"[a-z]\w*", each) for each in ids)


@pytest.mark.parametrize("alarm", ALARMS.values(), ids=list(ALARMS))
def test_an_alarm_leads_to_its_section_and_alerts_the_operator(alarm):
    properties = alarm["Properties"]
    assert properties["AlarmDescription"].endswith(f" docs/operations.md#{suffix(alarm)}")
    assert len(properties["AlarmDescription"]) <= 1024
    actions = [{"!Ref": "AlarmTopic"}]
    on_aws = actions if alarm.get("Condition") == "OnAws" else {"!If": ["OnAws", actions, {"!Ref": "AWS::NoValue"}]}
    assert properties["AlarmActions"] == properties["OKActions"] == on_aws
    silent = "breaching" if suffix(alarm) == "reconcile-silent" else "notBreaching"
    assert properties["TreatMissingData"] == silent, "an installation that rests is well, but it sweeps"


def test_every_alarm_has_its_section_and_every_section_its_alarm():
    chapter = GUIDE.partition("\n## Alarms\n")[2].partition("\n## ")[0]
    sections = {part.partition("\n")[0]: part for part in chapter.split("\n### ")[1:]}
    assert set(sections) == {suffix(alarm) for alarm in ALARMS.values()}
    for name, text in sections.items():
        assert [word for word in ("**Means**", "**Look**", "**Do**") if word not in text] == [], name


def test_a_metric_math_alarm_uses_each_of_its_metrics_and_those_are_written_together():
    for name, alarm in ALARMS.items():
        watched, *parts = alarm["Properties"].get("Metrics", [None])
        for part in parts:
            assert re.search(rf"\b{part['Id']}\b", watched["Expression"]), name
            assert part["ReturnData"] is False
        metrics = {
            (each["MetricStat"]["Metric"]["Namespace"], each["MetricStat"]["Metric"]["MetricName"]) for each in parts
        }
        ours = {metric for namespace, metric in metrics if namespace == NAMESPACE}
        # What has no point at all is not filled, so that the divisor is written whenever the other one is.
        assert ours in (set(), {"PlatformFailures"}, {"RunsRecovered", "PlatformFailures"})


def test_every_metric_is_explained():
    for metric in METRICS:
        assert f"`{metric}`" in GUIDE.partition("## Metrics")[2].partition("## ")[0], metric


def test_who_named_an_address_is_subscribed():
    subscription, condition = RESOURCES["AlarmSubscription"], TEMPLATE["Conditions"]["HasAlarmEmail"]
    assert subscription["Condition"] == "HasAlarmEmail"
    assert subscription["Properties"]["Endpoint"] == {"!Ref": "AlarmEmail"}
    assert Evaluated(AlarmEmail="me@example.com").condition(condition)
    assert not Evaluated().condition(condition)
    assert not Evaluated(AlarmEmail="me@example.com", Stage="local").condition(condition)


def watches(alarm):
    """Metric, its dimension, window in seconds, and the condition on what was counted and what there was in all."""
    properties = alarm["Properties"]
    if "Metrics" not in properties:
        return properties["Period"], lambda failed, _: failed >= properties["Threshold"]
    watched, *parts = properties["Metrics"]
    counted, total = (part["Id"] for part in parts)
    [window] = {part["MetricStat"]["Period"] for part in parts}
    shape = rf"IF\({counted} >= (\d+), 100 \* {counted} / {total}, 0\)"
    least = int(re.fullmatch(shape, watched["Expression"])[1])
    return window, lambda failed, ended: failed >= least and 100 * failed / ended >= properties["Threshold"]


def hours_to_alarm(alarm, jobs_a_month):
    """From the beginning of a total outage to the alarm, mean of 200, at most 90 days each; jobs come at random.

    A window is taken as CloudWatch's calendar has it, which is the later of the two ways to read it: an alarm that
    looks at the last minutes or hours of any moment rings no later.
    """
    window, rings = watches(alarm)
    random = Random(1)  # noqa: S311 - jobs, not secrets
    month = 30 * 86400
    waits = []
    for _ in range(200):
        now = began = random.uniform(0, 86400)
        counts = Counter()
        while now - began < 3 * month:
            now += random.expovariate(jobs_a_month / month)
            counts[now // window] += 1
            if rings(counts[now // window], counts[now // window]):
                break
        waits.append(now - began)
    return sum(waits) / len(waits) / 3600


def test_a_small_installation_is_told_of_a_total_outage_within_the_day():
    """And the table of the operator's guide is what this computes."""
    said = GUIDE.partition("| alarm | 300 jobs a month |")[2].partition("\n\n")[0]
    rows = {cells[1].strip("` "): cells[2:5] for cells in (line.split("|") for line in said.splitlines()[2:])}
    for name, cells in rows.items():
        [alarm] = [each for each in ALARMS.values() if suffix(each) == name]
        hours = [hours_to_alarm(alarm, jobs) for jobs in (300, 1000, 10_000)]
        assert [cell.strip() for cell in cells] == ["> 30 days" if h > 720 else f"{h:.1f} h" for h in hours], name
    assert {"job-error-share", "reconcile-adoptions"} < set(rows)
    for name in ("job-error-share", "reconcile-adoptions"):
        daily = next(each for each in ALARMS.values() if suffix(each) == f"{name}-day")
        assert hours_to_alarm(daily, 300) < 24, name


def test_no_alarm_watches_what_any_client_can_cause_by_being_refused():
    counted = {metric for namespace, metric, _ in watched() if namespace == NAMESPACE}
    assert not counted & {"WebhookRefusals", "SecurityEvents"}
    assert {metric for namespace, metric, _ in watched() if namespace == "AWS/ApiGateway"} == {"5xx", "Count"}


def test_an_alarm_on_silence_begins_to_look_when_there_is_something_to_hear():
    """Without a value it would be in alarm at every first deployment: it is made behind what takes minutes to make."""
    for alarm in ALARMS.values():
        if alarm["Properties"]["TreatMissingData"] == "breaching":
            assert {"Distribution", "ReconcileFunctionEveryMinute"} <= set(alarm["DependsOn"])
