"""Faults of the provider, on demand: one class for each, one table of all."""
