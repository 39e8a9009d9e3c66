"""Text search and sorting are the same on every PostgreSQL version and locale."""

from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from alembic.util import CommandError

from infocus_graphql.db import migrations
from infocus_graphql.db.embedded import EmbeddedPostgres

IN_ORDER = [
    *("!!!", "10", "2", "(500) Days", "'Allo 'Allo!", "...And Justice", "Apple", "apple", "äpple", "Ärger"),
    *("eagle", "Éclair", "Éclair 2", "fin", "ﬁn", "İstanbul", "lodge", "Łódź", "Oceans", "Ocean's Eleven"),
    *("Star-Crossed", "Star Trek", "Starman", "WALL·E", "Wallace", "Zebra", "Ωmega", "ёлка", "ель"),
    *("あ", "ア", "い", "東京", "🎬"),
]
LOCALES = {
    15: ["LOCALE 'C'", "LOCALE 'C.UTF-8'", "LOCALE_PROVIDER icu ICU_LOCALE 'sv' LOCALE 'C.UTF-8'"],
    18: [
        "LOCALE 'C'",
        "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'",
        "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'PG_UNICODE_FAST' LOCALE 'C'",
    ],
}


@pytest.fixture(scope="module", params=[None, *Path("/usr/lib/postgresql").glob("*/bin")], ids=str)
def postgres(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[EmbeddedPostgres]:
    """An embedded server for each available PostgreSQL: the wheel's and all installed ones."""
    home = tmp_path_factory.mktemp("postgres")
    with EmbeddedPostgres(home, bin_dir=request.param, settings={"fsync": "off"}) as server:
        yield server


async def connect(postgres: EmbeddedPostgres, database: str) -> asyncpg.Connection:
    return await asyncpg.connect(host=str(postgres.socket_dir), user="infocus", database=database)


async def test_titles_have_one_order_and_one_search_form(postgres: EmbeddedPostgres) -> None:
    server = await connect(postgres, "postgres")
    for number, locale in enumerate(LOCALES[int(postgres.version.partition(".")[0])]):
        name = f"text_{number}"
        await server.execute(f"CREATE DATABASE {name} ENCODING 'UTF8' {locale} TEMPLATE template0")
        await migrations.upgrade(postgres.dsn(name))
        database = await connect(postgres, name)
        await database.execute(
            "INSERT INTO media_items (id, tmdb_id, tmdb_type, title) "
            "SELECT 'mi' || number, number, 'movie', title "
            "FROM unnest($1::text[]) WITH ORDINALITY AS given (title, number)",
            sorted(IN_ORDER, key=len),
        )
        titles = await database.fetch("SELECT title FROM media_items ORDER BY title_sort, id")
        assert [row["title"] for row in titles] == IN_ORDER, locale
        found = "SELECT title FROM media_items WHERE title_search LIKE '%' || $1 || '%' ORDER BY title_sort"
        for text, title in (("istanbul", "İstanbul"), ("lodz", "Łódź"), ("ωmega", "Ωmega"), ("елка", "ёлка")):
            assert [row["title"] for row in await database.fetch(found, text)] == [title], locale
        await database.close()
    await server.close()


async def test_a_database_with_another_encoding_than_utf8_is_rejected(postgres: EmbeddedPostgres) -> None:
    server = await connect(postgres, "postgres")
    await server.execute("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    await server.close()
    with pytest.raises(CommandError, match=r"encoding is LATIN1.*createdb --encoding=UTF8"):
        await migrations.upgrade(postgres.dsn("latin"))
    assert await migrations.current(postgres.dsn("latin")) is None
