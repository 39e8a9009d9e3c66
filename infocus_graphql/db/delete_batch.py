"""Deletion in batches, for the jobs that purge old rows."""

from typing import Final

from sqlalchemy import ColumnElement, CursorResult, Table, delete, select, tuple_

from infocus_graphql.db.base import Base
from infocus_graphql.db.database import UnitOfWork

BATCH_SIZE: Final = 1000


async def delete_batch(
    work: UnitOfWork,
    model: type[Base] | Table,
    condition: ColumnElement[bool],
    *,
    limit: int = BATCH_SIZE,
) -> bool:
    """Deletes at most `limit` rows that `condition` holds for; returns whether there may be more.

    A row that another transaction has locked is left for the next run:

        DELETE FROM api_tokens WHERE id IN (
            SELECT id FROM api_tokens WHERE expires_at < … LIMIT 1000 FOR UPDATE SKIP LOCKED)
    """
    table = model if isinstance(model, Table) else Base.metadata.tables[model.__tablename__]
    key = [*table.primary_key]
    old = select(*key).where(condition).limit(limit).with_for_update(skip_locked=True)
    statement = delete(table).where((key[0] if len(key) == 1 else tuple_(*key)).in_(old))
    result = await work.session.execute(statement)
    return isinstance(result, CursorResult) and result.rowcount == limit
