"""Measurements, as commands. What is counted and not timed is a test as well."""
