"""Measures subscriptions: `make load`, or `python -m benchmarks.live`."""
