"""The migrations create the tables of the job queue library, with our table names."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from pgqueuer import AsyncpgDriver
from sqlalchemy import text

from infocus_graphql.db import migrations
from infocus_graphql.db.database import Database
from infocus_graphql.jobs import queue
from infocus_graphql.jobs.adapter import NAMES, queries_on
from tests.sample_rows import connected, run

from .conftest import put, rows

BEFORE = "5f0c2a"
FILLED = """
INSERT INTO pgqueuer (priority, status, entrypoint, payload, dedupe_key)
    VALUES (0, 'queued', 'trial', '{}', 'a'), (0, 'picked', 'trial', NULL, 'b'),
        (0, 'failed', 'trial', NULL, 'b');
INSERT INTO pgqueuer_log (job_id, status, priority, entrypoint) VALUES (1, 'queued', 0, 'trial');
INSERT INTO pgqueuer_schedules (expression, entrypoint) VALUES ('7 * * * *', 'trial');
INSERT INTO pgqueuer_statistics (count, priority, status, entrypoint) VALUES (1, 0, 'queued', 'trial');
"""
ALL = """
SELECT to_jsonb(job) - ARRAY['id', 'created', 'updated', 'heartbeat', 'execute_after'] AS job,
    date_trunc('minute', execute_after - created) AS delay,
    (SELECT jsonb_agg(to_jsonb(entry) - ARRAY['id', 'job_id', 'created'] ORDER BY id)
        FROM pgqueuer_log AS entry WHERE job_id = job.id) AS log
FROM pgqueuer AS job ORDER BY id
"""
FAIL = """
UPDATE pgqueuer
SET status = 'failed', attempts = 2, queue_manager_id = gen_random_uuid(), execute_after = now()
WHERE dedupe_key = 'one'
"""


async def test_the_migration_creates_the_schema_of_the_library(server: Any, database_url: str) -> None:
    connection = await server.connect(database_url)
    plan = await queries_on(AsyncpgDriver(connection)).plan_upgrade()
    await connection.close()
    assert (list(plan.statements), list(plan.notes)) == ([], [])


async def test_the_migration_can_be_reverted_and_repeated_with_rows(server: Any, database_url: str) -> None:
    database_url = server.owners(database_url)
    tables = text("SELECT count(*) FROM pg_class WHERE relname LIKE '%pgqueuer%'")
    kinds = text("SELECT count(*) FROM pg_type WHERE typname = 'pgqueuer_status'")
    for _ in range(2):
        await run(database_url, FILLED)
        await migrations.downgrade(database_url, BEFORE)
        async with connected(database_url) as connection:
            assert (await connection.scalar(tables), await connection.scalar(kinds)) == (0, 0)
        await migrations.upgrade(database_url)


def test_table_names_do_not_depend_on_the_environment() -> None:
    assert set(type(NAMES).model_fields) - NAMES.model_fields_set == {"widen_id"}


async def test_jobs_are_enqueued_and_retried_as_by_the_library(
    server: Any, database: Database, database_url: str
) -> None:
    """Servers write these rows without the library, whose import is slow."""
    connection = await server.connect(database_url)
    library = queries_on(AsyncpgDriver(connection))

    async def add(key: str | None, delay: timedelta) -> bool:
        added = await library.enqueue(
            "trial", b'{"to":"Anna"}', execute_after=delay, dedupe_key=key, on_conflict="skip"
        )
        return added != [None]

    async def written(
        add: Callable[[str | None, timedelta], Awaitable[bool]], retry: Callable[[list[Any]], Awaitable[Any]]
    ) -> list[Any]:
        assert await add("one", timedelta(hours=1))
        assert not await add("one", timedelta())
        assert await add(None, timedelta())
        found = await rows(database, ALL)
        await rows(database, FAIL)
        await retry([job for (job,) in await rows(database, "SELECT id FROM pgqueuer")])
        found += await rows(database, ALL)
        await rows(database, "DELETE FROM pgqueuer")
        return found

    ours = await written(
        lambda key, delay: put(database, {"to": "Anna"}, key=key, delay=delay),
        lambda found: database.transaction(queue.retry, found),
    )
    assert len(ours) == 4
    assert ours == await written(add, library.requeue_jobs)
    await connection.close()
