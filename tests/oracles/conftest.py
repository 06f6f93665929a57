"""Fixtures: those of the stand-in's tests."""

from replicate_standin.tests.conftest import clock, engine, image, outside, service

__all__ = ["clock", "engine", "image", "outside", "service"]
