"""The clock of the rate limiter."""

from datetime import UTC, datetime, timedelta

import pytest


class Clock:
    """The clock of the rate limiter, which stands still unless moved."""

    def __init__(self) -> None:
        self.time = datetime(2027, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def move(self, **by: float) -> None:
        self.time += timedelta(**by)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of the rate limiter."""
    clock = Clock()
    for place in ("infocus_graphql.rate_limiting.limiter.now", "infocus_graphql.graph.rate_limits.now"):
        monkeypatch.setattr(place, clock.now)
    return clock
