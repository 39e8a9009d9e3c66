"""Classification of transient errors, and cancellation of abandoned statements in PostgreSQL."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from infocus_graphql.core.timeouts import SharedTimeout
from infocus_graphql.db.addresses import normalise_url
from infocus_graphql.db.database import Database
from infocus_graphql.db.engines import make_engines
from infocus_graphql.db.transient_errors import TransientError, classify_transient
from infocus_graphql.settings import Settings
from tests.support.server import Server

SLEEP = "SELECT to_json(pg_sleep(30)::text)"


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SET statement_timeout = 1; SELECT pg_sleep(5)", TransientError.TIMEOUT),
        ("SELECT pg_terminate_backend(pg_backend_pid())", TransientError.UNAVAILABLE),
        ("DO $$ BEGIN RAISE SQLSTATE '55P03'; END $$", TransientError.TIMEOUT),
        ("DO $$ BEGIN RAISE SQLSTATE '53300'; END $$", TransientError.UNAVAILABLE),
        ("DO $$ BEGIN RAISE SQLSTATE '53100'; END $$", TransientError.UNAVAILABLE),
        ("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$", TransientError.UNAVAILABLE),
        ("DO $$ BEGIN RAISE SQLSTATE '25006'; END $$", TransientError.UNAVAILABLE),
        ("SELECT 1 / 0", None),
        ("SELECT nonsense", None),
        ("INSERT INTO profiles (id, user_id) VALUES ('pr1', 'nobody')", None),
    ],
)
async def test_transient_errors_of_both_drivers_are_classified(
    server: Server, database_url: str, statement: str, expected: TransientError | None
) -> None:
    connection: asyncpg.Connection = await server.connect(database_url)
    engine = create_async_engine(normalise_url(database_url))

    async def by_the_other() -> None:
        async with engine.connect() as other:
            for each in statement.split(";") if statement.startswith("SET") else [statement]:
                await other.execute(text(each))

    both: list[object] = await asyncio.gather(
        connection.execute(statement), by_the_other(), return_exceptions=True
    )
    for error in both:
        assert isinstance(error, Exception)
        assert classify_transient(error) is expected
    await connection.close()
    await engine.dispose()


async def test_connection_failures_are_transient(settings: Settings) -> None:
    engines = make_engines("postgresql://nobody@127.0.0.1:1/nothing", settings)
    asked = engines.plans.read_all([("SELECT 1", ())]), engines.changes.write_once(("SELECT 1", ()))
    for error in await asyncio.gather(*asked, return_exceptions=True):
        assert isinstance(error, OSError)
        assert classify_transient(error) is TransientError.UNAVAILABLE
    await engines.dispose()


@pytest.mark.parametrize("error", [ValueError("x"), KeyError("x"), asyncpg.DataError("x"), None])
async def test_programming_errors_are_not_transient(error: Exception | None) -> None:
    assert classify_transient(error) is None


@pytest.mark.parametrize("way", ["plans", "reader", "changes", "transaction"])
async def test_a_timed_out_statement_is_cancelled_in_postgresql(
    server: Server, database_url: str, settings: Settings, way: str
) -> None:
    database = Database(make_engines(database_url, settings))
    reader = database.reader({})

    async def slow(work: Any) -> None:
        await work.session.execute(text(SLEEP))

    ways: dict[str, Callable[[], Awaitable[Any]]] = {
        "plans": lambda: database.engines.plans.read_all([(SLEEP, ())]),
        "changes": lambda: database.engines.changes.write_once((SLEEP, ())),
        "reader": lambda: reader.execute(text(SLEEP)),
        "transaction": lambda: database.transaction(slow),
    }
    connection: asyncpg.Connection = await server.connect(database_url)
    with pytest.raises(TimeoutError):
        with SharedTimeout(0.2).start():
            await ways[way]()
    running = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND state = 'active' AND query LIKE 'SELECT to_json(pg_sleep%'"
    )
    for _ in range(40):
        left = await connection.fetchval(running)
        if not left:
            break
        await asyncio.sleep(0.05)
    assert left == 0
    await connection.close()
    await reader.close()
    await database.dispose()
