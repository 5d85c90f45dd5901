"""Tests of `ringrift_engine.nets`."""
