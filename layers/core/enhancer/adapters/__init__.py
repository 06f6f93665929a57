"""Adapters to the outside world: one service or format per file."""
