"""Measures the server beside three others that answer the same: `python -m benchmarks`, or `make bench`."""
