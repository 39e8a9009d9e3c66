"""Background jobs of the audit log: deletion of old events."""

from datetime import timedelta

from sqlalchemy import func, select

from infocus_graphql.core.clock import now
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.db.delete_batch import BATCH_SIZE


async def purge_audit_events(work: UnitOfWork, *, keep: timedelta) -> bool:
    """Deletes a batch of events older than `keep`. Returns whether more may be left.

    Uses the SQL function `purge_audit_events`, because a trigger rejects every other DELETE. The function
    never deletes events younger than thirty days.
    """
    purged = await work.session.scalar(select(func.purge_audit_events(now() - keep, BATCH_SIZE)))
    return purged == BATCH_SIZE
