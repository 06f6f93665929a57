"""Raises."""


def handler(_event, _context):
    raise ValueError("a secret detail")
