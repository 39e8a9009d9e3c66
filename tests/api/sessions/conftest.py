"""A clock fixture that tests can move."""

from datetime import datetime, timedelta, tzinfo

import pytest


class Clock:
    """The application's time, offset from the real time."""

    def __init__(self) -> None:
        self.offset = timedelta()

    def move(self, **by: float) -> None:
        """Moves the time forward: `clock.move(days=7)`."""
        self.offset += timedelta(**by)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of the application under test."""
    moved = Clock()

    class Moved(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]  # the stub returns Self
            return datetime.now(tz) + moved.offset

    monkeypatch.setattr("infocus_graphql.core.clock.datetime", Moved)
    return moved
