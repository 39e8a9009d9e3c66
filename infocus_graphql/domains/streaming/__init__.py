"""Streaming services as brands, and the history of their offers."""
