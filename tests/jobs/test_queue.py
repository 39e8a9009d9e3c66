"""Jobs are enqueued in the transaction of the use case; dead letters can be retried or dropped."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text

from infocus_graphql.core.errors import Refused, not_found
from infocus_graphql.db.database import Database, UnitOfWork
from infocus_graphql.jobs import queue
from infocus_graphql.jobs.job_types import JobData, PermanentJobError
from infocus_graphql.jobs.queue import Counts, enqueue

from .conftest import TRIAL, Start, counts, put, rows, until, until_empty

ANONYMOUS = Counts(0, 0, 0, 0)


@pytest.mark.parametrize("first", [True, False], ids=["before the rows", "after them"])
async def test_a_rollback_enqueues_no_job(database: Database, first: bool) -> None:
    async def fail(work: UnitOfWork) -> None:
        if first:  # also as the first statement of the transaction
            await enqueue(work, TRIAL, {})
        await work.session.execute(text("INSERT INTO families (id, name) VALUES ('fa1', 'Ours')"))
        if not first:
            await enqueue(work, TRIAL, {})
        assert await queue.counts(work) == Counts(1, 0, 0, 0)
        raise not_found("luck")

    with pytest.raises(Refused):
        await database.transaction(fail)
    assert await counts(database) == ANONYMOUS
    assert await rows(database, "SELECT * FROM pgqueuer_log") == []


async def test_a_job_is_invisible_until_the_commit_and_runs_after_it(
    database: Database, start: Start
) -> None:
    done: list[JobData] = []

    async def note(data: JobData) -> None:
        done.append(data)

    async def work_slowly(work: UnitOfWork) -> None:
        await enqueue(work, TRIAL, {"to": "Anna"})
        # The worker is notified of another job, but must not find this one.
        await put(database, {"to": "Ben"})
        await until_empty(database)
        assert done == [{"to": "Ben"}]

    async with start({TRIAL: note}):
        await database.transaction(work_slowly)
        await until_empty(database)
    assert done == [{"to": "Ben"}, {"to": "Anna"}]


async def test_only_one_job_per_key_is_queued_or_running(database: Database, start: Start) -> None:
    running, go_on = asyncio.Event(), asyncio.Event()

    async def wait(_: JobData) -> None:
        running.set()
        await go_on.wait()

    assert await put(database, {}, key="one")
    assert not await put(database, {}, key="one")
    assert await put(database, {}, key="other")
    async with start({TRIAL: wait}):
        await running.wait()
        assert not await put(database, {}, key="one")
        go_on.set()
        await until_empty(database)
        assert await put(database, {}, key="one")
        await until_empty(database)


async def test_a_job_can_be_delayed(database: Database) -> None:
    assert await put(database, {}, delay=timedelta(hours=1))
    assert await counts(database) == Counts(waiting=0, delayed=1, running=0, dead=0)
    (row,) = await database.transaction(lambda work: work.session.execute(queue.counts_statement()))
    assert row._asdict() == {"waiting": 0, "delayed": 1, "running": 0, "dead": 0}


async def test_dead_letters_are_listed_retried_and_dropped(database: Database, start: Start) -> None:
    hopeless = True

    async def work_perhaps(data: JobData) -> None:
        if hopeless:
            raise PermanentJobError(f"{data['what']} can't be done")

    for what in ("this", "that", "more"):
        await put(database, {"what": what}, key=what)
    async with start({TRIAL: work_perhaps}):
        await until_empty(database)
        assert await counts(database) == Counts(0, 0, 0, 3)
        this, that, more = await database.transaction(queue.dead_letters)
        assert (this.kind, this.attempts, this.reason) == ("trial", 1, "this can't be done")
        assert this.created_at <= this.failed_at

        assert await database.transaction(queue.drop, [that.id, 12345]) == [that.id]
        hopeless = False
        await put(database, {}, key="more", delay=timedelta(hours=1))  # has the key of the dead letter
        assert await database.transaction(queue.retry, [this.id, that.id, more.id]) == [this.id]
        await until(lambda: _was_done(database, this.id))
    assert await counts(database) == Counts(0, 1, 0, 1)
    (left,) = await database.transaction(queue.dead_letters)
    assert left == more
    log = f"SELECT status::text FROM pgqueuer_log WHERE job_id = {this.id} ORDER BY id"
    assert [status for (status,) in await rows(database, log)] == [
        "queued",
        "picked",
        "failed",
        "queued",
        "picked",
        "successful",
    ]


async def test_old_dead_letters_and_logs_are_purged(database: Database, start: Start) -> None:
    async def fail(_: JobData) -> None:
        raise PermanentJobError("no")

    await put(database, {})
    await put(database, {})
    async with start({TRIAL: fail}):
        await until_empty(database)
    await rows(database, "UPDATE pgqueuer SET updated = updated - interval '3 days' WHERE id = 1")
    await rows(database, "UPDATE pgqueuer_log SET created = created - interval '3 days' WHERE job_id = 1")
    assert not await database.transaction(queue.purge_dead_jobs, timedelta(days=2))
    assert not await database.transaction(queue.purge_job_log, timedelta(days=2))
    assert await rows(database, "SELECT id FROM pgqueuer") == [(2,)]
    assert await rows(database, "SELECT DISTINCT job_id FROM pgqueuer_log") == [(2,)]


async def _was_done(database: Database, job: int) -> bool:
    return await rows(database, f"SELECT id FROM pgqueuer WHERE id = {job}") == []
