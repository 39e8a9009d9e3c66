"""The database of one process: engines, readers and transactions. The only file that commits."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Executable, Result
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from infocus_graphql.db.engines import Engines
from infocus_graphql.db.refusals import refusal_of

P = ParamSpec("P")
T = TypeVar("T")

_ATTEMPTS = 3
_RETRYABLE = {"40001", "40P01"}  # serialization failure, deadlock: PostgreSQL says to try again


class Reader:
    """Reads for one operation: a single session, one statement at a time, rows shared by identity."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], params: Mapping[str, Any]) -> None:
        self._sessions = sessions
        self._params = dict(params)
        self._session: AsyncSession | None = None
        # Sibling fields resolve at the same time, and one connection runs one statement at a time.
        self._turn = asyncio.Lock()

    async def execute(self, statement: Executable, params: Mapping[str, Any] | None = None) -> Result[Any]:
        """Runs a SELECT with the request's own parameters (viewer, cursor key) and `params`."""
        async with self._turn:
            if self._session is None:
                self._session = self._sessions()
            try:
                return await self._session.execute(statement, {**self._params, **(params or {})})
            except BaseException:
                # The next statement gets a session that is not in the middle of a failure.
                session, self._session = self._session, None
                await asyncio.shield(session.close())
                raise

    async def close(self) -> None:
        """Gives the connection back and forgets all rows."""
        async with self._turn:
            if self._session is not None:
                session, self._session = self._session, None
                await session.close()


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
        for attempt in range(_ATTEMPTS):
            try:
                async with self._write() as session:
                    result = await use_case(UnitOfWork(session), *args, **kwargs)
                    await session.commit()
                    return result
            except IntegrityError as error:
                raise refusal_of(error) from error
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) not in _RETRYABLE or attempt == _ATTEMPTS - 1:
                    raise
                await asyncio.sleep(random.uniform(0.005, 0.05) * (attempt + 1))  # noqa: S311 - jitter
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def dispose(self) -> None:
        """Closes all connections."""
        await self.engines.dispose()
