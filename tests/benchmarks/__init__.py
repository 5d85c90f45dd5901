"""Measurements; none of them is a test, because seconds on a shared machine prove nothing."""
