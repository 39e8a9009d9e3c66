"""Background jobs of persisted documents: deletion of unused ones."""

from datetime import timedelta

from infocus_graphql.core.clock import now
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.db.delete_batch import delete_batch
from infocus_graphql.domains.persisted_documents.models import PersistedDocument


async def purge_persisted_documents(work: UnitOfWork, *, keep: timedelta) -> bool:
    """Deletes a batch of documents not used for `keep`. Returns whether more may be left."""
    return await delete_batch(work, PersistedDocument, PersistedDocument.used_at < now() - keep)
