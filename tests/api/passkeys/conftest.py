"""The clock of the tests of signing in, for those of passkeys too."""

from tests.api.sessions.conftest import clock

__all__ = ["clock"]
