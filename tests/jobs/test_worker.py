"""Workers: sharing, retries, shutdown, take-over, schedules, and lost connections."""

import asyncio
import sys
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from time import monotonic

import pytest
from structlog.testing import capture_logs

from infocus_graphql.background import connector
from infocus_graphql.db import migrations
from infocus_graphql.db.database import Database
from infocus_graphql.db.engines import make_engines
from infocus_graphql.jobs import queue
from infocus_graphql.jobs.job_types import JobData, JobType, RetryableJobError, Schedule
from infocus_graphql.jobs.queue import Counts
from infocus_graphql.jobs.worker import Worker, running
from infocus_graphql.settings import Settings
from tests.support.server import Server

from .conftest import PATIENCE, QUICK, TRIAL, Start, counts, put, rows, until, until_empty

YEARLY = Schedule(JobType("yearly"), "0 0 1 1 *")
SECRET = "anna@example.org wrote 4711"


async def done(_: JobData) -> None:
    """A job without work."""


async def test_two_workers_share_jobs_and_run_each_once(database: Database, start: Start) -> None:
    begun: Counter[int] = Counter()
    most: Counter[str] = Counter()
    running: Counter[int] = Counter()

    async def work(data: JobData) -> None:
        number = data["number"]
        begun[number] += 1
        running[number] += 1
        most["same"] = max(most["same"], running[number])
        most["all"] = max(most["all"], running.total())
        await asyncio.sleep(0.01)
        running[number] -= 1

    for number in range(40):
        await put(database, {"number": number})
    async with start({TRIAL: work}), start({TRIAL: work}):
        await until_empty(database)
    assert begun == Counter(range(40))
    assert most["same"] == 1
    assert most["all"] > 1


async def test_the_job_of_a_killed_worker_is_taken_over(
    database: Database, database_url: str, start: Start
) -> None:
    finished = asyncio.Event()

    async def finish(_: JobData) -> None:
        finished.set()

    await put(database, {})
    program = (sys.executable, "-m", "tests.jobs.doomed", database_url)
    doomed = await asyncio.create_subprocess_exec(*program, stdout=asyncio.subprocess.PIPE)
    assert doomed.stdout is not None
    async with asyncio.timeout(PATIENCE):
        while await doomed.stdout.readline() != b"taken\n":
            pass
    async with start({TRIAL: finish}):
        # While its worker is alive, no other worker gets the job, even longer than a lease.
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(finished.wait(), QUICK.lease.total_seconds() + 0.3)
        doomed.kill()
        killed_at = monotonic()
        async with asyncio.timeout(PATIENCE):
            await finished.wait()
        assert monotonic() - killed_at < (QUICK.lease + QUICK.poll).total_seconds() + 1
        await until_empty(database)
    await doomed.wait()


async def test_a_failed_job_is_retried_with_growing_delays(database: Database, start: Start) -> None:
    tries: list[float] = []

    async def fail_twice(_: JobData) -> None:
        tries.append(monotonic())
        if len(tries) < 3:
            raise RetryableJobError("not yet")

    kind = replace(TRIAL, first_delay=timedelta(seconds=0.1))
    await put(database, {}, kind)
    with capture_logs() as logs:
        async with start({kind: fail_twice}):
            await until_empty(database)
    first, second = tries[1] - tries[0], tries[2] - tries[1]
    assert first >= 0.075
    assert second >= 0.225
    events = [(line["event"], line.get("attempt")) for line in logs if "attempt" in line]
    assert events == [("job failed", 1), ("job failed", 2), ("job done", 3)]


async def test_a_job_that_always_fails_becomes_a_dead_letter_without_private_data(
    database: Database, start: Start
) -> None:
    async def fail(_: JobData) -> None:
        raise ValueError(SECRET) from KeyError(SECRET)

    await put(database, {})
    async with start({TRIAL: fail}):
        await until_empty(database)
    (letter,) = await database.transaction(queue.dead_letters)
    assert (letter.attempts, letter.reason) == (3, "ValueError")
    log = await rows(database, "SELECT * FROM pgqueuer_log")
    assert len(log) == 7  # enqueued and started three times, then failed
    assert SECRET not in repr(log)


async def test_a_job_that_takes_too_long_is_cancelled(database: Database, start: Start) -> None:
    ended: list[str] = []

    async def hang(_: JobData) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("hang")

    kind = replace(TRIAL, attempts=1, timeout=timedelta(seconds=0.05))
    await put(database, {}, kind)
    async with start({kind: hang}):
        await until_empty(database)
    (letter,) = await database.transaction(queue.dead_letters)
    assert (letter.reason, ended) == ("timed out after 0.05 seconds", ["hang"])


async def test_stopping_completes_a_running_job_or_requeues_it_in_time(
    database: Database, start: Start
) -> None:
    begun, finished, hang = asyncio.Event(), [], False

    async def work(_: JobData) -> None:
        begun.set()
        await asyncio.sleep(PATIENCE if hang else 0.1)
        finished.append(1)

    await put(database, {})
    async with start({TRIAL: work}):
        await begun.wait()
    assert finished == [1]
    assert await counts(database) == Counts(0, 0, 0, 0)

    hang = True
    begun.clear()
    await put(database, {})
    async with start({TRIAL: work}):
        await begun.wait()
        stopped_at = monotonic()
    assert monotonic() - stopped_at < 1.5
    assert finished == [1]
    assert await counts(database) == Counts(waiting=1, delayed=0, running=0, dead=0)

    begun.clear()
    patient = replace(QUICK, grace=timedelta(seconds=PATIENCE))
    async with start({TRIAL: work}, pace=patient) as worker:
        await begun.wait()
        stopped_at = monotonic()
        worker.stop()  # and again at the end of the block, like a second signal
    assert monotonic() - stopped_at < 1.5


async def test_a_job_that_crashes_its_workers_is_not_retried_forever(
    database: Database, start: Start
) -> None:
    await put(database, {})
    await rows(
        database,
        "INSERT INTO pgqueuer_log (job_id, status, entrypoint, priority) "
        "SELECT 1, 'picked', 'trial', 0 FROM generate_series(1, 5)",
    )
    async with start({TRIAL: done}):
        await until_empty(database)
        (letter,) = await database.transaction(queue.dead_letters)
        assert letter.reason == "5 workers crashed while running this job"
        await database.transaction(queue.retry, [letter.id])
        await until_empty(database)
    assert await counts(database) == Counts(0, 0, 0, 0)


async def test_a_worker_reconnects_and_abandons_its_job(database: Database, start: Start) -> None:
    begun: list[bool] = []
    cancelled = asyncio.Event()

    async def hang_once(_: JobData) -> None:
        begun.append(True)
        if len(begun) == 1:
            try:
                await asyncio.Event().wait()
            finally:
                cancelled.set()

    await put(database, {})
    async with start({TRIAL: hang_once}, YEARLY):
        await until(lambda: _is(len(begun) == 1))
        await rows(
            database,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'infocus-worker' AND datname = current_database()",
        )
        async with asyncio.timeout(PATIENCE):
            await cancelled.wait()
        await until_empty(database)
    assert len(begun) == 2
    assert await counts(database) == Counts(0, 0, 0, 0)


async def test_a_worker_waits_for_its_tables(server: Server, settings: Settings) -> None:
    url = await server.create_database()
    database = Database(make_engines(url, settings))
    with capture_logs() as logs:
        async with running(Worker(database, connector(url, settings), {TRIAL: done}, pace=QUICK)):
            await until(lambda: _is("worker waits for the database" in {line["event"] for line in logs}))
            await migrations.upgrade(url)
            await put(database, {})
            await until_empty(database)
    assert logs[-1]["event"] == "job done"
    await database.dispose()
    await server.drop_database(url)


async def test_a_schedule_runs_once_for_all_workers(database: Database, start: Start) -> None:
    runs: list[int] = []

    async def note(_: JobData) -> None:
        runs.append(1)

    handlers = {YEARLY.kind: note}
    async with start(handlers, YEARLY):  # registers the schedule, which is not due
        await until(lambda: _in_schedules(database))
    await rows(database, "UPDATE pgqueuer_schedules SET next_run = now() - interval '1 minute'")
    async with start(handlers, YEARLY), start(handlers, YEARLY):
        await until(lambda: _is(bool(runs)))
        await until_empty(database)
        # Due again, as for a worker whose clock is behind, although it has just run.
        await until(lambda: _has_rested(database))
        await rows(database, "UPDATE pgqueuer_schedules SET next_run = now() - interval '1 second'")
    async with start(handlers, YEARLY):
        await until(lambda: _has_rested(database))
    assert runs == [1]
    assert await rows(database, "SELECT count(*) FROM pgqueuer_log WHERE status = 'queued'") == [(1,)]


async def _in_schedules(database: Database) -> bool:
    return await rows(database, "SELECT status::text FROM pgqueuer_schedules") == [("queued",)]


async def _has_rested(database: Database) -> bool:
    """Whether the schedule was processed and is next due in the future."""
    sql = "SELECT status = 'queued' AND last_run IS NOT NULL AND next_run > now() FROM pgqueuer_schedules"
    return await rows(database, sql) == [(True,)]


async def _is(fact: bool) -> bool:
    return fact
