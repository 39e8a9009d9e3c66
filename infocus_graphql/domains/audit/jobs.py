"""Background jobs of the audit log: deletion of old events."""

from datetime import timedelta
from typing import Final

from sqlalchemy import func, select

from infocus_graphql.core.clock import now
from infocus_graphql.db.database import UnitOfWork

_AT_ONCE: Final = 1000


async def purge_audit_events(work: UnitOfWork, *, keep: timedelta) -> bool:
    """Deletes a batch of events older than `keep`. Returns whether more may be left.

    Uses the SQL function `forget_audit_events`, because a trigger rejects every other DELETE. The function
    never deletes events younger than thirty days.
    """
    forgotten = await work.session.scalar(select(func.forget_audit_events(now() - keep, _AT_ONCE)))
    return forgotten == _AT_ONCE
