"""The database of one process: readers and transactions. The only module that commits."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any, Concatenate, ParamSpec, TypeAlias, TypeVar

from asyncpg import IntegrityConstraintViolationError, PostgresError
from sqlalchemy import Executable, Result, ScalarResult
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from infocus_graphql.core.tasks import run_to_end
from infocus_graphql.db.asyncpg_pool import AsyncpgPool
from infocus_graphql.db.constraint_errors import error_for_constraint
from infocus_graphql.db.engines import Engines
from infocus_graphql.db.prepared import CompiledStatement
from infocus_graphql.db.sql_types import Parameters, SqlValue
from infocus_graphql.db.stale import RENEWALS, is_stale

P = ParamSpec("P")
T = TypeVar("T")
AnyResult: TypeAlias = Result[*tuple[Any, ...]]

_ATTEMPTS = 3
_RETRYABLE = {"40001", "40P01"}  # serialization_failure, deadlock_detected


class ReaderClosedError(Exception):
    """A read after the reader was closed; its connection would never be released."""


class ReadSession(AsyncSession):
    """A session in autocommit that repeats reads whose plans a schema change made stale."""

    async def execute(self, *args: SqlValue, **kwargs: SqlValue) -> AnyResult:
        """Runs a SELECT; again on a new connection if the prepared statement is stale."""
        for _ in range(RENEWALS):
            try:
                return await super().execute(*args, **kwargs)
            except DBAPIError as error:
                if not is_stale(error):
                    raise
                await self.invalidate()
        return await super().execute(*args, **kwargs)


class ReadUnit:
    """The argument of a use case that only reads.

    `UnitOfWork` is a subclass, so a guard that takes a `ReadUnit` can run before the transaction of a change
    or inside it.
    """

    async def execute(self, statement: Executable) -> AnyResult:
        """Runs a SELECT."""
        raise NotImplementedError

    async def scalar(self, statement: Executable) -> SqlValue:
        """The first column of the first row; None without rows."""
        return (await self.execute(statement)).scalar()

    async def scalars(self, statement: Executable) -> ScalarResult[Any]:
        """The first column of all rows."""
        return (await self.execute(statement)).scalars()


class Reader(ReadUnit):
    """Reads for one operation: a single session with one statement at a time and one identity map.

    Its connections are in autocommit, and PostgreSQL rejects writes on them.
    """

    def __init__(self, sessions: async_sessionmaker[ReadSession], params: Parameters) -> None:
        self._sessions = sessions
        self._params = dict(params)
        self._session: ReadSession | None = None
        self._closed = False
        self._reading: asyncio.Task[AnyResult] | None = None
        # Sibling fields resolve concurrently, but a connection runs one statement at a time.
        self._lock = asyncio.Lock()

    async def execute(self, statement: Executable, params: Parameters | None = None) -> AnyResult:
        """Runs a SELECT with the parameters of the request (viewer, cursor key) and `params`."""
        async with self._lock:
            if self._closed:
                raise ReaderClosedError
            self._session = self._session or self._sessions()
            self._reading = asyncio.current_task()
            try:
                return await self._session.execute(statement, {**self._params, **(params or {})})
            except BaseException as error:
                # After an error the next statement needs a new session.
                await self._release()
                if self._closed and isinstance(error, asyncio.CancelledError):
                    # A batch of a loader ends its waiting fields with an error, but not with a cancellation.
                    raise ReaderClosedError from error
                raise
            finally:
                self._reading = None

    async def close(self) -> None:
        """Releases the connection and all rows. A statement that still runs raises ReaderClosedError."""
        self._closed = True
        if self._reading is not None and self._reading is not asyncio.current_task():
            self._reading.cancel()
        async with self._lock:
            await self._release()

    async def _release(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await run_to_end(session.close())


class UnitOfWork(ReadUnit):
    """A transaction that may write. Use cases run statements through its session and never commit."""

    def __init__(
        self,
        sessions: async_sessionmaker[AsyncSession],
        changes: AsyncpgPool | None = None,
        committed: Callable[[], None] | None = None,
    ) -> None:
        self._sessions = sessions
        self._changes = changes  # for `run_single_statement`
        self._committed = committed
        self._session: AsyncSession | None = None
        self._done = False

    @property
    def session(self) -> AsyncSession:
        """The session; its transaction begins with the first statement."""
        if self._done:
            raise RuntimeError("`run_single_statement` has already committed the change")
        if self._session is None:
            self._session = self._sessions()
        return self._session

    async def execute(self, statement: Executable) -> AnyResult:
        """Runs a statement in the transaction."""
        return await self.session.execute(statement)

    async def run_single_statement(self, statement: CompiledStatement, values: Parameters) -> SqlValue:
        """Runs a statement that is the whole change of a use case, and returns its single value.

        If nothing else belongs to the transaction, it runs in autocommit with one round trip. The statement
        must return None if and only if it changed nothing; only then may the use case go on with `session`.
        """
        text, parameters = statement.query(values)
        if self._changes is None or self._session is not None:
            connection = await self.session.connection()
            return (await connection.exec_driver_sql(text, tuple(parameters))).scalar()
        try:
            found = await self._changes.write_once((text, parameters))
        except IntegrityConstraintViolationError as error:
            raise error_for_constraint(error, text) from error
        self._done = found is not None
        if self._done and self._committed is not None:
            self._committed()
        return found

    async def flush(self) -> None:
        """Sends pending changes, so that only the COMMIT remains."""
        if self._session is not None:
            await self._session.flush()

    async def commit(self) -> None:
        """Commits; called by `Database` only."""
        if self._session is not None:
            await self._session.commit()
            if self._committed is not None:
                self._committed()

    async def discard(self) -> None:
        """Rolls back and closes the connection, including its cached plans."""
        if self._session is not None:
            await self._session.invalidate()

    async def close(self) -> None:
        """Releases the connection; uncommitted changes are rolled back."""
        if self._session is not None:
            await run_to_end(self._session.close())


class Database:
    """Creates readers and runs use cases in transactions."""

    def __init__(self, engines: Engines) -> None:
        self.engines = engines
        self.read_sessions = async_sessionmaker(
            engines.read, class_=ReadSession, expire_on_commit=False, autoflush=False
        )
        self._write = async_sessionmaker(engines.write, expire_on_commit=False)
        self.committed: Callable[[], None] | None = None  # called after each commit of a change

    def reader(self, params: Parameters) -> Reader:
        """A reader for one operation; `params` are bound in each of its statements."""
        return Reader(self.read_sessions, params)

    async def read(
        self, use_case: Callable[Concatenate[ReadUnit, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Runs a use case that only reads, on a connection on which PostgreSQL rejects writes."""
        reader = self.reader({})
        try:
            return await use_case(reader, *args, **kwargs)
        finally:
            await reader.close()

    async def transaction(
        self, use_case: Callable[Concatenate[UnitOfWork, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Runs `use_case` and commits; any exception rolls back.

        A constraint violation is raised as the refusal that its table declares. After deadlocks,
        serialization failures and stale plans the use case runs again, so it must have no side effects
        outside the database.
        """
        work, result = await self._begin(None, use_case, *args, **kwargs)
        await self.finish(work)
        return result

    async def begin(
        self, use_case: Callable[Concatenate[UnitOfWork, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> tuple[UnitOfWork, T]:
        """Like `transaction` without the commit: the caller passes the unit of work to `finish` or closes it.

        A use case that is a single statement may run it in autocommit.
        """
        return await self._begin(self.engines.changes, use_case, *args, **kwargs)

    async def finish(self, work: UnitOfWork) -> None:
        """Commits, and translates violations of deferred constraints like all others."""
        try:
            await work.commit()
        except IntegrityError as error:
            raise error_for_constraint(error, error.statement or "") from error
        finally:
            await work.close()

    async def _begin(
        self,
        changes: AsyncpgPool | None,
        use_case: Callable[Concatenate[UnitOfWork, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> tuple[UnitOfWork, T]:
        attempt = 1
        # A schema change makes the plans of every pooled connection stale, which each one reports separately.
        renewals = self.engines.write_connections + RENEWALS
        while True:
            work = UnitOfWork(self._write, changes, self.committed)
            try:
                result = await use_case(work, *args, **kwargs)
                await work.flush()
            except BaseException as error:
                stale = is_stale(error) and renewals > 0
                await (work.discard() if stale else work.close())
                if isinstance(error, IntegrityError):
                    raise error_for_constraint(error, error.statement or "") from error
                if stale:
                    renewals -= 1
                    continue
                if not _is_retryable(error) or attempt == _ATTEMPTS:
                    raise
            else:
                return work, result
            await asyncio.sleep(random.uniform(0.005, 0.05) * attempt)  # noqa: S311 - jitter
            attempt += 1

    async def dispose(self) -> None:
        """Closes all connections."""
        await self.engines.dispose()


def _is_retryable(error: BaseException) -> bool:
    if not isinstance(error, DBAPIError | PostgresError):
        return False
    return getattr(getattr(error, "orig", error), "sqlstate", None) in _RETRYABLE
