"""Start jobs at the provider. Trigger: StartQueue."""

from enhancer import bootstrap
from enhancer.observability import logger
from enhancer.queue import serve
from enhancer.usecases.start_job import start_job

starter = bootstrap.starter()


def _start(message: dict[str, str]) -> None:
    outcome = start_job(message["job_id"], starter)
    logger.info("start", extra={"outcome": outcome})


handler = serve(_start)
