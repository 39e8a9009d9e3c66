"""Reads TMDB's changes feed, and makes the titles due that changed.

The feed has days in UTC, and a day is open until it is over. Responses of TMDB are cached for hours. So the
last day is read again, and a title that changed is fetched once more on the next day.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import structlog
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from infocus_graphql.core.clock import now
from infocus_graphql.db.database import Database, UnitOfWork
from infocus_graphql.domains.catalogue.models import CatalogueSync
from infocus_graphql.domains.catalogue.refreshing.claims import Ref, make_due
from infocus_graphql.tmdb.client import TmdbClient
from infocus_graphql.tmdb.records import TitleType

log = structlog.get_logger("infocus.catalogue")

# TMDB's limit for a call.
_WINDOW: Final = timedelta(days=14)
# The feed reaches back further, but titles come due by age soon enough.
_LONGEST_GAP: Final = timedelta(days=60)
# TMDB's responses may be so old.
_CACHED: Final = timedelta(hours=8)
# A change is often there twice, today and tomorrow: it is not worth two fetches within this time.
_RECENT: Final = timedelta(hours=12)


async def read_changes(database: Database, tmdb: TmdbClient, kind: TitleType) -> int:
    """Reads the feed of films or of series since the last time; returns how many titles became due.

    Each page is stored at once. After an interruption the days that were not finished are read again.
    """
    known_until = now().astimezone(UTC) - _CACHED
    today = now().astimezone(UTC).date()
    name = f"{kind.value}_changes"
    since = await database.transaction(synced_at, name)
    start = since.date() if since is not None else today - timedelta(days=1)
    if start < today - _LONGEST_GAP:
        log.warning("changes feed was not read for long", type=kind.value, since=start.isoformat())
        start = today - _LONGEST_GAP
    due = 0
    for first, last in _windows(start, today):
        due += await _read_window(database, tmdb, kind, first, last)
        until = known_until if last == today else datetime.combine(last, time(), UTC)
        await database.transaction(note_sync, name, until)
    return due


async def synced_at(work: UnitOfWork, name: str) -> datetime | None:
    """Until when something was last read from TMDB."""
    return await work.session.scalar(select(CatalogueSync.synced_at).where(CatalogueSync.name == name))


async def note_sync(work: UnitOfWork, name: str, at: datetime) -> None:
    """Stores until when something was read from TMDB."""
    values = {"name": name, "synced_at": at}
    stored = insert(CatalogueSync).values(**values)
    await work.session.execute(stored.on_conflict_do_update(index_elements=["name"], set_=values))


def _windows(start: date, end: date) -> Iterator[tuple[date, date]]:
    """Windows that TMDB allows, both days included; each begins with the last day of the one before."""
    while True:
        last = min(start + _WINDOW, end)
        yield start, last
        if last >= end:
            return
        start = last


async def _read_window(database: Database, tmdb: TmdbClient, kind: TitleType, first: date, last: date) -> int:
    number, pages, due, skipped = 1, 1, 0, 0
    while number <= pages:
        page = await tmdb.changes(kind, first, last, page=number)
        # A title whose `adult` is unknown may have just been deleted: it is fetched, too.
        refs: list[Ref] = [(kind, change.id) for change in page.changes]
        due += await database.transaction(make_due, refs, older=_RECENT)
        pages, number, skipped = page.pages, number + 1, skipped + page.skipped
    log.info(
        "changes read",
        type=kind.value,
        first=first.isoformat(),
        last=last.isoformat(),
        due=due,
        skipped=skipped,
    )
    return due
