"""Tests of rate limiting: the arithmetic, both stores, and the behaviour for clients."""
