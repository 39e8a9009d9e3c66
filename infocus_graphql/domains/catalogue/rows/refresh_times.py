"""When a title is due for its next refresh. Titles on watchlists are due every day, whatever they are."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Final

from infocus_graphql.tmdb import records

# TMDB's terms allow copies for six months. Titles that were fetched on one day come due on different days.
_REST: Final = timedelta(days=140)
_SPREAD_DAYS: Final = 30
TRACKED: Final = timedelta(days=1)
_RETURNING: Final = timedelta(days=7)
_RECENT: Final = timedelta(days=14)
_RECENT_WITHIN: Final = timedelta(days=60)
_SOONEST: Final = timedelta(hours=12)


def rest(tmdb_id: int) -> timedelta:
    """How long a title without any reason for an earlier refresh stays as it is."""
    return _REST + timedelta(days=tmdb_id % _SPREAD_DAYS)


def next_refresh(title: records.Title, now: datetime) -> datetime:
    """When a title that was fetched now is due again, if it is on no watchlist.

    A series is due before and after its next episode, and each week if it returns. A title is due at its
    release, and more often in the weeks after it.
    """
    return min(each for each in _reasons(title, now) if each >= now + _SOONEST)


def _reasons(title: records.Title, now: datetime) -> Iterator[datetime]:
    yield now + rest(title.id)
    if title.next_episode is not None and title.next_episode.aired_on is not None:
        airs = datetime.combine(title.next_episode.aired_on, time(), UTC)
        yield from (airs - timedelta(days=1), airs + timedelta(days=1))
    if title.type is records.TitleType.TV and title.status == "Returning Series":
        yield now + _RETURNING
    if title.released_on is not None:
        released = datetime.combine(title.released_on, time(), UTC)
        yield released
        if now - _RECENT_WITHIN < released:
            yield now + _RECENT
