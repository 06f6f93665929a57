"""Log lines about one job: the lines themselves on the local stack, and for AWS the query that finds them."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from deployment import ROOT

FUNCTIONS = tuple(sorted(path.parent.name.replace("_", "-") for path in (ROOT / "functions").glob("*/app.py")))
KNOWN = {
    "timestamp",
    "level",
    "message",
    "location",
    "service",
    "job_id",
    "xray_trace_id",
    "exception",
    "exception_name",
}
"""Keys that have a fixed place in a printed line, or that say nothing about the job."""

Entry = Mapping[str, Any]


def log_group(stack: str, function: str) -> str:
    """Return the name of a function's log group, as template.yaml has it."""
    return f"/aws/lambda/{stack}-{function}"


def lines_about(job_id: str, client: Any, stack: str) -> list[str]:
    """Return every line that the stack's functions logged about a job, in order of time, each with its function."""
    found = [
        (entry, function) for function in FUNCTIONS for entry in _entries(client, log_group(stack, function), job_id)
    ]
    found.sort(key=lambda each: each[0]["timestamp"])  # stable: a function's lines of one millisecond keep their order
    return [shown for entry, function in found for shown in _shown(function, entry)]


def query(job_id: str) -> str:
    """Return the query of CloudWatch Logs Insights for a job's lines."""
    return f'fields @timestamp, @log, @message\n| filter job_id = "{job_id}"\n| sort @timestamp asc\n| limit 10000'


def how_to_query(job_id: str, stack: str) -> Iterator[str]:
    """Yield the query with its log groups, to paste into the console."""
    yield "CloudWatch Logs Insights, in the log groups"
    yield from (f"  {log_group(stack, function)}" for function in FUNCTIONS)
    yield "with the query (choose a time range that begins with the job)"
    yield from (f"  {line}" for line in query(job_id).splitlines())


def _entries(client: Any, group: str, job_id: str) -> Iterator[Entry]:
    pages = client.get_paginator("filter_log_events").paginate(logGroupName=group)
    try:
        for event in (event for page in pages for event in page["events"]):
            if job_id in event["message"]:
                yield from _about(job_id, event["message"])
    except client.exceptions.ResourceNotFoundException:  # the function has logged nothing yet
        return


def _about(job_id: str, message: str) -> Iterable[Entry]:
    try:
        entry = json.loads(message)
    except ValueError:
        return []
    return [entry] if isinstance(entry, dict) and entry.get("job_id") == job_id else []


def _shown(function: str, entry: Entry) -> Iterator[str]:
    rest = (f"{name}={value}" for name, value in entry.items() if name not in KNOWN)
    yield "  ".join([entry["timestamp"], f"{function:17}", entry["level"], " ".join([entry["message"], *rest])])
    yield from (f"    {line}" for line in str(entry.get("exception", "")).splitlines())
