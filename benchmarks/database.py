"""The benchmark's own PostgreSQL, with the large data set in it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg

from benchmarks.places import HOME, OTHER_CPU
from benchmarks.usage import pin
from infocus_graphql.db.embedded import EmbeddedPostgres, postmaster
from infocus_graphql.db.migrations import upgrade
from infocus_graphql.seeding.large import seed_large

_SETTINGS: Final = {
    "shared_buffers": "1GB",
    "max_connections": "200",
    "jit": "off",
    "autovacuum": "off",  # the benchmark does it itself, between samples
    "max_wal_size": "4GB",
}
_NOBODY_SIGNS_IN: Final = "!"  # tokens are made with the key that the server is given


@dataclass(frozen=True, slots=True)
class Bench:
    """A running database: its address, and the process that all of its others descend from."""

    url: str
    pid: int
    version: str

    @property
    def dsn(self) -> str:
        """The address for asyncpg."""
        return self.url.replace("postgresql+asyncpg:", "postgresql:", 1)


@contextmanager
def database(scale: float) -> Iterator[Bench]:
    """The database with the data set of this scale: made at the first use, the same from then on."""
    home = HOME / f"postgres-{scale:g}"
    with EmbeddedPostgres(home, settings=_SETTINGS) as server:
        asyncio.run(_filled(server.dsn(), scale))
        running = postmaster.running(Path(home).resolve() / "data")
        if running is None:
            raise RuntimeError("PostgreSQL has ended")
        pin(running.pid, OTHER_CPU)
        yield Bench(server.dsn(), running.pid, server.version)


async def tidy(dsn: str, *tables: str) -> None:
    """Cleans up after writes, so that the next sample finds what the last one found."""
    connection = await asyncpg.connect(dsn)
    try:
        for table in tables or ("",):
            await connection.execute(f"VACUUM ANALYZE {table}")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()


async def _filled(url: str, scale: float) -> None:
    await upgrade(url)
    report = await seed_large(url, password_hash=_NOBODY_SIGNS_IN, progress=_silent, scale=scale)
    if report.created:
        await tidy(url.replace("postgresql+asyncpg:", "postgresql:", 1))


def _silent(table: str, done: int, total: int) -> None:
    """Shows nothing."""
