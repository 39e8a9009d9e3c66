"""A large data set for measuring: the same rows for the same seed, by COPY in one transaction."""

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
_LOCK: Final = 4_871_203_551  # any number that nothing else in the database locks
# Short COPYs: foreign keys are checked at the end of each, so that the progress stays true, and two
# chunks are in memory at a time.
_CHUNK: Final = 10_000


async def seed_large(
    url: str, *, password_hash: str, progress: Progress, seed: int = _SEED, scale: float = 1.0
) -> SeedReport:
    """Writes 20,000 users, 20,000 titles, 1,000,000 entries (times `scale`) and more, or nothing.

    A database holds at most one large set: the account user1@large.example tells that there is
    one. All accounts have the password that `password_hash` was made of. Families are successive
    users: user1 owns the first one, user2 is its admin, user3 and user4 are its members.
    """
    if scale <= 0:
        raise ValueError("scale must be positive")
    started = perf_counter()
    connection = await connect(url, "infocus-seed")
    try:
        async with connection.transaction():
            counts = await _fill(connection, password_hash, progress, Population(seed, Size.of(scale)))
        if counts:
            await connection.execute(f"ANALYZE {', '.join(counts)}")
    finally:
        await connection.close()
    return SeedReport(counts, perf_counter() - started, created=bool(counts))


async def _fill(
    connection: asyncpg.Connection, password_hash: str, progress: Progress, cast: Population
) -> Mapping[str, int]:
    # Two seedings at the same time: the second one waits, then finds the work done.
    await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
    if await connection.fetchval("SELECT true FROM users WHERE lower(email) = $1", FIRST_EMAIL):
        return {}
    tables = chain(titles(cast), people(cast, password_hash), lists(cast))
    return {table.name: await _copy(connection, table, progress) for table in tables}


async def _copy(connection: asyncpg.Connection, table: Table, progress: Progress) -> int:
    done, rows = 0, iter(table.rows)
    chunk = _take(rows)
    progress(table.name, done, table.total)
    while chunk:
        copy = connection.copy_records_to_table(table.name, records=chunk, columns=table.columns)
        # A thread makes the next rows while the database, another process, works on these.
        _, following = await asyncio.gather(copy, asyncio.to_thread(_take, rows))
        done += len(chunk)
        progress(table.name, done, table.total)
        chunk = following
    return done


def _take(rows: Iterator[Row]) -> list[Row]:
    return list(islice(rows, _CHUNK))
