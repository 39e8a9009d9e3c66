"""Listens for session revocations (NOTIFY plus polling) and writes `last_seen_at` in batches.

Triggers on `sessions` send a NOTIFY when a revocation commits. A dropped connection isn't always noticed, so
the process also polls every half second. If the last poll is more than a second old, requests query the
database themselves, and are rejected if that fails.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from time import monotonic
from typing import Final, TypeAlias

import asyncpg
import orjson
import structlog

from infocus_graphql.db.asyncpg_pool import AsyncpgPool
from infocus_graphql.security.revoked_sessions import REMEMBERED_SECONDS, RevokedSessions

log = structlog.get_logger("infocus.sessions")

Connect: TypeAlias = Callable[[], Awaitable[asyncpg.Connection]]

CHANNEL: Final = "infocus_revoked_sessions"
_POLL_INTERVAL: Final = 0.5
_TIMEOUT: Final = 3.0
_LONGEST_PAUSE: Final = 5.0
_SEEN_INTERVAL: Final = 60.0
# `revoked_at` is set before its transaction commits, so a row may become visible this much later.
_OVERLAP: Final = 60.0

_REVOKED: Final = """
SELECT coalesce(json_agg(session_id), '[]') FROM revoked_sessions
WHERE revoked_at > now() - make_interval(secs => $1)
"""
# Several processes may have seen the same session: rows that another one has locked are skipped.
_SEEN: Final = """
UPDATE sessions SET last_seen_at = now() WHERE id IN (
    SELECT id FROM sessions
    WHERE id = ANY($1) AND last_seen_at <= now() - interval '1 minute' AND revoked_at IS NULL
    FOR UPDATE SKIP LOCKED
)
"""


class RevocationCheckUnavailable(Exception):
    """The database can't be queried for revoked sessions."""


class RevocationListener:
    """Keeps `revoked` up to date while `run` runs; `ensure_fresh` queries the database if it isn't."""

    def __init__(self, revoked: RevokedSessions, pool: AsyncpgPool, connect: Connect) -> None:
        self.revoked = revoked
        self._pool = pool
        self._connect = connect
        self._check: asyncio.Task[bool] | None = None
        self._seen: set[str] = set()

    async def ensure_fresh(self) -> None:
        """Returns when all revocations up to a second ago are known, which is usually at once.

        Raises RevocationCheckUnavailable if the database can't be queried. Concurrent calls share one query.
        """
        if self.revoked.fresh:
            return
        started = monotonic()
        while not self.revoked.fresh and (self.revoked.as_of or 0.0) < started:
            # A task that is done says nothing about revocations since. Awaiting it would not yield to the
            # event loop either, so this loop would never end.
            if self._check is None or self._check.done():
                self._check = asyncio.create_task(self._poll_with_pool())
            if not await asyncio.shield(self._check):
                raise RevocationCheckUnavailable

    def mark_seen(self, session_id: str) -> None:
        """Records that a session is in use; `last_seen_at` is written within about a minute."""
        self._seen.add(session_id)

    async def run(self) -> None:
        """Listens, polls and writes until it is cancelled."""
        pause = 0.0
        # Don't compete with the rest of the start-up.
        await asyncio.sleep(_POLL_INTERVAL)
        while True:
            began = monotonic()
            try:
                await self._watch(await self._connect())
            except Exception as error:  # reconnect after any error
                if monotonic() - began > _LONGEST_PAUSE:
                    pause = 0.0
                pause = min(_LONGEST_PAUSE, 2 * pause or _POLL_INTERVAL)
                log.warning("revocation listener disconnected", reason=type(error).__name__, seconds=pause)
            await asyncio.sleep(pause)

    async def _watch(self, connection: asyncpg.Connection) -> None:
        try:
            await connection.add_listener(CHANNEL, self._on_notification)
            written = monotonic()
            while True:
                await self._poll(lambda seconds: connection.fetchval(_REVOKED, seconds))
                if monotonic() - written > _SEEN_INTERVAL:
                    written = monotonic()
                    await self.write_seen(connection)
                await asyncio.sleep(_POLL_INTERVAL)
        finally:
            connection.terminate()

    async def write_seen(self, connection: asyncpg.Connection) -> None:
        """Updates `last_seen_at` of the sessions used since the last call."""
        seen, self._seen = self._seen, set()
        if seen:
            await connection.execute(_SEEN, list(seen), timeout=_TIMEOUT)

    def _on_notification(self, _connection: object, _pid: int, _channel: str, session_id: str) -> None:
        self.revoked.add(session_id)

    async def _poll(self, fetch: Callable[[float], Awaitable[str | bytes]]) -> None:
        began = monotonic()
        known = self.revoked.as_of
        seconds = REMEMBERED_SECONDS if known is None else began - known + _OVERLAP
        async with asyncio.timeout(_TIMEOUT):
            found = await fetch(min(seconds, REMEMBERED_SECONDS))
        self.revoked.update(orjson.loads(found), began)

    async def _poll_with_pool(self) -> bool:
        async def fetch(seconds: float) -> bytes:
            (found,) = await self._pool.read_all([(_REVOKED, [seconds])])
            return found or b"[]"

        try:
            await self._poll(fetch)
        except Exception as error:  # any error means that the check is impossible
            log.warning("revocation check failed", reason=type(error).__name__)
            return False
        return True


async def stop(task: asyncio.Task[None]) -> None:
    """Cancels a background task and waits until it has ended."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
