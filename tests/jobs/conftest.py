"""Fixtures: a database without an application, workers with short intervals, and job types for tests."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from infocus_graphql.background import connector
from infocus_graphql.db.database import Database, UnitOfWork
from infocus_graphql.db.engines import make_engines
from infocus_graphql.jobs import queue
from infocus_graphql.jobs.job_types import Handler, JobData, JobType, Schedule
from infocus_graphql.jobs.worker import Worker, WorkerTiming, running
from infocus_graphql.settings import Settings

QUICK = WorkerTiming(lease=timedelta(seconds=1), poll=timedelta(seconds=0.1), grace=timedelta(seconds=0.2))
TRIAL = JobType("trial", attempts=3, first_delay=timedelta(milliseconds=20))
PATIENCE = 10.0

Start = Callable[..., Any]


@pytest_asyncio.fixture
async def database(database_url: str, settings: Settings) -> AsyncIterator[Database]:
    """The database that use cases get."""
    database = Database(make_engines(database_url, settings))
    yield database
    await database.dispose()


@pytest.fixture
def start(database: Database, database_url: str, settings: Settings) -> Start:
    """Runs a worker during a block: `async with start({TRIAL: handler}):`."""

    @asynccontextmanager
    async def started(
        handlers: Mapping[JobType, Handler], *schedules: Schedule, pace: WorkerTiming = QUICK
    ) -> AsyncIterator[Worker]:
        worker = Worker(database, connector(database_url, settings), handlers, schedules, pace)
        async with running(worker):
            yield worker

    return started


async def put(database: Database, data: JobData, kind: JobType = TRIAL, **options: Any) -> bool:
    """Enqueues a job in its own transaction."""
    return await database.transaction(queue.enqueue, kind, data, **options)


async def counts(database: Database) -> queue.Counts:
    """Returns the number of jobs in each state."""
    return await database.transaction(queue.counts)


async def rows(database: Database, sql: str) -> list[Any]:
    """Runs a statement and returns its rows."""

    async def ask(work: UnitOfWork) -> list[Any]:
        result: Any = await work.session.execute(text(sql))
        return [tuple(row) for row in result] if result.returns_rows else []

    return await database.transaction(ask)


async def until(question: Callable[[], Awaitable[bool]]) -> None:
    """Polls until the condition is true."""
    async with asyncio.timeout(PATIENCE):
        while not await question():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.02)


async def until_empty(database: Database) -> None:
    """Waits until no job is queued or running; dead letters may be left."""

    async def empty() -> bool:
        found = await counts(database)
        return not (found.waiting or found.delayed or found.running)

    await until(empty)
