"""Fixtures: those of the stand-in's tests."""

from tests.replicate.conftest import clock, engine, image, outside, service

__all__ = ["clock", "engine", "image", "outside", "service"]
