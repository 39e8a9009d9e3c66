"""The clock of the tests of signing in, for those of payloads too."""

from tests.api.sessions.conftest import clock

__all__ = ["clock"]
