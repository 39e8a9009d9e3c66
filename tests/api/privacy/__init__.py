"""Tests of data exports and account deletion."""
