"""Runs a function's own `app.handler` and records the time and the HTTP requests of each invocation.

The handler of every function in the benchmark, in a layer. Each invocation adds a line of JSON to the file that the
setting METER names: the function; when its handler `began` and `ended`, seconds since the epoch; `init`, the seconds
that importing `app` took before the first one; and the HTTP requests sent, each as method, port, path and X-Amz-Target.
Requests are seen by the audit event of http.client, which boto3 and requests both use
(docs.python.org/3/library/audit_events.html, read 2026-11-23): nothing is patched and no proxy adds its time.
"""

import importlib
import json
import os
import re
import sys
import time
from pathlib import Path
from typing import Any

_HEAD = re.compile(rb"([A-Z]+) ([^ ?]+)\S* HTTP/1\.1\r\n")
_TARGET = re.compile(rb"\r\nx-amz-target: (\S+)", re.IGNORECASE)
_calls: list[tuple[str, int, str, str]] = []


def _listen(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "http.client.send":
        return
    connection, data = arguments
    head = _HEAD.match(data) if isinstance(data, bytes) else None  # the rest are bodies
    if head:
        target = _TARGET.search(data)
        _calls.append((head[1].decode(), connection.port, head[2].decode(), target[1].decode() if target else ""))


sys.addaudithook(_listen)
_loading = time.time()
_handler = importlib.import_module("app").handler
_init = [time.time() - _loading]


def handler(event: Any, context: Any) -> Any:
    """Invoke the function."""
    began = time.time()
    try:
        return _handler(event, context)
    finally:
        ended = time.time()
        line = {
            "function": os.environ["AWS_LAMBDA_FUNCTION_NAME"],
            "began": began,
            "ended": ended,
            "init": _init.pop() if _init else 0.0,
            "calls": _calls,
        }
        with Path(os.environ["METER"]).open("a") as file:
            file.write(json.dumps(line) + "\n")
        _calls.clear()
