"""Readers and transactions on real connections: serialization, failures, cancellation, retries, limits."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import pytest
from sqlalchemy import event, func, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import QueuePool

from infocus_graphql.core.errors import ErrorCode, Refused, refused
from infocus_graphql.db.database import Database, ReaderClosedError, UnitOfWork
from infocus_graphql.db.engines import make_engines
from infocus_graphql.domains.media.models import MediaItem, MediaType
from infocus_graphql.graph.loaders import Loader
from infocus_graphql.settings import Settings
from tests.support.factories import Factories
from tests.support.statements import recorded

T = TypeVar("T")
NUMBERS = itertools.count(1)
ONE = select(func.count()).select_from(MediaItem)
SLOW = text("SELECT pg_sleep(30)")
BROKEN = text("SELECT 1 / 0")


@asynccontextmanager
async def opened(url: str, settings: Settings, **limits: Any) -> AsyncIterator[Database]:
    """Yields a database with other limits."""
    database = Database(make_engines(url, settings.model_copy(update=limits)))
    try:
        yield database
    finally:
        await database.dispose()


@pytest.fixture
async def small(database_url: str, settings: Settings) -> AsyncIterator[Database]:
    """A database with one connection for reading and one for writing."""
    async with opened(database_url, settings, pool_size=1, pool_timeout_seconds=0.5) as database:
        yield database


def state(error: DBAPIError) -> str | None:
    """Returns the SQLSTATE of an error."""
    found: str | None = getattr(error.orig, "sqlstate", None)
    return found


def in_use(engine: AsyncEngine) -> int:
    """Returns the number of checked-out connections of an engine."""
    pool = engine.pool
    assert isinstance(pool, QueuePool)
    return pool.checkedout()


def first_statement(database: Database) -> asyncio.Event:
    """Returns an event that is set when the next statement is sent to the read engine."""
    sent = asyncio.Event()
    event.listen(database.engines.read.sync_engine, "before_cursor_execute", lambda *_: sent.set(), once=True)
    return sent


async def test_reads_of_one_operation_are_serialized_on_one_connection(small: Database) -> None:
    reader = small.reader({})
    found = await asyncio.gather(*(reader.execute(ONE) for _ in range(20)))
    assert [each.scalar_one() for each in found] == [0] * 20
    assert in_use(small.engines.read) == 1
    await reader.close()
    assert in_use(small.engines.read) == 0


async def test_a_row_read_repeatedly_is_one_object(small: Database) -> None:
    await small.transaction(add_title("Home"))
    reader = small.reader({})
    first = (await reader.execute(select(MediaItem))).scalar_one()
    assert (await reader.execute(select(MediaItem))).scalar_one() is first
    await reader.close()
    again = small.reader({})
    assert (await again.execute(select(MediaItem))).scalar_one() is not first
    await again.close()


async def test_after_a_failed_statement_the_next_one_works(small: Database) -> None:
    reader = small.reader({})
    results = await asyncio.gather(
        reader.execute(ONE), reader.execute(BROKEN), reader.execute(ONE), return_exceptions=True
    )
    assert [isinstance(each, DBAPIError) for each in results] == [False, True, False]
    assert (await reader.execute(ONE)).scalar_one() == 0
    await reader.close()
    assert in_use(small.engines.read) == 0


async def test_a_cancelled_read_releases_its_connection(small: Database) -> None:
    reader = small.reader({})
    sent, reading = first_statement(small), asyncio.create_task(reader.execute(SLOW))
    await sent.wait()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert (await reader.execute(ONE)).scalar_one() == 0
    await reader.close()
    assert in_use(small.engines.read) == 0


async def test_closing_a_reader_ends_running_reads_and_rejects_new_ones(small: Database) -> None:
    reader = small.reader({})
    sent, reading = first_statement(small), asyncio.create_task(reader.execute(SLOW))
    behind = asyncio.create_task(reader.execute(ONE))
    await sent.wait()
    await asyncio.wait_for(reader.close(), 5)
    with pytest.raises(ReaderClosedError):
        await reading
    with pytest.raises(ReaderClosedError):
        await behind
    with pytest.raises(ReaderClosedError):
        await reader.execute(ONE)
    assert in_use(small.engines.read) == 0
    await reader.close()


async def test_closing_a_reader_ends_the_fields_that_wait_for_a_loader(small: Database) -> None:
    reader, sent = small.reader({}), first_statement(small)

    async def load(keys: list[str]) -> list[str]:
        await reader.execute(SLOW)
        return keys

    loader: Loader[str] = Loader(load)
    fields = [asyncio.create_task(wait_for(loader.load(key))) for key in "ab"]
    await sent.wait()
    await asyncio.wait_for(reader.close(), 5)
    done, pending = await asyncio.wait(fields, timeout=5)
    assert not pending
    assert [type(field.exception()) for field in done] == [ReaderClosedError] * 2


async def wait_for(value: Awaitable[T]) -> T:
    """Waits for a value as a resolver does."""
    return await value


async def test_waiting_too_long_for_a_connection_fails_without_affecting_others(small: Database) -> None:
    first, second = small.reader({}), small.reader({})
    await first.execute(ONE)
    with pytest.raises(PoolTimeoutError):
        await second.execute(ONE)
    await first.close()
    assert (await second.execute(ONE)).scalar_one() == 0
    await second.close()


async def test_many_operations_share_one_connection_per_engine(database_url: str, settings: Settings) -> None:
    async with opened(database_url, settings, pool_size=1, pool_timeout_seconds=30) as database:

        async def operation(number: int) -> str:
            title_id: str = await database.transaction(add_title(f"Title {number}"))
            reader = database.reader({})
            try:
                found = await reader.execute(select(MediaItem.title).where(MediaItem.id == title_id))
                return str(found.scalar_one())
            finally:
                await reader.close()

        found = await asyncio.gather(*(operation(number) for number in range(10)))
        assert found == [f"Title {number}" for number in range(10)]


async def test_the_read_engine_is_read_only_in_postgresql(small: Database) -> None:
    reader = small.reader({})
    for statement in ("INSERT INTO families (id, name) VALUES ('x', 'x')", "DELETE FROM families"):
        with pytest.raises(DBAPIError) as error:
            await reader.execute(text(statement))
        assert state(error.value) == "25006", "read_only_sql_transaction"
    await reader.close()


def add_title(name: str) -> Callable[[UnitOfWork], Awaitable[str]]:
    """Returns a use case that inserts a title."""

    async def add(work: UnitOfWork) -> str:
        item = MediaItem(title=name, tmdb_type=MediaType.MOVIE, tmdb_id=next(NUMBERS))
        work.session.add(item)
        await work.session.flush()
        return item.id

    return add


async def names(database: Database) -> list[str]:
    """Returns all titles visible to another transaction."""
    async with database.engines.read.connect() as connection:
        return list(await connection.scalars(select(MediaItem.title).order_by(MediaItem.title)))


async def test_a_returning_use_case_commits_and_a_raising_one_rolls_back(small: Database) -> None:
    async def fails(work: UnitOfWork, error: Exception) -> None:
        await add_title("Lost")(work)
        raise error

    await small.transaction(add_title("Kept"))
    for error in (RuntimeError("bug"), refused(ErrorCode.INVALID, "No."), asyncio.CancelledError()):
        with pytest.raises(type(error)):
            await small.transaction(fails, error)  # type: ignore[arg-type]  # CancelledError is not an Exception
        assert await names(small) == ["Kept"]
        assert in_use(small.engines.write) == 0


async def test_a_constraint_violated_at_commit_raises_its_declared_error(
    small: Database, make: Factories
) -> None:
    ann = await make.user(email="ann@example.com")

    async def add(work: UnitOfWork) -> None:
        work.session.add(type(ann)(email="ann@example.com", password_hash="x"))

    with pytest.raises(Refused) as error:
        await small.transaction(add)
    assert [(each.code, each.path) for each in error.value.refusals] == [
        (ErrorCode.ALREADY_EXISTS, ("email",))
    ]


async def test_after_a_deadlock_both_transactions_succeed(
    database_url: str, settings: Settings, make: Factories
) -> None:
    a, b = await make.media("0"), await make.media("0")
    attempts = 0

    async with opened(
        database_url, settings, lock_timeout_ms=20_000, statement_timeout_ms=20_000
    ) as database:
        holding = asyncio.Barrier(2)

        async def grow(work: UnitOfWork, first: MediaItem, second: MediaItem) -> None:
            nonlocal attempts
            attempts += 1
            for title in (first, second):
                grown = update(MediaItem).where(MediaItem.id == title.id)
                await work.session.execute(grown.values(title=func.concat(MediaItem.title, "+")))
                if title is first and attempts <= 2:
                    await holding.wait()

        await asyncio.gather(database.transaction(grow, a, b), database.transaction(grow, b, a))
        assert attempts == 3, "PostgreSQL ended one of them, and it was run again"
        assert await names(database) == ["0++", "0++"]


async def fail_with(work: UnitOfWork, code: str, attempts: list[int]) -> None:
    """Makes PostgreSQL raise an error with this SQLSTATE."""
    attempts.append(1)
    await work.session.execute(text(f"DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '{code}'; END $$"))


@pytest.mark.parametrize(("code", "times"), [("40001", 3), ("40P01", 3), ("55P03", 1), ("57014", 1)])
async def test_transactions_with_retryable_errors_are_tried_three_times(
    small: Database, code: str, times: int
) -> None:
    attempts: list[int] = []
    with pytest.raises(DBAPIError) as error:
        await small.transaction(fail_with, code, attempts)
    assert (state(error.value), len(attempts)) == (code, times)
    assert in_use(small.engines.write) == 0


async def test_a_slow_statement_is_cancelled_by_the_server(database_url: str, settings: Settings) -> None:
    async with opened(database_url, settings, statement_timeout_ms=50) as database:
        reader = database.reader({})
        with pytest.raises(DBAPIError) as error:
            await reader.execute(SLOW)
        assert state(error.value) == "57014", "query_canceled"
        await reader.close()


async def test_waiting_too_long_for_a_lock_is_cancelled_by_the_server(
    database_url: str, settings: Settings, make: Factories
) -> None:
    title = await make.media()
    locked = select(MediaItem).where(MediaItem.id == title.id).with_for_update()

    async with opened(database_url, settings, lock_timeout_ms=50) as database:

        async def lock(work: UnitOfWork) -> None:
            await work.session.execute(locked)

        async def hold(work: UnitOfWork) -> None:
            await work.session.execute(locked)
            with pytest.raises(DBAPIError) as error:
                await database.transaction(lock)
            assert state(error.value) == "55P03", "lock_not_available"

        await database.transaction(hold)


async def test_viewer_parameters_are_bound_without_a_further_statement(small: Database) -> None:
    reader = small.reader({"viewer_id": "us1", "cursor_key": "k"})
    with recorded(small) as statements:
        found = await reader.execute(text("SELECT CAST(:viewer_id AS text) || :extra"), {"extra": "!"})
        assert found.scalar_one() == "us1!"
    assert len(statements) == 1
    await reader.close()


async def test_errors_never_contain_statement_parameters(small: Database) -> None:
    async def add(work: UnitOfWork) -> None:
        await work.session.execute(
            text("INSERT INTO users (id, email, password_hash) VALUES ('us1', :email, NULL)"),
            {"email": "hush@x.org"},
        )

    with pytest.raises(IntegrityError) as error:
        await small.transaction(add)
    assert "hidden due to hide_parameters" in str(error.value)
