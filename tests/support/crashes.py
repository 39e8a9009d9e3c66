"""Cuts the connection before the n-th statement of an operation, as a crash of either side would."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
from sqlalchemy import Connection, event

from infocus_graphql.db.asyncpg_pool import AsyncpgPool
from infocus_graphql.db.database import Database
from infocus_graphql.db.prepared import Query
from infocus_graphql.domains.events.log_queries import RELAY

# Without the events, which are relayed to the log at any time.
_TABLES = """
SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename !~ '^event' ORDER BY tablename
"""


class Crash:
    """Counts the statements of an operation up to its commit, COMMIT included."""

    def __init__(self, before: int) -> None:
        self._before = before
        self._passed = 0
        self._committed = False

    @property
    def happened(self) -> bool:
        """Whether the operation had so many statements."""
        return self._passed >= self._before

    def reached(self, connection: asyncpg.Connection) -> None:
        """A statement is about to be sent."""
        if not self._committed:
            self._passed += 1
            if self._passed == self._before:
                connection.terminate()

    def commit(self) -> None:
        """The change is about to be permanent: what comes later only reads."""
        self._committed = True


@contextmanager
def crashing(database: Database, *, before: int) -> Iterator[Crash]:
    """Cuts the connection of the statement with this number, from 1."""
    crash = Crash(before)
    engines = database.engines
    run = AsyncpgPool._run  # the one place where a pool sends a statement

    def statement(connection: Connection, *_: Any) -> None:
        crash.reached(_driver(connection))

    def commit(connection: Connection) -> None:
        crash.reached(_driver(connection))
        crash.commit()

    async def single(connection: asyncpg.Connection, query: Query) -> Any:
        if query[0] == RELAY:  # of an earlier operation
            return await run(engines.changes, connection, query)
        crash.reached(connection)
        found = await run(engines.changes, connection, query)
        if found is not None:
            crash.commit()
        return found

    for engine in (engines.read.sync_engine, engines.write.sync_engine):
        event.listen(engine, "before_cursor_execute", statement)
    event.listen(engines.write.sync_engine, "commit", commit)
    engines.changes._run = single  # type: ignore[method-assign]  # of this pool alone
    try:
        yield crash
    finally:
        del engines.changes._run
        event.remove(engines.write.sync_engine, "commit", commit)
        for engine in (engines.read.sync_engine, engines.write.sync_engine):
            event.remove(engine, "before_cursor_execute", statement)


def _driver(connection: Connection) -> asyncpg.Connection:
    found: asyncpg.Connection = connection.connection.driver_connection
    return found


async def contents(connection: asyncpg.Connection) -> dict[str, str]:
    """A hash of the rows of each table, without the times at which sessions were last seen."""
    tables = [row[0] for row in await connection.fetch(_TABLES)]
    hashed = "md5(coalesce(string_agg(each, '|' ORDER BY each), ''))"
    parts = (
        f"SELECT '{table}', (SELECT {hashed} FROM "
        f"(SELECT (to_jsonb(r) - 'last_seen_at')::text AS each FROM {table} r) rows)"
        for table in tables
    )
    return dict(await connection.fetch(" UNION ALL ".join(parts)))
