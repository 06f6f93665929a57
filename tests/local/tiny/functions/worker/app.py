"""Logs each message."""


def handler(event, _context):
    for record in event["Records"]:
        print("got", record["body"])  # noqa: T201 - a function's log
