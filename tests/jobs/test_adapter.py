"""The migrations create the tables of the job queue library, with our table names."""

from typing import Any

from pgqueuer import AsyncpgDriver
from sqlalchemy import text

from infocus_graphql.db import migrations
from infocus_graphql.jobs.adapter import NAMES, queries_on
from tests.sample_rows import connected, run

BEFORE = "5f0c2a"
FILLED = """
INSERT INTO pgqueuer (priority, status, entrypoint, payload, dedupe_key)
    VALUES (0, 'queued', 'trial', '{}', 'a'), (0, 'picked', 'trial', NULL, 'b'),
        (0, 'failed', 'trial', NULL, 'b');
INSERT INTO pgqueuer_log (job_id, status, priority, entrypoint) VALUES (1, 'queued', 0, 'trial');
INSERT INTO pgqueuer_schedules (expression, entrypoint) VALUES ('7 * * * *', 'trial');
INSERT INTO pgqueuer_statistics (count, priority, status, entrypoint) VALUES (1, 0, 'queued', 'trial');
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
