"""Delete pictures whose time is over. Trigger: daily at 03:00 UTC."""

from typing import Any

from enhancer import bootstrap
from enhancer.domain.clock import utc_now
from enhancer.observability import logger
from enhancer.usecases.expire_pictures import expire_pictures

SPARE_MS = 60_000  # stop in good order while there is still time

pictures = bootstrap.pictures()
usage = bootstrap.usage()
prefix = bootstrap.prefix()


def handler(_event: dict[str, Any], context: Any) -> None:
    """Delete what is due, as far as the time goes."""
    logger.set_correlation_id(context.aws_request_id)
    done = expire_pictures(
        pictures=pictures,
        usage=usage,
        prefix=prefix,
        clock=utc_now,
        enough_time=lambda: context.get_remaining_time_in_millis() > SPARE_MS,
    )
    logger.info("expired", extra={"done": done})
