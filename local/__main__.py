"""`python -m local start [Name=value …] | stop | demo [IMAGE] | token`, which the Makefile calls."""

import contextlib
import errno
import os
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

from local.config import LocalStackError, StackConfig, config_from_environment
from local.demo import demo
from local.issuer import token
from local.parameters import with_parameters
from local.stack import LocalStack
from local.state_folder import stop

SAVE_SECONDS = 5  # a killed emulator loses the jobs, quotas and messages of at most this time
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
USAGE = (
    "usage: python -m local start [Name=value ...] | stop | demo [IMAGE] | "
    "token (SUB, EMAIL_VERIFIED, ROLE from the environment)"
)


def main(arguments: list[str]) -> int:
    """Run one command and return the exit code."""
    match arguments:
        case ["start", *parameters] if all("=" in each for each in parameters):
            return run(lambda: start(with_parameters(config_from_environment(), parameters)))
        case ["stop"]:
            return run(print_stop)
        case ["demo", *image] if len(image) <= 1:
            return run(lambda: demo(*image))
        case ["token"]:
            return run(print_token)
    return _complain(USAGE)


def run(command: Callable[[], int]) -> int:
    """Run a command; Ctrl-C, SIGTERM and a closed terminal end it cleanly, an error is printed as one sentence."""
    for name in _ENDING:
        if signal.getsignal(name) is not signal.SIG_IGN:  # nohup ignores SIGHUP
            signal.signal(name, _interrupt_once)
    try:
        return command()
    except LocalStackError as error:
        return _complain(str(error))
    except OSError as error:
        if error.errno not in _NO_SPACE:
            raise
        return _complain(
            f"{error.filename or 'A file'} can't be written: {error.strerror}; free some space and start again."
        )


def start(config: StackConfig) -> int:
    """Run the stack until Ctrl-C or SIGTERM; stdout gets one line when it is ready and one when it has stopped."""
    try:
        with LocalStack(config, say=lambda line: print(line, file=sys.stderr, flush=True)) as stack:
            said = f"the page is at {stack.base_url}/, the API reference at {stack.base_url}/api/docs"
            print(said, file=sys.stderr, flush=True)
            print(f"ready {stack.base_url}", flush=True)
            while True:
                for _ in range(SAVE_SECONDS):
                    stack.check()
                    time.sleep(1)
                stack.save()
    except KeyboardInterrupt:
        said = f"stopped; jobs and images are kept in {config.state}"
        if not stack.saved:
            said += f", but the last seconds could not be saved: see {config.state / 'emulator.log'}"
        with contextlib.suppress(OSError):  # the terminal was closed
            print(said, flush=True)
        return 0


def print_stop() -> int:
    """Stop the stack that runs on STATE."""
    print(stop(config_from_environment()))
    return 0


def print_token() -> int:
    """Print a bearer token for SUB, with EMAIL_VERIFIED=false and ROLE=… where given."""
    subject = os.environ.get("SUB")
    if not subject:
        return _complain("SUB is missing: `make token SUB=alice`.")
    claims = {"email_verified": os.environ.get("EMAIL_VERIFIED", "true") != "false"}
    role = {"role": os.environ["ROLE"]} if os.environ.get("ROLE") else {}
    print(token(config_from_environment(), subject, **claims, **role))
    return 0


def _complain(line: str) -> int:
    print(line, file=sys.stderr)
    return 1


def _interrupt_once(_number: int, _frame: FrameType | None) -> NoReturn:
    """Raise KeyboardInterrupt; a second Ctrl-C does not interrupt the clean-up."""
    for name in _ENDING:
        signal.signal(name, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
