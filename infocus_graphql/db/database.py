"""The database of one process: engines, readers and transactions. The only file that commits."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Concatenate, ParamSpec, TypeAlias, TypeVar

from sqlalchemy import Executable, Result
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from infocus_graphql.db.engines import Engines
from infocus_graphql.db.refusals import refusal_of

P = ParamSpec("P")
T = TypeVar("T")
Rows: TypeAlias = Result[*tuple[Any, ...]]

_ATTEMPTS = 3
_RETRYABLE = {"40001", "40P01"}  # serialization failure, deadlock: PostgreSQL says to try again


class ReaderClosedError(Exception):
    """Something still reads after its operation has ended; a new connection would never be given back."""


class Reader:
    """Reads for one operation: a single session, one statement at a time, rows shared by identity."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], params: Mapping[str, Any]) -> None:
        self._sessions = sessions
        self._params = dict(params)
        self._session: AsyncSession | None = None
        self._closed = False
        self._reading: asyncio.Task[Any] | None = None
        # Sibling fields resolve at the same time, and one connection runs one statement at a time.
        self._turn = asyncio.Lock()

    async def execute(self, statement: Executable, params: Mapping[str, Any] | None = None) -> Rows:
        """Runs a SELECT with the request's own parameters (viewer, cursor key) and `params`."""
        async with self._turn:
            if self._closed:
                raise ReaderClosedError
            self._session = self._session or self._sessions()
            self._reading = asyncio.current_task()
            try:
                return await self._session.execute(statement, {**self._params, **(params or {})})
            except BaseException:
                # The next statement gets a session that is not in the middle of a failure.
                await self._give_back()
                raise
            finally:
                self._reading = None

    async def close(self) -> None:
        """Gives the connection back and forgets all rows; a statement that nobody waits for is cancelled."""
        self._closed = True
        if self._reading is not None and self._reading is not asyncio.current_task():
            self._reading.cancel()
        async with self._turn:
            await self._give_back()

    async def _give_back(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await asyncio.shield(session.close())


class UnitOfWork:
    """One transaction. Use cases get it, work through its session, and never commit."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session


class Database:
    """Gives out readers and runs use cases in transactions."""

    def __init__(self, engines: Engines) -> None:
        self.engines = engines
        self._read = async_sessionmaker(engines.read, expire_on_commit=False, autoflush=False)
        self._write = async_sessionmaker(engines.write, expire_on_commit=False)

    def reader(self, params: Mapping[str, Any]) -> Reader:
        """A reader for one operation; `params` go with each of its statements."""
        return Reader(self._read, params)

    async def transaction(
        self, use_case: Callable[Concatenate[UnitOfWork, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Runs `use_case` and commits; any exception rolls back.

        A violated constraint is raised as the refusal that its table declares for it. Deadlocks and
        serialization failures are tried again, so a use case must not touch the outside world.
        """
        attempt = 1
        while True:
            try:
                async with self._write() as session:
                    result = await use_case(UnitOfWork(session), *args, **kwargs)
                    await session.commit()
                    return result
            except IntegrityError as error:
                raise refusal_of(error) from error
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) not in _RETRYABLE or attempt == _ATTEMPTS:
                    raise
            await asyncio.sleep(random.uniform(0.005, 0.05) * attempt)  # noqa: S311 - jitter
            attempt += 1

    async def dispose(self) -> None:
        """Closes all connections."""
        await self.engines.dispose()
