"""A store for titles: fetches them from the local TMDB, and reads the tables."""

from collections.abc import Sequence
from typing import Any, Final

import pytest
from sqlalchemy import text

from infocus_graphql.domains.catalogue.writes.summaries import Ref
from infocus_graphql.domains.catalogue.writes.titles import store_titles
from infocus_graphql.graph.context import Services
from infocus_graphql.tmdb import records
from infocus_graphql.tmdb.client import TmdbClient
from infocus_graphql.tmdb.records import TitleType

TABLES: Final = (
    *("media_items", "media_translations", "media_certifications", "media_videos", "similar_titles"),
    *("collections", "people", "credits", "seasons", "episodes", "streaming_services", "tmdb_providers"),
    *("streaming_providers", "offer_events", "genres", "spellings"),
)


class Catalogue:
    """The catalogue of a test's application."""

    def __init__(self, services: Services) -> None:
        assert services.tmdb is not None
        self.services = services
        self.tmdb: TmdbClient = services.tmdb

    async def fetch(self, kind: TitleType, *tmdb_ids: int) -> list[records.Title]:
        """Fetches titles from the local TMDB."""
        return [await self.tmdb.title(kind, each) for each in tmdb_ids]

    async def store(self, *titles: records.Title, **options: Any) -> dict[Ref, str]:
        """Stores titles in one transaction."""
        return await self.services.database.transaction(store_titles, titles, **options)

    async def rows(self, sql: str, **parameters: Any) -> list[dict[str, Any]]:
        """The rows of a SELECT."""
        async with self.services.database.engines.write.connect() as connection:
            found = await connection.execute(text(sql), parameters)
            return [dict(row) for row in found.mappings()]

    async def column(self, sql: str, **parameters: Any) -> list[Any]:
        """The first column of a SELECT."""
        return [next(iter(row.values())) for row in await self.rows(sql, **parameters)]

    async def change(self, sql: str, **parameters: Any) -> None:
        """Runs a statement."""
        async with self.services.database.engines.write.begin() as connection:
            await connection.execute(text(sql), parameters)

    async def versions(self, tables: Sequence[str] = TABLES) -> dict[str, list[Any]]:
        """The versions of all rows: PostgreSQL gives a row that is written a new place and transaction."""
        return {
            table: await self.column(
                f"SELECT ctid::text || ' ' || xmin || ' ' || xmax FROM {table} ORDER BY ctid"
            )
            for table in tables
        }


@pytest.fixture
def catalogue(services: Services) -> Catalogue:
    """The catalogue of the test's application."""
    return Catalogue(services)
