"""The changes feed: which titles changed on which day."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final

from infocus_graphql.local_tmdb.lists import Json

# The feed has no changes of these, as at TMDB.
_UNNOTICED: Final = {"rating", "votes", "popularity", "offers"}
_LONGEST: Final = timedelta(days=14)


class InvalidPeriod(Exception):
    """TMDB refuses the period: its dates are more than 14 days apart, or no dates."""


@dataclass
class Changes:
    """What changed on which day (UTC). `today` is the present, unless a test sets another day."""

    today_is: date | None = None
    _entries: list[tuple[date, str, int | None, bool | None]] = field(default_factory=list)

    @property
    def today(self) -> date:
        """The present day."""
        return self.today_is or datetime.now(UTC).date()

    def record(self, kind: str, tmdb_id: int | None, *, adult: bool | None = False) -> None:
        """Adds an entry of today. Ids may be null, and `adult` is null for titles that were deleted."""
        self._entries.append((self.today, kind, tmdb_id, adult))

    def clear(self) -> None:
        """Removes all entries, and goes back to the present."""
        self._entries.clear()
        self.today_is = None

    def of(self, kind: str, start: str | None, end: str | None) -> list[Json]:
        """The entries of a period with both its days, each title once; by default those of a day.

        Raises InvalidPeriod.
        """
        last = _day(end) or self.today
        first = _day(start) or last - timedelta(days=1)
        if last - first > _LONGEST:
            raise InvalidPeriod
        found = {}
        for day, of_kind, tmdb_id, adult in self._entries:
            if of_kind == kind and first <= day <= last:
                found[tmdb_id] = adult
        return [{"id": tmdb_id, "adult": adult} for tmdb_id, adult in found.items()]


def is_noticed(members: Iterable[str]) -> bool:
    """Whether the feed has a change of these facts."""
    return not _UNNOTICED.issuperset(members)


def _day(text: str | None) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidPeriod from None
