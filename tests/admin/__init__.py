"""Tests of the data browser."""
