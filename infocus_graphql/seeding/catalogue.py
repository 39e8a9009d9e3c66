"""Popular titles, streaming services and genres from TMDB, for development."""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import select

from infocus_graphql.db.database import Database, ReadUnit
from infocus_graphql.domains.catalogue.models import TitleFetch
from infocus_graphql.domains.catalogue.refreshing import claims
from infocus_graphql.domains.catalogue.refreshing.lists import sync_lists
from infocus_graphql.domains.catalogue.refreshing.titles import Refresher
from infocus_graphql.tmdb.client import TmdbClient
from infocus_graphql.tmdb.records import TitleType

# Each has twenty films and twenty series.
PAGES: Final = 2


async def seed_catalogue(database: Database, tmdb: TmdbClient, wanted: Iterable[claims.Ref]) -> int:
    """Fetches popular titles and those that are wanted; returns how many it stored.

    Does nothing if titles were fetched before. Raises a TmdbError if TMDB fails.
    """
    if await database.read(_has_fetched):
        return 0
    popular = [
        (kind, title.id)
        for kind in TitleType
        for page in range(1, PAGES + 1)
        for title in (await tmdb.popular(kind, language="en", page=page)).titles
    ]
    await database.transaction(claims.request_titles, [*wanted, *popular])
    await sync_lists(database, tmdb, always=True)
    return (await Refresher(database, tmdb).run(new=True)).stored


async def _has_fetched(work: ReadUnit) -> bool:
    fetched = select(TitleFetch.tmdb_id).where(TitleFetch.fetched_at.is_not(None)).limit(1)
    return await work.scalar(fetched) is not None
