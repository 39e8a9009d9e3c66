"""The revocation listener: notifications and polling of revoked sessions."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from infocus_graphql.db.asyncpg_pool import AsyncpgPool
from infocus_graphql.db.engines import connector, make_engines
from infocus_graphql.db.prepared import Query
from infocus_graphql.security import revocation_listener as session_watch
from infocus_graphql.security.revocation_listener import (
    CHANNEL,
    RevocationCheckUnavailable,
    RevocationListener,
    stop,
)
from infocus_graphql.security.revoked_sessions import RevokedSessions
from infocus_graphql.settings import Settings
from tests.support.server import Server

NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"
ROWS = """
INSERT INTO users (id, email, password_hash, is_staff) VALUES ('us1', 'a@x.org', 'h', true);
INSERT INTO sessions (id, user_id, token_hash, expires_at)
SELECT 'se' || n, 'us1', 'h' || n, now() + interval '1 day' FROM generate_series(1, 5) n;
"""
LISTENER = (
    "SELECT pid FROM pg_stat_activity WHERE application_name = 'watch' AND datname = current_database()"
)


@pytest.fixture
async def database(server: Server, database_url: str) -> AsyncIterator[Any]:
    """A connection to a database with five sessions."""
    connection = await server.connect(database_url)
    await connection.execute(ROWS)
    yield connection
    await connection.close()


@asynccontextmanager
async def watch_of(
    settings: Settings, url: str, *, listening_at: str | None = None
) -> AsyncIterator[RevocationListener]:
    """Yields a listener that isn't running."""
    engines = make_engines(url, settings)
    yield RevocationListener(
        RevokedSessions(), engines.plans, connector(listening_at or url, settings, "watch")
    )
    await engines.dispose()


@asynccontextmanager
async def running(watch: RevocationListener) -> AsyncIterator[None]:
    """Runs the listener during the block."""
    task = asyncio.create_task(watch.run())
    yield
    await stop(task)


async def until(condition: Callable[[], bool | Awaitable[Any]], seconds: float = 5.0) -> None:
    """Waits until the condition is true."""
    async with asyncio.timeout(seconds):
        while True:
            found = condition()
            if found if isinstance(found, bool) else await found:
                return
            await asyncio.sleep(0.005)


async def test_sessions_ended_before_the_start_are_known(
    settings: Settings, database_url: str, database: Any
) -> None:
    await database.execute("UPDATE sessions SET revoked_at = now() WHERE id IN ('se1', 'se2')")
    await database.execute(
        "UPDATE revoked_sessions SET revoked_at = now() - interval '1 hour' WHERE session_id = 'se2'"
    )
    async with watch_of(settings, database_url) as watch:
        await watch.ensure_fresh()
        assert watch.revoked.fresh
        assert [f"se{n}" in watch.revoked for n in range(1, 4)] == [True, False, False]


@pytest.mark.parametrize(
    ("statement", "ended"),
    [
        ("UPDATE sessions SET revoked_at = now() WHERE id = 'se1'", {"se1"}),
        ("UPDATE sessions SET revoked_at = now()", {"se1", "se2", "se3", "se4", "se5"}),
        ("DELETE FROM sessions WHERE id = 'se1'", {"se1"}),
        ("DELETE FROM users", {"se1", "se2", "se3", "se4", "se5"}),
        ("UPDATE sessions SET last_seen_at = now(), revoked_at = NULL", set()),
        ("UPDATE users SET name = 'Ann'", set()),
    ],
)
async def test_every_way_to_end_a_session_is_notified_and_recorded(
    server: Server, database_url: str, database: Any, statement: str, ended: set[str]
) -> None:
    notified: list[str] = []
    listener = await server.connect(database_url)
    await listener.add_listener(CHANNEL, lambda *given: notified.append(given[3]))
    await database.execute(statement)
    await listener.execute("SELECT 1")  # earlier notifications have arrived by now
    assert set(notified) == ended
    assert {row[0] for row in await database.fetch("SELECT session_id FROM revoked_sessions")} == ended
    await listener.close()


async def test_rollbacks_and_repeated_ends_are_not_notified(
    server: Server, database_url: str, database: Any
) -> None:
    notified: list[str] = []
    listener = await server.connect(database_url)
    await listener.add_listener(CHANNEL, lambda *given: notified.append(given[3]))
    await database.execute("BEGIN; UPDATE sessions SET revoked_at = now(); ROLLBACK")
    await database.execute("UPDATE sessions SET revoked_at = now() WHERE id = 'se1'")
    await database.execute("UPDATE sessions SET revoked_at = now() WHERE id = 'se1'")
    await database.execute("UPDATE sessions SET expires_at = now() - interval '1 hour' WHERE id = 'se2'")
    await database.execute("DELETE FROM sessions WHERE id IN ('se1', 'se2')")
    await listener.execute("SELECT 1")
    assert notified == ["se1"]
    await listener.close()


async def test_an_end_is_notified_immediately(
    settings: Settings, database_url: str, database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with watch_of(settings, database_url) as watch:
        monkeypatch.setattr(session_watch, "_POLL_INTERVAL", 0.0)
        async with running(watch):
            await until(lambda: watch.revoked.fresh)
            monkeypatch.setattr(session_watch, "_POLL_INTERVAL", 3600.0)  # no further polls
            await asyncio.sleep(0.05)
            asked = watch.revoked.as_of
            await database.execute("UPDATE sessions SET revoked_at = now() WHERE id = 'se3'")
            await until(lambda: "se3" in watch.revoked, 1.0)
            assert watch.revoked.as_of == asked
            assert "se4" not in watch.revoked


async def test_after_a_lost_connection_missed_revocations_are_polled(
    settings: Settings, database_url: str, database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_watch, "_POLL_INTERVAL", 0.02)
    async with watch_of(settings, database_url) as watch, running(watch):
        await until(lambda: database.fetchval(LISTENER))
        pid = await database.fetchval(LISTENER)
        await database.execute(f"SELECT pg_terminate_backend({pid})")
        await database.execute("UPDATE sessions SET revoked_at = now() WHERE id = 'se5'")
        await until(lambda: "se5" in watch.revoked)
        await until(lambda: database.fetchval(LISTENER))
        assert await database.fetchval(LISTENER) != pid


async def test_without_the_listener_connection_requests_poll(
    settings: Settings, database_url: str, database: Any
) -> None:
    async with watch_of(settings, database_url, listening_at=NOWHERE) as watch, running(watch):
        await watch.ensure_fresh()
        asked = watch.revoked.as_of
        for _ in range(20):  # within a second, there is no further poll
            await watch.ensure_fresh()
        assert watch.revoked.as_of == asked
        await database.execute("UPDATE sessions SET revoked_at = now() WHERE id = 'se1'")
        watch.revoked.invalidate()
        await asyncio.gather(*(watch.ensure_fresh() for _ in range(50)))
        assert "se1" in watch.revoked


async def test_a_request_in_the_moment_when_a_query_ends_makes_a_query_of_its_own(
    settings: Settings, database_url: str
) -> None:
    async with watch_of(settings, database_url) as watch:
        late: list[asyncio.Task[None]] = []

        class Pool(AsyncpgPool):
            """Has another request start in the step in which the first query ends."""

            async def read_all(self, queries: Sequence[Query]) -> list[bytes | None]:
                found = await super().read_all(queries)
                if not late:
                    watch.revoked.invalidate()
                    late.append(asyncio.create_task(watch.ensure_fresh()))
                return found

        watch._pool.__class__ = Pool
        await watch.ensure_fresh()
        await late[0]
        assert watch.revoked.fresh


async def test_without_the_database_the_check_is_unavailable(settings: Settings) -> None:
    async with watch_of(settings, NOWHERE) as watch:
        found = await asyncio.gather(*(watch.ensure_fresh() for _ in range(5)), return_exceptions=True)
        assert [type(each) for each in found] == [RevocationCheckUnavailable] * 5
        assert not watch.revoked.fresh


async def test_a_long_transaction_is_not_missed(settings: Settings, database_url: str, database: Any) -> None:
    async with watch_of(settings, database_url) as watch:
        await database.execute("BEGIN")
        await database.execute("UPDATE sessions SET revoked_at = now() WHERE id = 'se1'")
        await watch.ensure_fresh()
        await database.execute("COMMIT")
        assert "se1" not in watch.revoked
        watch.revoked.invalidate()
        await watch.ensure_fresh()
        assert "se1" in watch.revoked


async def test_last_seen_at_is_written_once_a_minute_and_not_for_revoked_sessions(
    settings: Settings, database_url: str, database: Any
) -> None:
    async with watch_of(settings, database_url) as watch:
        await database.execute(
            "UPDATE sessions SET last_seen_at = now() - interval '5 minutes' WHERE id <> 'se2';"
            "UPDATE sessions SET revoked_at = now() WHERE id = 'se3'"
        )
        for session_id in ("se1", "se2", "se3", "unknown"):
            watch.mark_seen(session_id)
        before = dict(await database.fetch("SELECT id, last_seen_at FROM sessions"))
        await watch.write_seen(database)
        after = dict(await database.fetch("SELECT id, last_seen_at FROM sessions"))
        assert {key for key in after if after[key] != before[key]} == {"se1"}
        await watch.write_seen(database)  # no session was used since
        assert dict(await database.fetch("SELECT id, last_seen_at FROM sessions")) == after


async def test_a_running_listener_writes_last_seen_at(
    settings: Settings, database_url: str, database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_watch, "_POLL_INTERVAL", 0.02)
    monkeypatch.setattr(session_watch, "_SEEN_INTERVAL", 0.0)
    await database.execute("UPDATE sessions SET last_seen_at = now() - interval '5 minutes'")
    async with watch_of(settings, database_url) as watch, running(watch):
        watch.mark_seen("se4")
        recent = "SELECT id FROM sessions WHERE last_seen_at > now() - interval '1 minute'"
        await until(lambda: database.fetchval(recent))
        assert await database.fetchval(recent) == "se4"
