"""A small pool of plain asyncpg connections: no session, no reset, JSON as bytes.

Its connections run only single statements in autocommit, so there is no state to reset between uses, which
costs other pools a round trip. Planned reads use one pool (read-only), single-statement changes another.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Final, TypeVar

import asyncpg

from infocus_graphql.core.timeouts import SharedTimeout
from infocus_graphql.db.connection_health import CONNECTION_LOST, IDLE_SECONDS, close_quietly, is_alive
from infocus_graphql.db.prepared import Query
from infocus_graphql.db.sql_types import Arguments, SqlValue
from infocus_graphql.db.stale import RENEWALS, is_stale

# Prepared statements per connection. PostgreSQL needs about fifty bytes for each character of a statement,
# so these bounds limit a connection to 80 MB.
_STATEMENTS: Final = 100
_STATEMENT_CHARACTERS: Final = 16_000
_MAX_AGE: Final = 1800.0
T = TypeVar("T")


@dataclass(slots=True)
class _PooledConnection:
    connection: asyncpg.Connection
    born: float
    last: float

    @property
    def usable(self) -> bool:
        return not self.connection.is_closed() and monotonic() - self.born < _MAX_AGE

    @property
    def was_idle(self) -> bool:
        return monotonic() - self.last > IDLE_SECONDS


class AsyncpgPool:
    """Up to `size` connections, opened on demand; the most recently used is reused first."""

    def __init__(self, arguments: Arguments, *, size: int, timeout: float) -> None:
        # Generic plans: planning costs more than executing our statements.
        settings = {**arguments["server_settings"], "plan_cache_mode": "force_generic_plan"}
        self._arguments = {
            **arguments,
            "server_settings": settings,
            "statement_cache_size": _STATEMENTS,
            "max_cacheable_statement_size": _STATEMENT_CHARACTERS,
        }
        self._free_slots = size
        self._waiting: deque[asyncio.Future[None]] = deque()
        # Shared, because a timer for each statement and each waiting task would cost more than they do.
        self._waits = SharedTimeout(timeout)
        self._statements = SharedTimeout(self._arguments.pop("command_timeout"))
        self._idle: list[_PooledConnection] = []
        self._closed = False
        self._closing: set[asyncio.Task[None]] = set()

    async def read_all(self, queries: Sequence[Query]) -> list[bytes | None]:
        """Runs the statements one after another; returns the single value of each.

        They are repeated once after a lost connection, so they must be reads.
        """
        try:
            return await self._renewed(lambda: self._fetch(queries))
        except CONNECTION_LOST:
            self._drop_idle()  # after a server restart, all of them are lost
            return await self._fetch(queries)

    async def write_once(self, query: Query) -> SqlValue:
        """Runs a statement that may write, and returns its single value. Never executes it twice.

        A statement with a stale plan fails before it changes anything, and is then prepared again.
        """
        return await self._renewed(lambda: self._fetch_once(query))

    async def _renewed(self, fetch: Callable[[], Awaitable[T]]) -> T:
        for _ in range(RENEWALS):
            try:
                return await fetch()
            except asyncpg.PostgresError as error:
                if not is_stale(error):
                    raise
                self._drop_idle()  # the schema change makes the plans of all connections stale
        return await fetch()

    async def _fetch_once(self, query: Query) -> SqlValue:
        used = await self.acquire()
        try:
            found = await self._run(used.connection, query)
        except BaseException as error:
            self._release_after(error, used)
            raise
        self.release(used)
        return found

    async def close(self) -> None:
        """Closes the idle connections; those in use are closed when they are released."""
        self._closed = True
        idle, self._idle = self._idle, []
        await asyncio.gather(*self._closing, *(close_quietly(used.connection) for used in idle))

    def _drop_idle(self) -> None:
        while self._idle:
            self._idle.pop().connection.terminate()

    async def _fetch(self, queries: Sequence[Query]) -> list[bytes | None]:
        used = await self.acquire()
        try:
            found = [await self._run(used.connection, query) for query in queries]
        except BaseException as error:
            self._release_after(error, used)
            raise
        self.release(used)
        return found

    async def _run(self, connection: asyncpg.Connection, query: Query) -> SqlValue:
        text, values = query
        with self._statements.start():
            return await connection.fetchval(text, *values)

    async def acquire(self) -> _PooledConnection:
        """Returns a live connection for one use. Raises TimeoutError if none becomes free in time."""
        if self._free_slots:
            self._free_slots -= 1
        else:
            await self._wait()
        try:
            while self._idle:
                used = self._idle.pop()
                if used.usable and (not used.was_idle or await self._check(used)):
                    return used
                used.connection.terminate()
            opened_at = monotonic()
            return _PooledConnection(await self._connect(), opened_at, opened_at)
        except BaseException:
            self._pass_on_slot()
            raise

    async def _wait(self) -> None:
        """Waits for a free slot, first come, first served."""
        slot: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(slot)
        try:
            with self._waits.start():
                await slot
        except (asyncio.CancelledError, TimeoutError):
            if not slot.cancelled():
                self._pass_on_slot()  # the slot was granted at the same moment as the cancellation
            raise

    def _pass_on_slot(self) -> None:
        """Passes a slot to the task that has waited longest."""
        while self._waiting:
            slot = self._waiting.popleft()
            if not slot.done():
                slot.set_result(None)
                return
        self._free_slots += 1

    async def _check(self, used: _PooledConnection) -> bool:
        try:
            alive = await is_alive(used.connection)
        except BaseException:
            used.connection.terminate()
            raise
        if not alive:
            self._drop_idle()  # the others have been idle even longer
        return alive

    def release(self, used: _PooledConnection) -> None:
        """Makes a connection available again, or closes it if it is closed or too old."""
        if self._closed or not used.usable:
            used.connection.terminate()
        else:
            used.last = monotonic()
            self._idle.append(used)
        self._pass_on_slot()

    def _release_after(self, error: BaseException, used: _PooledConnection) -> None:
        if isinstance(error, asyncpg.PostgresError) and not is_stale(error):
            self.release(used)
            return
        if isinstance(error, TimeoutError):
            # The server exceeded its own statement timeout without a response: the network is down.
            self._drop_idle()
        # Cancelled or failed during a statement: don't reuse the connection. Closing it properly makes
        # PostgreSQL cancel the statement, which would continue if we only closed the socket.
        closing = asyncio.create_task(close_quietly(used.connection))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)
        self._pass_on_slot()

    async def _connect(self) -> asyncpg.Connection:
        connection = await asyncpg.connect(**self._arguments)
        try:
            with self._statements.start():
                await connection.set_type_codec(
                    "json", schema="pg_catalog", encoder=bytes, decoder=bytes, format="binary"
                )
        except BaseException:
            connection.terminate()
            raise
        return connection
