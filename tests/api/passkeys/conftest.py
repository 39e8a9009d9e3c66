"""Reuses the clock fixture of the session tests."""

from tests.api.sessions.conftest import clock

__all__ = ["clock"]
