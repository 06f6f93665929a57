"""`python -m operate COMMAND`: what the Makefile calls; STACK and AWS_REGION, or ENV, name an installation."""

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
from operate.story import story

INTERRUPTED = 128 + 2
"""What a shell says of a command that SIGINT ended."""
USAGE = (
    "usage: python -m operate story JOB | logs JOB | redrive start|completion|retention (STACK names a stack on AWS) | "
    "bucket | deploy | doctor | secrets | teardown (ENV names a stage of samconfig.toml)"
)


def main(arguments: list[str]) -> int:
    """Run one command; the exit code."""
    try:
        match arguments:
            case ["story", job_id]:
                return tell(find_installation(os.environ.get("STACK", "")), job_id)
            case ["logs", job_id]:
                return look_up(os.environ.get("STACK", ""), job_id)
            case ["redrive", queue] if queue in QUEUES:
                return put_back(os.environ.get("STACK", ""), queue)
            case [command] if command in COMMANDS:
                return run(command)
    except OperatorError as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nBroken off; what was said until here is done.", file=sys.stderr)
        return INTERRUPTED
    print(USAGE, file=sys.stderr)
    return 2


def tell(installation: Installation, job_id: str) -> int:
    """Print the story of a job."""
    job = DynamoJobs(installation.client("dynamodb"), installation.outputs["JobsTableName"]).get(job_id)
    if job is None:
        raise OperatorError(f"There is no job {job_id}; rows are kept for 90 days.")
    print("\n".join(story(job)))
    return 0


def look_up(stack: str, job_id: str) -> int:
    """Print what the local functions logged about a job, and how to ask a stack on AWS for it."""
    if not is_job_id(job_id):
        raise OperatorError(
            f"{job_id!r} is no job id; one has 26 letters and digits: make logs JOB=jl2qrbrzmu33rjw3ppgpdky2zd"
        )
    if not stack:
        lines = lines_about(job_id, find_installation("").client("logs"), STACK_NAME)
        if not lines:
            raise OperatorError(f"No function of the local stack has logged anything about a job {job_id}.")
        print("\n".join(lines), end="\n\n")
    print("\n".join(how_to_query(job_id, stack or STACK_NAME)))
    return 0


def put_back(stack: str, queue: str) -> int:
    """Redrive one queue and say how many messages that were; on AWS, in which account."""
    installation = find_installation(stack)
    if stack:
        print(find_account(installation.client))
    name = queue.capitalize()
    urls = (installation.outputs[f"{name}{suffix}"] for suffix in ("DeadLettersUrl", "QueueUrl"))
    moved = redrive(installation.client("sqs"), *urls)
    print(f"{moved} messages went back to {queue}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
