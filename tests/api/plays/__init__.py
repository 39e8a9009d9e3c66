"""Tests of plays and progress."""
