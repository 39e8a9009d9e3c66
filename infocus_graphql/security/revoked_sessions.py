"""Recently revoked sessions, whose access tokens have not expired yet."""

from collections.abc import Iterable
from time import monotonic
from typing import Final

# Longer than the lifetime of any access token plus the clock skew.
REMEMBERED_SECONDS: Final = 1200.0
# The maximum age of the list when a request relies on it.
FRESH_SECONDS: Final = 1.0


class RevokedSessions:
    """The revoked sessions that this process knows, and the time as of which the list is complete.

    Times are readings of `time.monotonic`. Check `fresh` before relying on `in`.
    """

    def __init__(self) -> None:
        self._ids: dict[str, float] = {}  # in insertion order, each with the time to drop it
        self._as_of: float | None = None
        self._invalidated_at = 0.0
        self._fresh_until = 0.0

    def __contains__(self, session_id: str | None) -> bool:
        return session_id in self._ids

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def fresh(self) -> bool:
        """Whether the list contains all revocations up to a second ago."""
        return monotonic() < self._fresh_until

    @property
    def as_of(self) -> float | None:
        """The time as of which the list is complete; None before the first query."""
        return self._as_of

    def add(self, session_id: str) -> None:
        """Adds a revoked session."""
        self._ids.setdefault(session_id, monotonic() + REMEMBERED_SECONDS)

    def update(self, session_ids: Iterable[str], as_of: float) -> None:
        """Adds the result of a query: with these, the list is complete as of `as_of`."""
        for each in session_ids:
            self.add(each)
        self._as_of = max(as_of, self._as_of or as_of)
        if self._as_of >= self._invalidated_at:
            self._fresh_until = self._as_of + FRESH_SECONDS
        self._drop_expired(monotonic())

    def invalidate(self) -> None:
        """Marks the list as outdated after a revocation in this process; the next request queries again."""
        self._invalidated_at = monotonic()
        self._fresh_until = 0.0

    def _drop_expired(self, before: float) -> None:
        while self._ids:
            oldest = next(iter(self._ids))
            if self._ids[oldest] > before:
                return
            del self._ids[oldest]
