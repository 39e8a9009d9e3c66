"""Plays of entries."""

from infocus_graphql.core.clock import now
from infocus_graphql.core.ids import new_id
from infocus_graphql.domains.plays.models import WatchDatePrecision, WatchEvent
from infocus_graphql.domains.watchlists.models import WatchlistEntry


def play_of(entry: WatchlistEntry, **values: str) -> WatchEvent:
    """A play of an entry's title."""
    return WatchEvent(
        id=new_id("wa"),
        user_id=entry.user_id,
        entry_id=entry.id,
        watched_at=now(),
        precision=WatchDatePrecision.INSTANT,
        note="Loud.",
        source="Remote",
        **values,
    )
