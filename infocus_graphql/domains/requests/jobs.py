"""What is done in the background about kept answers and documents: those of no more use are forgotten."""

from datetime import timedelta

from infocus_graphql.core.clock import now
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.db.delete_batch import delete_batch
from infocus_graphql.domains.requests.models import IdempotencyRecord, PersistedDocument


async def purge_idempotency_records(work: UnitOfWork, *, keep: timedelta) -> bool:
    """Deletes some answers that are that old; whether there may be more."""
    return await delete_batch(work, IdempotencyRecord, IdempotencyRecord.created_at < now() - keep)


async def purge_persisted_documents(work: UnitOfWork, *, keep: timedelta) -> bool:
    """Deletes some documents that nobody has used for that long; whether there may be more."""
    return await delete_batch(work, PersistedDocument, PersistedDocument.used_at < now() - keep)
