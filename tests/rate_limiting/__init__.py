"""Tests of the rates: the arithmetic, the two places to count in, and what clients see."""
