"""A process of its own that imports one handler and answers one event, then as many warm requests as its argument says.

Started by variants.py with `python -S`; imports no module of ours, so that the process has only what a function has.
Arguments: module, file of the event, warm requests. Prints the answer, modules, peak memory and CPU as JSON.
"""

import importlib
import json
import sys
import time

MODULE, EVENT, WARM = sys.argv[1], sys.argv[2], int(sys.argv[3])


class Context:
    """The context of an invocation, as Lambda's."""

    aws_request_id = "request"
    function_name = "bench"
    memory_limit_in_mb = 256
    invoked_function_arn = "arn:aws:lambda:eu-central-1:1:function:bench"

    @staticmethod
    def get_remaining_time_in_millis():
        """Return a constant."""
        return 10_000


with open(EVENT) as file:  # noqa: PTH123 - not every handler imports pathlib
    TEXT = file.read()
handler = importlib.import_module(MODULE).handler
answer = handler(json.loads(TEXT), Context)
modules = len(sys.modules)
started = time.process_time()
for _ in range(WARM):
    handler(json.loads(TEXT), Context)
cpu = time.process_time() - started
with open("/proc/self/status") as file:  # noqa: PTH123
    peak = next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))
print(json.dumps({"answer": answer, "modules": modules, "warm_ms": cpu / max(1, WARM) * 1e3, "peak_kib": peak}))
