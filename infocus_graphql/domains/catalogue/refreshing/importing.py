"""Imports many titles. A requested title is a row in `title_fetches` that is due and was never fetched.

So an import that was interrupted continues with the titles that are left, and two imports share them.
"""

import asyncio
from collections.abc import Iterable, Iterator
from itertools import islice
from time import monotonic
from typing import Final

import structlog
from sqlalchemy import func, select

from infocus_graphql.db.database import Database, ReadUnit
from infocus_graphql.db.transient_errors import classify_transient
from infocus_graphql.domains.catalogue.models import TitleFetch
from infocus_graphql.domains.catalogue.refreshing.claims import Ref, request_titles
from infocus_graphql.domains.catalogue.refreshing.titles import Outcome, Progress, Refresher
from infocus_graphql.tmdb.client import TmdbClient
from infocus_graphql.tmdb.errors import TmdbUnavailable
from infocus_graphql.tmdb.exports import ExportFile
from infocus_graphql.tmdb.records import TitleType

log = structlog.get_logger("infocus.catalogue")

# TMDB has 500 pages of popular films and as many of series.
MAX_POPULAR: Final = 20_000
_PAGES: Final = 500
_CHUNK: Final = 1_000
_POLL_SECONDS: Final = 1.0
_PAUSE_SECONDS: Final = 2.0
# The import gives up if nothing succeeds for this time.
_PATIENCE_SECONDS: Final = 300.0


async def request_popular(database: Database, tmdb: TmdbClient, number: int) -> int:
    """Requests the most popular films and as many series; returns the number of titles, old ones included."""
    wanted = {TitleType.MOVIE: number - number // 2, TitleType.TV: number // 2}
    found = 0
    for kind, most in wanted.items():
        refs: set[Ref] = set()
        for page_number in range(1, _PAGES + 1):
            if len(refs) >= most:
                break
            page = await tmdb.popular(kind, language="en-US", page=page_number)
            # A title may be on two pages, if its rank has changed meanwhile.
            fresh = dict.fromkeys(ref for each in page.titles if (ref := (kind, each.id)) not in refs)
            new = list(fresh)[: most - len(refs)]
            refs.update(new)
            await database.transaction(request_titles, new)
            if page_number >= page.pages:
                break
        found += len(refs)
    return found


async def request_exported(
    database: Database, export: ExportFile, kind: TitleType, number: int | None = None
) -> int:
    """Requests the titles of an export, or the most popular of them; returns their number, with old ones."""
    exported = export if number is None else export.most_popular(number)
    found = 0
    for chunk in _chunks((kind, each.id) for each in exported):
        await database.transaction(request_titles, chunk)
        found += len(chunk)
    return found


async def count_requested(unit: ReadUnit) -> int:
    """The number of titles that are requested and not fetched yet."""
    waiting = select(func.count()).where(TitleFetch.refresh_at <= func.now(), TitleFetch.fetched_at.is_(None))
    return int(await unit.scalar(waiting))


async def import_requested(database: Database, tmdb: TmdbClient, progress: Progress) -> Outcome:
    """Fetches all requested titles, and waits for those that other workers fetch.

    If TMDB or the database can't be reached for some time, it waits; it raises their error when nothing
    succeeds for five minutes.
    """
    refresher, succeeded, last = Refresher(database, tmdb, progress), monotonic(), 0
    while True:
        try:
            await refresher.run(new=True)
            left = await database.read(count_requested)
        except Exception as error:
            if not isinstance(error, TmdbUnavailable) and classify_transient(error) is None:
                raise
            if refresher.outcome.finished > last:
                succeeded, last = monotonic(), refresher.outcome.finished
            if monotonic() - succeeded > _PATIENCE_SECONDS:
                raise
            log.warning("import waits", reason=type(error).__name__)
            await asyncio.sleep(_PAUSE_SECONDS)
            continue
        if not left:
            return refresher.outcome
        # Another worker has claimed the rest, or was killed with them.
        succeeded = monotonic()
        await asyncio.sleep(_POLL_SECONDS)


def _chunks(refs: Iterable[Ref]) -> Iterator[list[Ref]]:
    iterator = iter(refs)
    while chunk := list(dict.fromkeys(islice(iterator, _CHUNK))):
        yield chunk
