"""One embedded PostgreSQL for all workers of a test run, and a migrated template to clone databases from.

Databases belong to an ordinary role, as on managed PostgreSQL services, and applications connect with a
restricted role, so that migrations that need a superuser and missing grants fail the tests. The tests'
own connections (`connect`) are the superuser's.
"""

import asyncio
import fcntl
import itertools
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import asyncpg
from sqlalchemy import make_url

from infocus_graphql.db import migrations
from infocus_graphql.db.embedded import EmbeddedPostgres
from infocus_graphql.db.grants import grant
from infocus_graphql.db.session_parameters import session_parameters

TEMPLATE = "infocus_template"
Administer = Callable[[str], Awaitable[str]]
OWNER, SERVING = "infocus_owner", "infocus_app"
# A folder with the programs of another PostgreSQL; by default, the bundled one is used.
BINARIES = os.environ.get("INFOCUS_TEST_PG_BIN")
# Fast but not durable: after a crash, the test run is repeated.
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "300",
    "autovacuum": "off",
}


class Server:
    """Creates and drops databases on one PostgreSQL."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._postgres = EmbeddedPostgres(home, bin_dir=Path(BINARIES) if BINARIES else None, settings=FAST)
        self._numbers = itertools.count()
        self._administered: set[str] = set()

    def start(self) -> None:
        """Starts the server, or joins the one started by another worker."""
        self._postgres.start()

    def stop(self) -> None:
        """Leaves the server. The last worker stops it."""
        self._postgres.release()

    async def make_template(self) -> None:
        """Migrates the template database, once for all workers."""
        with (self._home / "template.lock").open("w") as lock:
            await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)
            connection = await self._connect()
            try:
                there = await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", TEMPLATE)
                if not there:
                    await self._make_roles(connection)
                    await connection.execute(f"CREATE DATABASE template_in_work OWNER {OWNER}")
                    address = self._url("template_in_work", OWNER)
                    await migrations.upgrade(address)
                    await grant(address, SERVING)
                    await connection.execute(f"ALTER DATABASE template_in_work RENAME TO {TEMPLATE}")
            finally:
                await connection.close()

    async def create_database(self, template: str | None = None) -> str:
        """Creates a database and returns its URL: empty, for the owner, or cloned, for the serving role."""
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        source = f"TEMPLATE {template}" if template else ""
        connection = await self._connect()
        try:
            await self._make_roles(connection)
            await connection.execute(f"CREATE DATABASE {name} {source} OWNER {OWNER} STRATEGY file_copy")
        finally:
            await connection.close()
        return self._url(name, SERVING if template else OWNER)

    async def drop_database(self, url: str) -> None:
        """Drops a database and terminates its connections."""
        connection = await self._connect()
        try:
            await connection.execute(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")
        finally:
            await connection.close()

    def owners(self, url: str) -> str:
        """Returns the URL with the owner's role, for migrations."""
        self._administered.add(url)
        return self._url(make_url(url).database or "", OWNER)

    async def connect(self, url: str) -> asyncpg.Connection:
        """Connects to a database as the superuser."""
        self._administered.add(url)
        return await self.connect_for_cleaning(url)

    def was_administered(self, url: str) -> bool:
        """Whether a test connected to the database as the superuser or its owner."""
        return url in self._administered

    async def connect_for_cleaning(self, url: str) -> asyncpg.Connection:
        """Connects as the superuser without marking the database as changed."""
        return await asyncpg.connect(
            host=str(self._postgres.socket_dir),
            user="infocus",
            database=make_url(url).database,
            server_settings=session_parameters("infocus-test"),
        )

    def _url(self, database: str, role: str) -> str:
        url = make_url(self._postgres.dsn(database)).set(username=role)
        return url.render_as_string(hide_password=False)

    async def _make_roles(self, connection: asyncpg.Connection) -> None:
        for role in (OWNER, SERVING):
            with suppress(asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError):
                await connection.execute(f"CREATE ROLE {role} LOGIN")

    async def _connect(self) -> asyncpg.Connection:
        return await asyncpg.connect(host=str(self._postgres.socket_dir), user="infocus", database="postgres")
