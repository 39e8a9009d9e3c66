"""Creates the application's database in the embedded server."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg

from infocus_graphql.db.embedded.errors import EmbeddedPostgresError
from infocus_graphql.db.embedded.sockets import PORT

_CONNECT_SECONDS = 30.0


def ensure_database(socket_dir: Path, user: str, database: str) -> None:
    """Creates the database if it is missing, which also proves that the server accepts queries."""
    # In a thread, because the caller's thread may have a running event loop.
    with ThreadPoolExecutor(max_workers=1) as pool:
        work = pool.submit(lambda: asyncio.run(_ensure(socket_dir, user, database)))
        try:
            work.result()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise EmbeddedPostgresError(
                f"The embedded PostgreSQL runs but does not respond: {error}"
            ) from error


async def _ensure(socket_dir: Path, user: str, database: str) -> None:
    connection = await asyncpg.connect(
        host=str(socket_dir),
        port=PORT,
        user=user,
        database="postgres",
        ssl=False,
        timeout=_CONNECT_SECONDS,
    )
    try:
        known = await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", database)
        if not known:
            # The name is a constant of the package, so there is nothing to escape.
            await connection.execute(f'CREATE DATABASE "{database}"')
    finally:
        await connection.close()
