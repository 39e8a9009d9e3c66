"""Tests of what payloads show, for clients that keep a cache."""
