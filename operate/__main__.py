"""`python -m operate COMMAND`, which the Makefile calls; STACK and AWS_REGION, or ENV, name an installation."""

import os
import sys

from deployment.emulator import STACK_NAME
from enhancer.adapters.dynamo_jobs import DynamoJobs
from enhancer.domain.keys import is_job_id
from operate.account import find_account
from operate.installation import Installation, OperatorError, find_installation
from operate.logs import how_to_query, lines_about
from operate.redrive import QUEUES, redrive
from operate.stage_commands import COMMANDS, run
from operate.timeline import timeline

INTERRUPTED = 128 + 2
"""The exit code of a command that SIGINT ended, as shells report it."""
USAGE = (
    "usage: python -m operate timeline JOB | logs JOB | redrive start|completion|retention "
    "(STACK names a stack on AWS) | bucket | deploy | doctor | secrets | teardown (ENV names a stage of samconfig.toml)"
)


def main(arguments: list[str]) -> int:
    """Run one command; return the exit code."""
    try:
        match arguments:
            case ["timeline", job_id]:
                return show_timeline(find_installation(os.environ.get("STACK", "")), job_id)
            case ["logs", job_id]:
                return show_logs(os.environ.get("STACK", ""), job_id)
            case ["redrive", queue] if queue in QUEUES:
                return redrive_queue(os.environ.get("STACK", ""), queue)
            case [command] if command in COMMANDS:
                return run(command)
    except OperatorError as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted; the steps above are complete.", file=sys.stderr)
        return INTERRUPTED
    print(USAGE, file=sys.stderr)
    return 2


def show_timeline(installation: Installation, job_id: str) -> int:
    """Print the timeline of a job."""
    job = DynamoJobs(installation.client("dynamodb"), installation.outputs["JobsTableName"]).get(job_id)
    if job is None:
        raise OperatorError(f"There is no job {job_id}; rows are kept for 90 days.")
    print("\n".join(timeline(job)))
    return 0


def show_logs(stack: str, job_id: str) -> int:
    """Print what the local functions logged about a job, and the query that finds it on AWS."""
    if not is_job_id(job_id):
        raise OperatorError(
            f"{job_id!r} is not a job id, which has 26 letters and digits: make logs JOB=jl2qrbrzmu33rjw3ppgpdky2zd"
        )
    if not stack:
        lines = lines_about(job_id, find_installation("").client("logs"), STACK_NAME)
        if not lines:
            raise OperatorError(f"No function of the local stack has logged anything about job {job_id}.")
        print("\n".join(lines), end="\n\n")
    print("\n".join(how_to_query(job_id, stack or STACK_NAME)))
    return 0


def redrive_queue(stack: str, queue: str) -> int:
    """Redrive one queue and print the number of messages; on AWS, print the account first."""
    installation = find_installation(stack)
    if stack:
        print(find_account(installation.client))
    name = queue.capitalize()
    urls = (installation.outputs[f"{name}{suffix}"] for suffix in ("DeadLettersUrl", "QueueUrl"))
    moved = redrive(installation.client("sqs"), *urls)
    print(f"messages moved back to {queue}: {moved}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
