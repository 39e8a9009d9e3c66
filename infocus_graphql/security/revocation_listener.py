"""Keeps a process informed of ended sessions, and the database of those in use.

The database tells of each end in the moment of its commit (NOTIFY, by triggers on `sessions`). As a cut
connection doesn't always say so, it is also asked every half second, and nobody is let in by what was known
more than a second ago: then the request itself asks first, or is not served.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from time import monotonic
from typing import Any, Final, TypeAlias

import asyncpg
import orjson
import structlog

from infocus_graphql.db.asyncpg_pool import AsyncpgPool
from infocus_graphql.security.revoked_sessions import REMEMBERED_SECONDS, RevokedSessions

log = structlog.get_logger("infocus.sessions")

Connect: TypeAlias = Callable[[], Awaitable[asyncpg.Connection]]

CHANNEL: Final = "infocus_ended_sessions"
_EVERY: Final = 0.5
_PATIENCE: Final = 3.0
_LONGEST_PAUSE: Final = 5.0
_SEEN_EVERY: Final = 60.0
# An end is dated before its transaction commits: it may come to light that much later.
_OVERLAP: Final = 60.0

_ENDED: Final = """
SELECT coalesce(json_agg(session_id), '[]') FROM ended_sessions
WHERE ended_at > now() - make_interval(secs => $1)
"""
# Two processes may have seen the same sessions: what the other one writes needs no second writing.
_SEEN: Final = """
UPDATE sessions SET last_seen_at = now() WHERE id IN (
    SELECT id FROM sessions
    WHERE id = ANY($1) AND last_seen_at <= now() - interval '1 minute' AND revoked_at IS NULL
    FOR UPDATE SKIP LOCKED
)
"""


class RevocationCheckUnavailable(Exception):
    """The database could not be asked which sessions have ended."""


class RevocationListener:
    """Fills `ended` as long as `run` runs; `certain` makes up for it when it can't."""

    def __init__(self, ended: RevokedSessions, pool: AsyncpgPool, connect: Connect) -> None:
        self.ended = ended
        self._pool = pool
        self._connect = connect
        self._asking: asyncio.Task[bool] | None = None
        self._seen: set[str] = set()

    async def ensure_fresh(self) -> None:
        """Comes back when all is known that had ended a second ago; raises NotCertain.

        Mostly at once. Those who have to wait share one statement.
        """
        if self.ended.fresh:
            return
        came = monotonic()
        while not self.ended.fresh and (self.ended.as_of or 0.0) < came:
            if self._asking is None:
                self._asking = asyncio.create_task(self._ask_pool())
                self._asking.add_done_callback(self._asked)
            if not await asyncio.shield(self._asking):
                raise RevocationCheckUnavailable

    def mark_seen(self, session_id: str) -> None:
        """This session is in use; it is written down within a minute or so."""
        self._seen.add(session_id)

    async def run(self) -> None:
        """Listens, asks and writes until it is cancelled."""
        pause = 0.0
        # A process that starts has more urgent things to do than to open this connection.
        await asyncio.sleep(_EVERY)
        while True:
            began = monotonic()
            try:
                await self._watch(await self._connect())
            except Exception as error:  # whatever it is, it has to go on afterwards
                if monotonic() - began > _LONGEST_PAUSE:
                    pause = 0.0
                pause = min(_LONGEST_PAUSE, 2 * pause or _EVERY)
                log.warning("revocation listener disconnected", reason=type(error).__name__, seconds=pause)
            await asyncio.sleep(pause)

    async def _watch(self, connection: asyncpg.Connection) -> None:
        try:
            await connection.add_listener(CHANNEL, self._on_notification)
            written = monotonic()
            while True:
                await self._ask(lambda reach: connection.fetchval(_ENDED, reach))
                if monotonic() - written > _SEEN_EVERY:
                    written = monotonic()
                    await self.write_seen(connection)
                await asyncio.sleep(_EVERY)
        finally:
            connection.terminate()

    async def write_seen(self, connection: asyncpg.Connection) -> None:
        """Writes down which sessions were in use since the last time."""
        seen, self._seen = self._seen, set()
        if seen:
            await connection.execute(_SEEN, list(seen), timeout=_PATIENCE)

    def _on_notification(self, _connection: Any, _pid: int, _channel: str, session_id: Any) -> None:
        self.ended.add(session_id)

    async def _ask(self, fetch: Callable[[float], Awaitable[str | bytes]]) -> None:
        began = monotonic()
        known = self.ended.as_of
        reach = REMEMBERED_SECONDS if known is None else began - known + _OVERLAP
        async with asyncio.timeout(_PATIENCE):
            found = await fetch(min(reach, REMEMBERED_SECONDS))
        self.ended.learn(orjson.loads(found), began)

    async def _ask_pool(self) -> bool:
        async def fetch(reach: float) -> bytes:
            (found,) = await self._pool.read_all([(_ENDED, [reach])])
            return found or b"[]"

        try:
            await self._ask(fetch)
        except Exception as error:  # whatever it is, the database can't be asked
            log.warning("revocation check failed", reason=type(error).__name__)
            return False
        return True

    def _asked(self, _: asyncio.Task[bool]) -> None:
        self._asking = None


async def stop(task: asyncio.Task[None]) -> None:
    """Ends a running watch and waits until it has ended."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
