"""A worker that is killed, and a PostgreSQL that is killed, while processes refresh and import titles."""

import asyncio
import os
import shutil
import signal
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import asyncpg
import pytest

from infocus_graphql.db import migrations
from infocus_graphql.db.database import Database
from infocus_graphql.db.embedded import EmbeddedPostgres
from infocus_graphql.db.engines import make_engines
from infocus_graphql.domains.catalogue.jobs import REFRESH_TITLES
from infocus_graphql.jobs import queue
from infocus_graphql.local_tmdb.app import LocalTmdb
from infocus_graphql.settings import Environment, Settings
from tests.cli.conftest import PATIENCE, Start
from tests.db.embedded.servers import postmaster_pid
from tests.support.server import FAST, Server
from tests.support.tmdb import TMDB_KEY, ServedTmdb

# Of titles that are due, one half are new, and the other half were fetched half a year ago.
_DUE = """
    INSERT INTO title_fetches (tmdb_type, tmdb_id, refresh_at, fetched_at)
    SELECT 'movie', id, now() - interval '1 minute',
        CASE WHEN place % 2 = 0 THEN now() - interval '180 days' END
    FROM unnest($1::integer[]) WITH ORDINALITY AS each (id, place)
"""
_STORED = "SELECT tmdb_type || '/' || tmdb_id FROM title_fetches WHERE fetched_at > now() - interval '1 day'"
# What remains of a crash: claims, failures, lists of details that are there twice or not at all.
_DAMAGED = """
    SELECT (SELECT count(*) FROM title_fetches WHERE failures > 0 OR refresh_at <= now())
        + (SELECT count(*) FROM media_items AS item WHERE 1 <> (
            SELECT count(*) FROM media_videos AS its WHERE its.media_item_id = item.id))
        + (SELECT count(*) FROM media_items AS item WHERE NOT EXISTS (
            SELECT FROM credits AS its WHERE its.media_item_id = item.id))
"""


@pytest.fixture
async def own_postgres() -> AsyncIterator[EmbeddedPostgres]:
    """A PostgreSQL with a migrated database, only for this test."""
    folder = Path(tempfile.mkdtemp(prefix="infocus-"))  # short, for the path of the socket
    postgres = EmbeddedPostgres(
        folder, settings={**FAST, "synchronous_commit": "on"}
    )  # no commit may be lost
    await asyncio.to_thread(postgres.start)
    await migrations.upgrade(postgres.dsn())
    yield postgres
    await asyncio.to_thread(postgres.release)
    shutil.rmtree(folder)


def _variables(url: str, served: ServedTmdb, folder: Path) -> dict[str, str]:
    return {
        "INFOCUS_DATABASE_URL": url,
        "INFOCUS_DATA_DIR": str(folder),
        "INFOCUS_TMDB_URL": served.url,
        "INFOCUS_TMDB_KEY": TMDB_KEY,
        "INFOCUS_TMDB_REQUESTS_PER_SECOND": "1000",
    }


async def _enqueue_refresh(url: str) -> None:
    """Adds the job that is scheduled every two minutes."""
    database = Database(make_engines(url, Settings(_env_file=None, env=Environment.TEST)))
    await database.transaction(queue.enqueue, REFRESH_TITLES, {})
    await database.dispose()


async def _connect(postgres: EmbeddedPostgres) -> asyncpg.Connection:
    return await asyncpg.connect(host=str(postgres.socket_dir), user="infocus", database="infocus")


def _films(tmdb: LocalTmdb) -> list[int]:
    return [fact.id for fact in tmdb.catalogue.by_popularity(["movie"])]


async def _make_due(connection: asyncpg.Connection, films: Sequence[int]) -> None:
    await connection.execute(_DUE, films)


async def _expire_claims(connection: asyncpg.Connection) -> None:
    """Claims expire after two minutes."""
    await connection.execute("UPDATE title_fetches SET claimed_until = now() WHERE claim IS NOT NULL")


async def _stored(connection: asyncpg.Connection) -> set[str]:
    return {row[0] for row in await connection.fetch(_STORED)}


async def _until_stored(connection: asyncpg.Connection, number: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while len(await _stored(connection)) < number:  # noqa: ASYNC110 - other processes store them
            await asyncio.sleep(0.05)


async def _until_requested(tmdb: LocalTmdb, number: int) -> None:
    """Waits for requests for titles."""
    async with asyncio.timeout(PATIENCE):
        while _requested(tmdb).total() < number:  # noqa: ASYNC110 - the local TMDB has no event for it
            await asyncio.sleep(0.01)


def _requested(tmdb: LocalTmdb) -> Counter[str]:
    return Counter(path[1:] for path in tmdb.faults.requests if path.rpartition("/")[2].isdecimal())


async def test_another_worker_completes_the_refresh_of_a_killed_one(
    start: Start, tmp_path: Path, server: Server, database_url: str, tmdb: LocalTmdb, served_tmdb: ServedTmdb
) -> None:
    connection = await server.connect(database_url)
    films = _films(tmdb)[:80]
    wanted = {f"movie/{each}" for each in films}
    await _make_due(connection, films)
    tmdb.faults.delay = 0.1
    variables = _variables(database_url, served_tmdb, tmp_path)
    killed = start("worker", **variables)
    await _enqueue_refresh(database_url)
    await _until_requested(tmdb, 50)  # of eighty: one batch is stored, and one is not
    os.killpg(killed.process.pid, signal.SIGKILL)
    await asyncio.to_thread(killed.process.wait)
    before = await _stored(connection)
    assert len(before) < len(films)
    await _expire_claims(connection)
    tmdb.faults.clear()
    start("worker", **variables)
    await _enqueue_refresh(database_url)
    await _until_stored(connection, len(films))
    assert await _stored(connection) == wanted
    assert _requested(tmdb) == Counter(wanted - before)  # each once, and none that was stored before
    assert await connection.fetchval("SELECT count(*) FROM media_items WHERE tmdb_id = ANY($1)", films) == 80
    assert await connection.fetchval(_DAMAGED) == 0
    await connection.close()


async def test_a_refresh_and_an_import_continue_after_a_crash_of_postgresql(
    start: Start, tmp_path: Path, own_postgres: EmbeddedPostgres, tmdb: LocalTmdb, served_tmdb: ServedTmdb
) -> None:
    url = own_postgres.dsn()
    connection = await _connect(own_postgres)
    refreshed = _films(tmdb)[80:160]  # the import has the first eighty, and as many series
    await _make_due(connection, refreshed)
    variables = _variables(url, served_tmdb, tmp_path)
    worker = start("worker", **variables)
    imported = start("catalogue", "import", "--popular", "160", **variables)
    await _until_requested(tmdb, 1)
    tmdb.faults.delay = 0.1
    await _enqueue_refresh(url)
    await _until_requested(tmdb, 40)
    os.kill(postmaster_pid(own_postgres.socket_dir.parent), signal.SIGKILL)
    await asyncio.to_thread(own_postgres.start)
    connection = await _connect(own_postgres)
    tmdb.faults.delay = 0
    before = await _stored(connection)
    assert len(before) < 240 and not before >= {f"movie/{each}" for each in refreshed}
    await _expire_claims(connection)
    await _enqueue_refresh(url)
    assert await asyncio.to_thread(imported.process.wait, PATIENCE) == 0, imported.text
    await _until_stored(connection, 240)
    assert await _stored(connection) >= {f"movie/{each}" for each in refreshed}
    assert await connection.fetchval(_DAMAGED) == 0
    assert worker.process.poll() is None
    await connection.close()
