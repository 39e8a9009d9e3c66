"""Reads TMDB's lists of streaming services and genres, once a week."""

from datetime import timedelta
from typing import Final

from infocus_graphql.core.clock import now
from infocus_graphql.db.database import Database, UnitOfWork
from infocus_graphql.domains.catalogue.refreshing.changes import note_sync, synced_at
from infocus_graphql.domains.catalogue.writes.lists import store_genres, store_services
from infocus_graphql.tmdb import records
from infocus_graphql.tmdb.client import TmdbClient
from infocus_graphql.tmdb.records import TitleType

_NAME: Final = "lists"
_EVERY: Final = timedelta(days=7)
# The languages in which genres have names here. TMDB has more.
_LANGUAGES: Final = (
    *("en", "ar", "cs", "da", "de", "el", "es", "fi", "fr", "he", "hu", "it", "ja", "ko", "nl", "no", "pl"),
    *("pt", "ro", "ru", "sv", "tr", "uk", "zh"),
)


async def sync_lists(database: Database, tmdb: TmdbClient, *, always: bool = False) -> bool:
    """Stores the lists if the last time was a week ago, or `always`; returns whether it did."""
    last = await database.transaction(synced_at, _NAME)
    if last is not None and now() - last < _EVERY and not always:
        return False
    providers: dict[int, records.Provider] = {}
    for kind in TitleType:
        for each in await tmdb.providers(kind):
            other = providers.get(each.id)
            priorities = each.priorities | (other.priorities if other else {})
            providers[each.id] = records.Provider(each.id, each.name, each.logo_path, priorities)
    genres = {
        kind: {language: await tmdb.genres(kind, language=language) for language in _LANGUAGES}
        for kind in TitleType
    }

    async def store(work: UnitOfWork) -> None:
        await store_services(work, list(providers.values()))
        await store_genres(work, genres)
        await note_sync(work, _NAME, now())

    await database.transaction(store)
    return True
