"""A small pool of connections, for tests of the pool and of failures."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from infocus_graphql.db.asyncpg_pool import AsyncpgPool
from infocus_graphql.db.engines import connect_arguments
from infocus_graphql.db.prepared import Query
from infocus_graphql.settings import Settings
from tests.support.server import Server

SLEEP: Query = ("SELECT to_json(pg_sleep(30)::text)", ())
ONE: Query = ("SELECT to_json(1)", ())


@asynccontextmanager
async def small_pool(server: Server, database_url: str, settings: Settings) -> AsyncIterator[AsyncpgPool]:
    """Yields a pool of one connection with a statement timeout of 300 ms."""
    connection = await server.connect(database_url)
    parameters = connection._params
    await connection.close()
    limited = settings.model_copy(update={"statement_timeout_ms": 300})
    arguments = connect_arguments(limited, read_only=True)
    host = str(server._postgres.socket_dir)
    pool = AsyncpgPool(
        {**arguments, "host": host, "user": parameters.user, "database": parameters.database},
        size=1,
        timeout=1,
    )
    yield pool
    await pool.close()
