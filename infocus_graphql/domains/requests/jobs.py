"""What is done in the background about kept answers and documents: those of no more use are forgotten."""

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import delete, select, tuple_

from infocus_graphql.core.clock import now
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.domains.requests.models import IdempotencyRecord, PersistedDocument

_AT_ONCE: Final = 1000


async def purge_idempotency_records(work: UnitOfWork, *, keep: timedelta) -> bool:
    """Deletes some answers that are that old; whether there may be more."""
    key = (IdempotencyRecord.user_id, IdempotencyRecord.operation, IdempotencyRecord.key)
    old = select(*key).where(IdempotencyRecord.created_at < now() - keep)
    some = old.limit(_AT_ONCE).with_for_update(skip_locked=True).subquery()
    return await _deleted(work, delete(IdempotencyRecord).where(tuple_(*key).in_(select(some))))


async def purge_persisted_documents(work: UnitOfWork, *, keep: timedelta) -> bool:
    """Deletes some documents that nobody has used for that long; whether there may be more."""
    old = select(PersistedDocument.digest).where(PersistedDocument.used_at < now() - keep)
    some = old.limit(_AT_ONCE).with_for_update(skip_locked=True).scalar_subquery()
    return await _deleted(work, delete(PersistedDocument).where(PersistedDocument.digest.in_(some)))


async def _deleted(work: UnitOfWork, statement: Any) -> bool:
    result: Any = await work.session.execute(statement.execution_options(synchronize_session=False))
    return bool(result.rowcount == _AT_ONCE)
