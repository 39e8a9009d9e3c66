"""The sessions that ended lately: their access tokens would otherwise be good for some minutes more."""

from collections.abc import Iterable
from time import monotonic
from typing import Final

# Longer than any access token lives, by more than clocks differ.
REMEMBERED_SECONDS: Final = 1200.0
# How old an answer's knowledge of ended sessions may be.
FRESH_SECONDS: Final = 1.0


class RevokedSessions:
    """What this process knows of ended sessions, and of which moment that knowledge is.

    Moments are readings of `time.monotonic`. Whoever reads `in` asks for `fresh` first.
    """

    def __init__(self) -> None:
        self._ids: dict[str, float] = {}  # in the order of learning, each with the end of its use
        self._as_of: float | None = None
        self._doubted = 0.0
        self._fresh_until = 0.0

    def __contains__(self, session_id: str | None) -> bool:
        return session_id in self._ids

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def fresh(self) -> bool:
        """Whether it is known what had ended a second ago."""
        return monotonic() < self._fresh_until

    @property
    def as_of(self) -> float | None:
        """The moment whose ended sessions are all known; None when it was never asked."""
        return self._as_of

    def add(self, session_id: str) -> None:
        """This one has ended."""
        self._ids.setdefault(session_id, monotonic() + REMEMBERED_SECONDS)

    def learn(self, session_ids: Iterable[str], as_of: float) -> None:
        """These have ended, and at that moment no others had, of those that were not known before."""
        for each in session_ids:
            self.add(each)
        self._as_of = max(as_of, self._as_of or as_of)
        if self._as_of >= self._doubted:
            self._fresh_until = self._as_of + FRESH_SECONDS
        self._forget(monotonic())

    def invalidate(self) -> None:
        """Something has ended just now: what is known is to be learnt anew before the next answer."""
        self._doubted = monotonic()
        self._fresh_until = 0.0

    def _forget(self, before: float) -> None:
        while self._ids:
            oldest = next(iter(self._ids))
            if self._ids[oldest] > before:
                return
            del self._ids[oldest]
