"""The asyncpg pool: timeouts, lost connections, cancellation, and writes that are sent once."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from infocus_graphql.core.timeouts import SharedTimeout
from infocus_graphql.db import asyncpg_pool, connection_health
from infocus_graphql.db.asyncpg_pool import AsyncpgPool
from infocus_graphql.db.prepared import Query
from infocus_graphql.settings import Settings
from tests.support.pools import ONE, SLEEP, small_pool
from tests.support.server import Server


@pytest.fixture
async def pool(server: Server, database_url: str, settings: Settings) -> AsyncIterator[AsyncpgPool]:
    """A pool of one connection with a statement timeout of 300 ms."""
    async with small_pool(server, database_url, settings) as pool:
        yield pool


async def test_a_slow_statement_fails_without_affecting_others(pool: AsyncpgPool) -> None:
    with pytest.raises(Exception, match="statement timeout"):
        await pool.read_all([SLEEP])
    assert await pool.read_all([ONE]) == [b"1"]
    assert len(pool._idle) == 1


async def test_a_lost_connection_is_replaced(pool: AsyncpgPool, server: Server, database_url: str) -> None:
    (pid,) = await pool.read_all([("SELECT to_json(pg_backend_pid())", ())])
    admin = await server.connect(database_url)
    await admin.execute(f"SELECT pg_terminate_backend({(pid or b'').decode()}, 5000)")
    assert await pool.read_all([ONE]) == [b"1"]
    await admin.close()


async def test_all_connections_closed_by_the_server_are_replaced(
    pool: AsyncpgPool, server: Server, database_url: str
) -> None:
    pool._free_slots = 3
    pid = "SELECT to_json(pg_backend_pid()) FROM pg_sleep(0.05)"
    found = await asyncio.gather(*(pool.read_all([(pid, ())]) for _ in range(3)))
    assert len(pool._idle) == 3
    # The client notices the closed connections only when it uses them.
    for used in pool._idle:
        used.connection._transport.pause_reading()
    admin = await server.connect(database_url)
    for (each,) in found:
        await admin.execute(f"SELECT pg_terminate_backend({(each or b'').decode()}, 5000)")
    await admin.close()
    for used in pool._idle:
        used.connection._transport.resume_reading()
    assert await pool.read_all([ONE]) == [b"1"]
    assert len(pool._idle) == 1


async def test_cancelled_readers_release_their_connections(pool: AsyncpgPool) -> None:
    for _ in range(5):
        reading = asyncio.create_task(pool.read_all([SLEEP]))
        waiting = asyncio.create_task(pool.read_all([ONE]))
        for _ in range(20):
            await asyncio.sleep(0)
        waiting.cancel()
        reading.cancel()
        await asyncio.gather(reading, waiting, return_exceptions=True)
    assert await pool.read_all([ONE, ONE]) == [b"1", b"1"]
    assert pool._free_slots == 1


async def test_waiting_too_long_for_a_connection_is_an_error(pool: AsyncpgPool) -> None:
    pool._waits = SharedTimeout(0.05)
    taken = await pool.acquire()
    with pytest.raises(TimeoutError):
        await pool.read_all([ONE])
    pool.release(taken)
    assert await pool.read_all([ONE]) == [b"1"]


async def test_one_connection_serves_many_concurrent_requests(pool: AsyncpgPool) -> None:
    found = await asyncio.gather(*(pool.read_all([(f"SELECT to_json({n})", ())]) for n in range(20)))
    assert found == [[str(number).encode()] for number in range(20)]
    assert len(pool._idle) == 1


async def test_the_read_pool_is_read_only(pool: AsyncpgPool) -> None:
    with pytest.raises(Exception, match="read-only transaction"):
        await pool.read_all([("DELETE FROM users RETURNING to_json(id)", ())])


async def test_idle_connections_are_pinged_before_a_write(
    pool: AsyncpgPool, server: Server, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pid: Query = ("SELECT pg_backend_pid()", ())
    first = await pool.write_once(pid)
    monkeypatch.setattr(asyncpg_pool, "IDLE_SECONDS", 0.0)
    assert await pool.write_once(pid) == first
    # Half-open: the client notices nothing before it uses the connection.
    transport = pool._idle[0].connection._transport
    transport.pause_reading()
    admin = await server.connect(database_url)
    await admin.execute(f"SELECT pg_terminate_backend({first}, 5000)")
    await admin.close()
    transport.resume_reading()
    second = await pool.write_once(pid)
    assert second != first
    # A server that doesn't respond is not waited for.
    monkeypatch.setattr(connection_health, "PING_TIMEOUT_SECONDS", 0.05)
    pool._idle[0].connection._transport.pause_reading()
    assert await pool.write_once(pid) not in {first, second}
    assert (len(pool._idle), pool._free_slots) == (1, 1)


async def test_writes_are_never_sent_twice(pool: AsyncpgPool, server: Server, database_url: str) -> None:
    first = await pool.write_once(("SELECT pg_backend_pid()", ()))
    asking = asyncio.create_task(pool.write_once(("SELECT pg_sleep(30)", ())))
    admin = await server.connect(database_url)
    while not await admin.fetchval("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"):
        pass
    await admin.execute(f"SELECT pg_terminate_backend({first})")
    await admin.close()
    with pytest.raises((OSError, asyncpg.PostgresError, asyncpg.InterfaceError)):
        await asking
    assert await pool.write_once(("SELECT 1", ())) == 1
