"""E: nothing but the answer, which it is told: what the interpreter and the runtime cost."""

import os

ANSWER = os.environ["BENCH_ANSWER"]


def handler(_event, _context):
    """The expected answer."""
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": ANSWER}
