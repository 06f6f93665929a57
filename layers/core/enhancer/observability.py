"""Logs as JSON lines, metrics as lines that CloudWatch reads. No picture bytes, tokens, cookies or signed URLs."""

from aws_lambda_powertools import Logger

logger = Logger()


def security_event(event: str, **what: str) -> None:
    """A line that whoever watches over the installation looks for: `message` is "security"."""
    logger.warning("security", extra={"event": event, **what})


def count(metric: str) -> None:
    """Count an event that an operator wants to see or be woken by."""
    from aws_lambda_powertools.metrics import MetricUnit, single_metric

    with single_metric(name=metric, unit=MetricUnit.Count, value=1, namespace="ImageEnhancer"):
        pass
