"""One embedded PostgreSQL for all workers of a test run, and a migrated template to clone databases from."""

import asyncio
import fcntl
import itertools
import os
from pathlib import Path

import asyncpg
from sqlalchemy import make_url

from infocus_graphql.db import migrations
from infocus_graphql.db.embedded import EmbeddedPostgres

TEMPLATE = "infocus_template"
# Speed for durability: a crashed test run is simply run again.
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "300",
    "autovacuum": "off",
}


class Server:
    """Makes and drops databases on one PostgreSQL."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._postgres = EmbeddedPostgres(home, settings=FAST)
        self._numbers = itertools.count()

    def start(self) -> None:
        """Starts the server, or joins the one that another worker has started."""
        self._postgres.start()

    def stop(self) -> None:
        """Leaves the server; the last worker to leave stops it."""
        self._postgres.release()

    async def make_template(self) -> None:
        """Migrates the template database, once for all workers."""
        with (self._home / "template.lock").open("w") as lock:
            await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)
            connection = await self._connect()
            try:
                there = await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", TEMPLATE)
                if not there:
                    await connection.execute("CREATE DATABASE template_in_work")
                    await migrations.upgrade(self._postgres.dsn("template_in_work"))
                    await connection.execute(f"ALTER DATABASE template_in_work RENAME TO {TEMPLATE}")
            finally:
                await connection.close()

    async def create_database(self, template: str | None = None) -> str:
        """The URL of a new database: an empty one, or a clone of a template."""
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        source = f"TEMPLATE {template}" if template else ""
        connection = await self._connect()
        try:
            await connection.execute(f"CREATE DATABASE {name} {source} STRATEGY file_copy")
        finally:
            await connection.close()
        return self._postgres.dsn(name)

    async def drop_database(self, url: str) -> None:
        """Drops a database, whoever is still connected to it."""
        connection = await self._connect()
        try:
            await connection.execute(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")
        finally:
            await connection.close()

    async def connect(self, url: str) -> asyncpg.Connection:
        """A raw connection to a database."""
        return await asyncpg.connect(
            host=str(self._postgres.socket_dir), user="infocus", database=make_url(url).database
        )

    async def _connect(self) -> asyncpg.Connection:
        return await asyncpg.connect(host=str(self._postgres.socket_dir), user="infocus", database="postgres")
