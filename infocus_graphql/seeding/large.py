"""The large data set for benchmarks, written by COPY in one transaction. The seed determines all rows."""

import asyncio
from collections.abc import Iterator, Mapping
from itertools import chain, islice
from time import perf_counter
from typing import Final

import asyncpg

from infocus_graphql.db.session_parameters import connect
from infocus_graphql.seeding.large_entities import Population, Row, Size, Table
from infocus_graphql.seeding.large_lists import lists
from infocus_graphql.seeding.large_people import FIRST_EMAIL, people
from infocus_graphql.seeding.large_titles import titles
from infocus_graphql.seeding.report import Progress, SeedReport

__all__ = ["Progress", "SeedReport", "seed_large"]

_SEED: Final = 20_251
_LOCK: Final = 4_871_203_551  # the id of the advisory lock; arbitrary
# Rows per COPY. Foreign keys are checked at the end of each COPY, so short ones keep the reported progress
# accurate. At most two chunks are in memory.
_CHUNK: Final = 10_000


async def seed_large(
    url: str, *, password_hash: str, progress: Progress, seed: int = _SEED, scale: float = 1.0
) -> SeedReport:
    """Writes 20,000 users, 20,000 titles, 1,000,000 entries (times `scale`) and more.

    Writes nothing if the data set exists, which is detected by the account user1@large.example. All accounts
    have the password whose hash is `password_hash`. Each family has four successive users: in the first one,
    user1 is the owner, user2 an admin, and user3 and user4 are members.
    """
    if scale <= 0:
        raise ValueError("scale must be positive")
    started = perf_counter()
    connection = await connect(url, "infocus-seed")
    try:
        async with connection.transaction():
            counts = await _fill(connection, password_hash, progress, Population(seed, Size.of(scale)))
            # No client has to learn of made-up data: a million events would only delay others.
            await connection.execute("DELETE FROM event_outbox WHERE xmin = pg_current_xact_id()::xid")
        if counts:
            await connection.execute(f"ANALYZE {', '.join(counts)}")
    finally:
        await connection.close()
    return SeedReport(counts, perf_counter() - started, created=bool(counts))


async def _fill(
    connection: asyncpg.Connection, password_hash: str, progress: Progress, population: Population
) -> Mapping[str, int]:
    # A concurrent seeder waits here, then finds the data and writes nothing.
    await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
    if await connection.fetchval("SELECT true FROM users WHERE lower(email) = $1", FIRST_EMAIL):
        return {}
    tables = chain(titles(population), people(population, password_hash), lists(population))
    return {table.name: await _copy(connection, table, progress) for table in tables}


async def _copy(connection: asyncpg.Connection, table: Table, progress: Progress) -> int:
    done, rows = 0, iter(table.rows)
    chunk = _take(rows)
    progress(table.name, done, table.total)
    while chunk:
        copy = connection.copy_records_to_table(table.name, records=chunk, columns=table.columns)
        # The next chunk is generated in a thread while the database copies this one.
        _, following = await asyncio.gather(copy, asyncio.to_thread(_take, rows))
        done += len(chunk)
        progress(table.name, done, table.total)
        chunk = following
    return done


def _take(rows: Iterator[Row]) -> list[Row]:
    return list(islice(rows, _CHUNK))
