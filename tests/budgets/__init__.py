"""Measurements, as commands; those that count rather than time something are tests as well."""
