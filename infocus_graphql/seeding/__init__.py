"""Data sets for demos, tests and benchmarks."""
