"""Logs as JSON lines. Picture bytes, tokens, cookies and signed URLs never get here."""

from aws_lambda_powertools import Logger

logger = Logger()
