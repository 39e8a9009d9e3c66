"""The library finds its tables as it wants them, under the names that we say, and not others."""

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


async def test_the_migration_makes_what_the_library_wants(server: Any, database_url: str) -> None:
    connection = await server.connect(database_url)
    plan = await queries_on(AsyncpgDriver(connection)).plan_upgrade()
    await connection.close()
    assert (list(plan.statements), list(plan.notes)) == ([], [])


async def test_the_migration_goes_back_and_forth_on_a_filled_database(server: Any, database_url: str) -> None:
    database_url = server.owners(database_url)
    tables = text("SELECT count(*) FROM pg_class WHERE relname LIKE '%pgqueuer%'")
    kinds = text("SELECT count(*) FROM pg_type WHERE typname = 'pgqueuer_status'")
    for _ in range(2):
        await run(database_url, FILLED)
        await migrations.downgrade(database_url, BEFORE)
        async with connected(database_url) as connection:
            assert (await connection.scalar(tables), await connection.scalar(kinds)) == (0, 0)
        await migrations.upgrade(database_url)


def test_no_name_is_left_to_the_environment() -> None:
    assert set(type(NAMES).model_fields) - NAMES.model_fields_set == {"widen_id"}
