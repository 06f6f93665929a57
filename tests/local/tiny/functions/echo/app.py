"""Answers with the event it got, its interpreter's search path and its environment."""

import json
import os
import sys


def handler(event, _context):
    seen = {"event": event, "path": sys.path, "environment": dict(os.environ)}
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": json.dumps(seen)}
