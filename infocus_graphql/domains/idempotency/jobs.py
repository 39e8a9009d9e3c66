"""Background jobs of idempotency records: deletion of old ones."""

from datetime import timedelta

from infocus_graphql.core.clock import now
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.db.delete_batch import delete_batch
from infocus_graphql.domains.idempotency.models import IdempotencyRecord


async def purge_idempotency_records(work: UnitOfWork, *, keep: timedelta) -> bool:
    """Deletes a batch of records older than `keep`. Returns whether more may be left."""
    return await delete_batch(work, IdempotencyRecord, IdempotencyRecord.created_at < now() - keep)
