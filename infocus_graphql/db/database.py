"""The database of one process: engines, readers and transactions. The only file that commits."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
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
from infocus_graphql.db.stale import RENEWALS, is_stale

P = ParamSpec("P")
T = TypeVar("T")
Rows: TypeAlias = Result[*tuple[Any, ...]]

_ATTEMPTS = 3
_RETRYABLE = {"40001", "40P01"}  # serialization failure, deadlock: PostgreSQL says to try again


class ReaderClosedError(Exception):
    """Something still reads after its operation has ended; a new connection would never be given back."""


class ReadSession(AsyncSession):
    """A session in autocommit, whose reads are repeated where a change of the schema outdated their plans."""

    async def execute(self, *args: Any, **kwargs: Any) -> Rows:
        """Runs a SELECT; on a fresh connection when the kept statement is stale."""
        for _ in range(RENEWALS):
            try:
                return await super().execute(*args, **kwargs)
            except DBAPIError as error:
                if not is_stale(error):
                    raise
                await self.invalidate()
        return await super().execute(*args, **kwargs)


class ReadUnit:
    """What a use case gets that only reads.

    A `UnitOfWork` is one too: a guard takes a `ReadUnit`, and can run before the transaction of a change and
    inside it.
    """

    async def execute(self, statement: Executable) -> Rows:
        """Runs a SELECT."""
        raise NotImplementedError

    async def scalar(self, statement: Executable) -> Any:
        """The first column of the first row, None if there is no row."""
        return (await self.execute(statement)).scalar()

    async def scalars(self, statement: Executable) -> ScalarResult[Any]:
        """The first column of all rows."""
        return (await self.execute(statement)).scalars()


class Reader(ReadUnit):
    """Reads for one operation: a single session, one statement at a time, rows shared by identity.

    Its connections are in autocommit, and PostgreSQL refuses writes on them.
    """

    def __init__(self, sessions: async_sessionmaker[ReadSession], params: Mapping[str, Any]) -> None:
        self._sessions = sessions
        self._params = dict(params)
        self._session: ReadSession | None = None
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
            await run_to_end(session.close())


class UnitOfWork(ReadUnit):
    """One transaction that may write. Use cases get it, work through its session, and never commit."""

    def __init__(
        self, sessions: async_sessionmaker[AsyncSession], changes: AsyncpgPool | None = None
    ) -> None:
        self._sessions = sessions
        self._changes = changes  # for work that may be a single statement
        self._session: AsyncSession | None = None
        self._done = False

    @property
    def session(self) -> AsyncSession:
        """The session, whose transaction begins with the first statement."""
        if self._done:
            raise RuntimeError("the change was made already, by `at_once`")
        if self._session is None:
            self._session = self._sessions()
        return self._session

    async def execute(self, statement: Executable) -> Rows:
        """Runs a statement in the transaction."""
        return await self.session.execute(statement)

    async def run_single_statement(self, statement: CompiledStatement, values: Mapping[str, Any]) -> Any:
        """Runs the one statement that is all this use case has to change; the value that it returns.

        Where nothing else belongs to the work, it is a transaction of its own and one round trip. When it
        gives None it must have changed nothing: then, and only then, the use case may go on by the session.
        """
        text, given = statement.query(values)
        if self._changes is None or self._session is not None:
            connection = await self.session.connection()
            return (await connection.exec_driver_sql(text, tuple(given))).scalar()
        try:
            found = await self._changes.write_once((text, given))
        except IntegrityConstraintViolationError as error:
            raise error_for_constraint(error, text) from error
        self._done = found is not None
        return found

    async def flush(self) -> None:
        """Sends what is still pending, so that only the COMMIT is left to do."""
        if self._session is not None:
            await self._session.flush()

    async def commit(self) -> None:
        """Makes the changes permanent; for `Database` alone."""
        if self._session is not None:
            await self._session.commit()

    async def discard(self) -> None:
        """Closes the connection for good, with all plans that it keeps; what was not committed is undone."""
        if self._session is not None:
            await self._session.invalidate()

    async def close(self) -> None:
        """Gives the connection back; what was not committed is undone."""
        if self._session is not None:
            await run_to_end(self._session.close())


class Database:
    """Gives out readers and runs use cases in transactions."""

    def __init__(self, engines: Engines) -> None:
        self.engines = engines
        self.read_sessions = async_sessionmaker(
            engines.read, class_=ReadSession, expire_on_commit=False, autoflush=False
        )
        self._write = async_sessionmaker(engines.write, expire_on_commit=False)

    def reader(self, params: Mapping[str, Any]) -> Reader:
        """A reader for one operation; `params` go with each of its statements."""
        return Reader(self.read_sessions, params)

    async def read(
        self, use_case: Callable[Concatenate[ReadUnit, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Runs a use case that only reads, on a connection on which PostgreSQL refuses writes."""
        reader = self.reader({})
        try:
            return await use_case(reader, *args, **kwargs)
        finally:
            await reader.close()

    async def transaction(
        self, use_case: Callable[Concatenate[UnitOfWork, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Runs `use_case` and commits; any exception rolls back.

        A violated constraint is raised as the refusal that its table declares for it. Deadlocks,
        serialization failures and plans that a change of the schema outdated are tried again, so a use case
        must not touch the outside world.
        """
        work, result = await self._begin(None, use_case, *args, **kwargs)
        await self.finish(work)
        return result

    async def begin(
        self, use_case: Callable[Concatenate[UnitOfWork, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> tuple[UnitOfWork, T]:
        """The same without the commit: the caller passes the unit of work to `finish`, or closes it.

        A use case that consists of a single statement may run it in autocommit.
        """
        return await self._begin(self.engines.changes, use_case, *args, **kwargs)

    async def finish(self, work: UnitOfWork) -> None:
        """Commits. Constraints that PostgreSQL checks at the commit are raised like all others."""
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
        # A change of the schema outdates the plans of every pooled connection, each found out in its turn.
        renewals = self.engines.write_connections + RENEWALS
        while True:
            work = UnitOfWork(self._write, changes)
            try:
                result = await use_case(work, *args, **kwargs)
                await work.flush()
            except BaseException as error:
                outdated = is_stale(error) and renewals > 0
                await (work.discard() if outdated else work.close())
                if isinstance(error, IntegrityError):
                    raise error_for_constraint(error, error.statement or "") from error
                if outdated:
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
