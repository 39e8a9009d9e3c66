"""Takes a table's secondary indexes away while very many rows are written, then makes them anew."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import asyncpg  # type: ignore[import-untyped]  # ships no types

from infocus_graphql.seeding.report import Progress

# The definitions come from the database itself, so that exactly what was there comes back. Unique
# constraints own their indexes and go by their own commands. Primary keys stay: ids come in order.
_DEFINITIONS: Final = """
    SELECT format('ALTER TABLE %1$s DROP CONSTRAINT %2$I', conrelid::regclass, conname) AS removal,
           format('ALTER TABLE %1$s ADD CONSTRAINT %2$I %3$s',
                  conrelid::regclass, conname, pg_get_constraintdef(oid)) AS renewal
    FROM pg_constraint WHERE conrelid = $1::text::regclass AND contype = 'u'
    UNION ALL
    SELECT format('DROP INDEX %s', indexrelid::regclass), pg_get_indexdef(indexrelid)
    FROM pg_index WHERE indrelid = $1::text::regclass AND NOT indisprimary AND NOT EXISTS
        (SELECT FROM pg_constraint WHERE conindid = indexrelid AND conrelid = indrelid)
"""


@asynccontextmanager
async def without_indexes(
    connection: asyncpg.Connection, table: str, progress: Progress
) -> AsyncIterator[None]:
    """Within a transaction only: if anything fails, its rollback brings the indexes back.

    The table is locked for everybody else until the transaction ends.
    """
    definitions = await connection.fetch(_DEFINITIONS, table)
    for definition in definitions:
        await connection.execute(definition["removal"])
    yield
    await connection.execute("SET LOCAL maintenance_work_mem = '256MB'")  # sort in memory
    for number, definition in enumerate(definitions):
        progress(f"{table} indexes", number, len(definitions))
        await connection.execute(definition["renewal"])
    progress(f"{table} indexes", len(definitions), len(definitions))
