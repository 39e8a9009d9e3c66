"""The benchmark's own PostgreSQL, with the large data set in it."""

import asyncio
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg

from benchmarks import well_known
from benchmarks.places import HOME, OTHER_CPU
from benchmarks.series import STATEMENTS
from benchmarks.usage import pin
from infocus_graphql.db.embedded import EmbeddedPostgres, postmaster
from infocus_graphql.db.migrations import upgrade
from infocus_graphql.db.revisions import migrations_folder
from infocus_graphql.seeding import large
from infocus_graphql.seeding.large import seed_large

_SETTINGS: Final = {
    "shared_buffers": "1GB",
    "max_connections": "200",
    "jit": "off",
    "autovacuum": "off",  # the benchmark vacuums between samples
    "max_wal_size": "4GB",
}
_EMPTY: Final = ("DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
_NOBODY_SIGNS_IN: Final = "!"  # tokens are signed with the key of the server


@dataclass(frozen=True, slots=True)
class Bench:
    """A running database: its URL and its main process."""

    url: str
    pid: int
    version: str
    log: Path

    @property
    def dsn(self) -> str:
        """The URL for asyncpg."""
        return self.url.replace("postgresql+asyncpg:", "postgresql:", 1)


@contextmanager
def database(scale: float) -> Iterator[Bench]:
    """The database with the data set of this scale.

    It is made at the first use and kept. New migrations are applied to it; when those that it was made
    with have been edited since, or the code that makes the data, it is made anew.
    """
    home = HOME / f"postgres-{scale:g}"
    with EmbeddedPostgres(home, settings=_SETTINGS) as server:
        made_of = home / "made-of.json"
        before = json.loads(made_of.read_text()) if made_of.exists() else {}
        now = _sources()
        fresh = all(now.get(name) == was for name, was in before.items())
        _fill(server.dsn(), scale, keep=bool(before) and fresh)
        made_of.write_text(json.dumps(now, indent=1) + "\n")
        running = postmaster.running(Path(home).resolve() / "data")
        if running is None:
            raise RuntimeError("PostgreSQL has ended")
        pin(running.pid, OTHER_CPU)
        yield Bench(server.dsn(), running.pid, server.version, home / "postgres.log")


def execute(dsn: str, *statements: str) -> None:
    """Runs statements, each in its own transaction."""
    asyncio.run(_execute(dsn, *statements))


def tidy(dsn: str, *tables: str) -> None:
    """Vacuums after writes, so that all samples start alike."""
    execute(dsn, *(f"VACUUM ANALYZE {table}" for table in tables or ("",)), "CHECKPOINT")


async def _execute(dsn: str, *statements: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def _fill(url: str, scale: float, *, keep: bool) -> None:
    dsn = url.replace("postgresql+asyncpg:", "postgresql:", 1)
    # A run that was killed while counting statements leaves this setting behind.
    execute(dsn, "ALTER SYSTEM RESET log_statement", "SELECT pg_reload_conf()", *(() if keep else _EMPTY))
    asyncio.run(upgrade(url))
    seeding = seed_large(url, password_hash=_NOBODY_SIGNS_IN, progress=_silent, scale=scale)
    report = asyncio.run(seeding)
    execute(dsn, *STATEMENTS, *well_known.statements())
    # An earlier run may have written rows.
    tidy(dsn, *(() if report.created else ("watchlist_entries",)))


def _sources() -> dict[str, str]:
    """The files that determine the data, with their hashes."""
    files = [
        *(migrations_folder() / "versions").glob("*.py"),
        *Path(large.__file__).parent.glob("large*.py"),
        Path(__file__).with_name("series.py"),
    ]
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(files)}


def _silent(table: str, done: int, total: int) -> None:
    """Ignores progress."""
