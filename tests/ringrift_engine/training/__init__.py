"""Tests of `ringrift_engine.training`."""
