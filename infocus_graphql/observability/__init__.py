"""Logging and the operation log."""
