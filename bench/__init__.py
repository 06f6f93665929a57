"""Measurements, as commands; nothing here is a test or a gate."""
