"""Tests of `searchMedia`."""
