"""Unusual configurations of server, database and role have no effect for clients."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
import pytest_asyncio
from alembic import command
from starlette.applications import Starlette

from infocus_graphql import background
from infocus_graphql.app import create_app
from infocus_graphql.db import migrations
from infocus_graphql.db.engines import connector, make_engines
from infocus_graphql.db.grants import grant
from infocus_graphql.db.session_parameters import PINNED, connect, single_use_engine
from infocus_graphql.graph.context import Services
from infocus_graphql.mail.transport import transport_of
from infocus_graphql.settings import Settings
from tests.api.privacy.conftest import exported, table
from tests.sample_rows import ROWS, run
from tests.support.client import Api
from tests.support.comparing import ComparingEngine
from tests.support.factories import Factories
from tests.support.mailbox import Post
from tests.support.server import OWNER, SERVING, Server

STRANGE = {
    "datestyle": "German, DMY",
    "intervalstyle": "sql_standard",
    "timezone": "Asia/Kathmandu",
    "timezone_abbreviations": "Australia",
    "extra_float_digits": "-15",
    "bytea_output": "escape",
    "xmlbinary": "hex",
    "xmloption": "document",
    "client_encoding": "LATIN1",
    "search_path": "hostile, public",
    "standard_conforming_strings": "off",
    "backslash_quote": "off",
    "escape_string_warning": "off",
    "array_nulls": "off",
    "transform_null_equals": "on",
    "quote_all_identifiers": "on",
    "check_function_bodies": "off",
    "default_text_search_config": "pg_catalog.german",
    "gin_fuzzy_search_limit": "1",
    "row_security": "off",
    "default_transaction_isolation": "serializable",
    "default_transaction_read_only": "on",
    "default_transaction_deferrable": "on",
    "statement_timeout": "1ms",
    "lock_timeout": "1ms",
    "idle_in_transaction_session_timeout": "1ms",
    "idle_session_timeout": "1ms",
    "exit_on_error": "on",
    "client_min_messages": "debug5",
    "jit": "on",
    "plan_cache_mode": "force_custom_plan",
    # The only other locale available on every machine.
    "lc_monetary": "POSIX",
    "lc_numeric": "POSIX",
    "lc_time": "POSIX",
    "pg_trgm.similarity_threshold": "1",
}
# Tables and functions with our names in the schema `hostile`, which is first in the search path. Other roles
# can't read them, so that using them fails.
HOSTILE = """
CREATE SCHEMA hostile;
CREATE TABLE hostile.users (id text, email text);
CREATE TABLE hostile.media_items (id text, title text);
CREATE TABLE hostile.revoked_sessions (session_id int);
CREATE TABLE hostile.alembic_version (version_num text);
CREATE TABLE hostile.pgqueuer (id int);
CREATE TYPE hostile.watch_status AS ENUM ('none');
CREATE FUNCTION hostile.purge_audit_events(timestamptz, integer) RETURNS integer
    LANGUAGE sql AS 'SELECT 1/0';
"""


async def make_strange(server: Server, url: str) -> None:
    """Configures the database and both roles."""
    admin = await server.connect(url)
    name = await admin.fetchval("SELECT quote_ident(current_database())")
    await admin.execute(HOSTILE)
    known = {row["name"] for row in await admin.fetch("SELECT name FROM pg_settings")}
    for parameter, value in STRANGE.items():
        assert "." in parameter or parameter in {each.lower() for each in known}, parameter
        listed = value if parameter == "search_path" else f"'{value}'"
        for target in (f"DATABASE {name}", *(f"ROLE {role} IN DATABASE {name}" for role in (OWNER, SERVING))):
            await admin.execute(f"ALTER {target} SET {parameter} = {listed}")
    await admin.close()


@pytest_asyncio.fixture
async def strange_url(server: Server) -> AsyncIterator[str]:
    """The owner's URL of an empty database with an unusual configuration."""
    url = await server.create_database()
    await make_strange(server, url)
    yield url
    await server.drop_database(url)


@pytest_asyncio.fixture
async def app(strange_url: str, settings: Settings) -> AsyncIterator[Starlette]:
    """The application on this database; overrides the common fixture."""
    await migrations.upgrade(strange_url)
    await grant(strange_url, SERVING)
    serving = strange_url.replace(f"//{OWNER}@", f"//{SERVING}@")
    app = create_app(settings, database_url=serving, engine_class=ComparingEngine)
    async with app.router.lifespan_context(app):
        yield app


def test_the_configuration_changes_every_pinned_parameter() -> None:
    assert set(STRANGE) == set(PINNED)


CHOSEN = {
    "statement_timeout",
    "lock_timeout",
    "idle_in_transaction_session_timeout",
    "default_transaction_read_only",
    "plan_cache_mode",
}


async def test_every_connection_has_the_pinned_parameters(strange_url: str, settings: Settings) -> None:
    engines = make_engines(strange_url, settings)
    single = single_use_engine(strange_url, "infocus-test")
    ways: dict[str, Any] = {
        "plans": (await engines.plans.acquire()).connection,
        "changes": (await engines.changes.acquire()).connection,
        "listener": await connector(strange_url, settings, "infocus-test")(),
        "connect": await connect(strange_url, "infocus-test"),
    }
    async with engines.read.connect() as read, engines.write.connect() as write, single.connect() as command:
        for name, engine in (("read", read), ("write", write), ("command", command)):
            ways[name] = (await engine.get_raw_connection()).driver_connection
        for name, connection in ways.items():
            shown = {each: await connection.fetchval(f"SHOW {each}") for each in set(PINNED) - CHOSEN}
            assert shown == {each: PINNED[each] for each in set(PINNED) - CHOSEN}, name
            assert await connection.fetchval("SHOW statement_timeout") != "1ms", name
    for name in ("plans", "changes", "listener", "connect"):
        await ways[name].close()
    await single.dispose()
    await engines.dispose()


async def test_migrations_upgrade_and_downgrade(strange_url: str) -> None:
    await migrations.upgrade(strange_url)
    assert (await migrations.status(strange_url)).up_to_date
    await run(strange_url, ROWS)
    await asyncio.to_thread(command.check, migrations.alembic_config(url=strange_url))
    await migrations.downgrade(strange_url, "base")
    await migrations.upgrade(strange_url)


PAGE = """query ($by: MediaItemSort!, $direction: OrderDirection!, $after: String) {
    discoverMedia(first: 2, after: $after, orderBy: {field: $by, direction: $direction}) {
        nodes { title } pageInfo { hasNextPage endCursor }
    }
}"""


@pytest.mark.parametrize("by", ["RELEASE_DATE", "RATING", "CREATED_AT", "TITLE"])
async def test_pages_work_in_every_order(api: Api, make: Factories, by: str) -> None:
    for number in range(5):
        await make.media(
            f"Title {number}",
            release_date=date(2020, 1 + number, 28 - number),
            rating=0.1 + number / 3,
            created_at=datetime(2021, 3 + number, 27 - number, 23, 59, 59, 999_999 - number, tzinfo=UTC),
        )
    expected = [f"Title {number}" for number in range(5)]
    for direction, titles in (("ASC", expected), ("DESC", expected[::-1])):
        found: list[str] = []
        after, more = None, True
        while more:
            page = await api.data(PAGE, by=by, direction=direction, after=after)
            found += [node["title"] for node in page["nodes"]]
            after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        assert found == titles, direction


async def test_reading_writing_and_exporting_work(api: Api, make: Factories, services: Services) -> None:
    ann = await make.user("Ann", created_at=datetime(2021, 4, 3, 2, 1, tzinfo=UTC))
    client = api.as_(ann)
    title = await make.media("Éclair", release_date=date(2020, 5, 4), genres=["Drama"])
    notes = "a\\b 'c' \u2019"
    assert (await client.change("addToWatchlist", {"media": {"id": title.id}, "notes": notes}))[
        "errors"
    ] == []
    await make.entry(ann, date_added=datetime(2021, 4, 3, 2, 1, tzinfo=UTC))
    viewer = await client.data(
        "{ viewer { watchlist { nodes { notes dateAdded mediaItem { releaseDate } } } } }"
    )
    first, second = viewer["watchlist"]["nodes"]
    assert (first["notes"], first["mediaItem"]) == (notes, {"releaseDate": "2020-05-04"})
    assert second["dateAdded"].startswith("2021-04-03T02:01:00")
    archive = await exported(client, Post(services))
    listed = {each["notes"]: each for each in table(archive, "watchlist")}
    assert listed[None]["dateAdded"].startswith("2021-04-03T02:01:00")
    assert listed[notes]["title"] == "Éclair"


async def test_jobs_run_and_old_events_are_purged(
    server: Server, settings: Settings, services: Services, strange_url: str
) -> None:
    admin = await server.connect(strange_url)
    await admin.execute(
        "INSERT INTO public.audit_events (id, action, created_at) VALUES ('ae1', 'signed_in', '2020-01-02')"
    )
    handlers = background.handlers(settings, services.database, transport_of(settings))
    for kind in (background.PURGE_AUDIT, background.PURGE_SESSIONS):
        await handlers[kind]({})
    assert await admin.fetchval("SELECT count(*) FROM public.audit_events") == 0
    await admin.close()
