"""A small pool of bare asyncpg connections: no session, no reset, JSON as bytes.

Its connections only ever run single statements in autocommit, so there is no state to clean up between
uses, which an ordinary pool spends a round trip on. Planned reads have one (read-only), and changes that
are a single statement have another.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final, TypeVar

import asyncpg

from infocus_graphql.core.timeouts import SharedTimeout
from infocus_graphql.db.connection_health import CONNECTION_LOST, IDLE_SECONDS, close_quietly, is_alive
from infocus_graphql.db.prepared import Query
from infocus_graphql.db.stale import RENEWALS, is_stale

# Prepared statements that a connection keeps. PostgreSQL takes some fifty bytes for each character of one:
# these bounds hold a connection below 80 MB, whatever is asked.
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
    def rested(self) -> bool:
        return monotonic() - self.last > IDLE_SECONDS


class AsyncpgPool:
    """Up to `size` connections, the most recently used first; made when needed."""

    def __init__(self, arguments: Mapping[str, Any], *, size: int, timeout: float) -> None:
        # One plan for all values: planning anew costs more than our statements do.
        settings = {**arguments["server_settings"], "plan_cache_mode": "force_generic_plan"}
        self._arguments = {
            **arguments,
            "server_settings": settings,
            "statement_cache_size": _STATEMENTS,
            "max_cacheable_statement_size": _STATEMENT_CHARACTERS,
        }
        self._places = size  # that nobody has
        self._waiting: deque[asyncio.Future[None]] = deque()
        # A timer for each statement and for each who waits would cost more than they do.
        self._waits = SharedTimeout(timeout)
        self._statements = SharedTimeout(self._arguments.pop("command_timeout"))
        self._idle: list[_PooledConnection] = []
        self._closed = False
        self._ending: set[asyncio.Task[None]] = set()

    async def read_all(self, queries: Sequence[Query]) -> list[bytes | None]:
        """The one value of each statement, in turn.

        What fails on a cut connection is tried once more.
        """
        try:
            return await self._renewed(lambda: self._fetch(queries))
        except CONNECTION_LOST:
            self._drop_idle()  # a server that has gone has cut them all
            return await self._fetch(queries)

    async def write_once(self, query: Query) -> Any:
        """The one value of a statement that may change something: never done twice, whatever happens.

        A plan from before a change of the schema fails before anything is done, and is renewed.
        """
        return await self._renewed(lambda: self._fetch_once(query))

    async def _renewed(self, fetch: Callable[[], Awaitable[T]]) -> T:
        for _ in range(RENEWALS):
            try:
                return await fetch()
            except asyncpg.PostgresError as error:
                if not is_stale(error):
                    raise
                self._drop_idle()  # a change of the schema concerns them all
        return await fetch()

    async def _fetch_once(self, query: Query) -> Any:
        used = await self.acquire()
        try:
            found = await self._run(used.connection, query)
        except BaseException as error:
            self._give_back_after(error, used)
            raise
        self.release(used)
        return found

    async def close(self) -> None:
        """Closes the idle connections; those in use are closed when they come back."""
        self._closed = True
        idle, self._idle = self._idle, []
        await asyncio.gather(*self._ending, *(close_quietly(used.connection) for used in idle))

    def _drop_idle(self) -> None:
        while self._idle:
            self._idle.pop().connection.terminate()

    async def _fetch(self, queries: Sequence[Query]) -> list[bytes | None]:
        used = await self.acquire()
        try:
            found = [await self._run(used.connection, query) for query in queries]
        except BaseException as error:
            self._give_back_after(error, used)
            raise
        self.release(used)
        return found

    async def _run(self, connection: asyncpg.Connection, query: Query) -> Any:
        text, values = query
        with self._statements.start():
            return await connection.fetchval(text, *values)

    async def acquire(self) -> _PooledConnection:
        """A living connection for one use; TimeoutError when none comes free in time."""
        if self._places:
            self._places -= 1
        else:
            await self._wait()
        try:
            while self._idle:
                used = self._idle.pop()
                if used.usable and (not used.rested or await self._lives(used)):
                    return used
                used.connection.terminate()
            made = monotonic()
            return _PooledConnection(await self._connect(), made, made)
        except BaseException:
            self._release()
            raise

    async def _wait(self) -> None:
        """Waits for a place, in the order of coming."""
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            with self._waits.start():
                await place
        except (asyncio.CancelledError, TimeoutError):
            if not place.cancelled():
                self._release()  # it came in the very moment of being cancelled
            raise

    def _release(self) -> None:
        """Passes a place on to who has waited longest."""
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(None)
                return
        self._places += 1

    async def _lives(self, used: _PooledConnection) -> bool:
        try:
            living = await is_alive(used.connection)
        except BaseException:
            used.connection.terminate()
            raise
        if not living:
            self._drop_idle()  # they have rested for longer
        return living

    def release(self, used: _PooledConnection) -> None:
        """Makes a connection available again, unless it is of no more use."""
        if self._closed or not used.usable:
            used.connection.terminate()
        else:
            used.last = monotonic()
            self._idle.append(used)
        self._release()

    def _give_back_after(self, error: BaseException, used: _PooledConnection) -> None:
        if isinstance(error, asyncpg.PostgresError) and not is_stale(error):
            self.release(used)
            return
        if isinstance(error, TimeoutError):
            self._drop_idle()  # a server that keeps silent past its own limit has gone without a farewell
        # Cancelled or cut off in the middle of a statement: nobody should get it again. Closing it has
        # PostgreSQL end the statement, which would go on for nobody if we just hung up.
        ending = asyncio.create_task(close_quietly(used.connection))
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)
        self._release()

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
