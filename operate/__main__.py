"""`python -m operate story JOB | redrive QUEUE`: what the Makefile calls; STACK and AWS_REGION name an installation."""

import os
import sys

from enhancer.adapters.dynamo_jobs import DynamoJobs
from local.config import LocalStackError
from operate.installation import Installation, OperatorError, find_installation
from operate.redrive import QUEUES, redrive
from operate.story import story

USAGE = "usage: python -m operate story JOB | redrive start|completion|retention (STACK names a stack on AWS)"


def main(arguments: list[str]) -> int:
    """Run one command; the exit code."""
    try:
        match arguments:
            case ["story", job_id]:
                return tell(find_installation(os.environ.get("STACK", "")), job_id)
            case ["redrive", queue] if queue in QUEUES:
                return put_back(find_installation(os.environ.get("STACK", "")), queue)
    except (OperatorError, LocalStackError) as problem:
        print(problem, file=sys.stderr)
        return 1
    print(USAGE, file=sys.stderr)
    return 2


def tell(installation: Installation, job_id: str) -> int:
    """Print the story of a job."""
    job = DynamoJobs(installation.client("dynamodb"), installation.outputs["JobsTableName"]).get(job_id)
    if job is None:
        raise OperatorError(f"There is no job {job_id}; rows are kept for 90 days.")
    print("\n".join(story(job)))
    return 0


def put_back(installation: Installation, queue: str) -> int:
    """Redrive one queue and say how many messages that were."""
    name = queue.capitalize()
    urls = (installation.outputs[f"{name}{suffix}"] for suffix in ("DeadLettersUrl", "QueueUrl"))
    moved = redrive(installation.client("sqs"), *urls)
    print(f"{moved} messages went back to {queue}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
