"""What is done in the background about the audit log: what is old enough is forgotten."""

from datetime import timedelta
from typing import Final

from sqlalchemy import func, select

from infocus_graphql.core.clock import now
from infocus_graphql.db.database import UnitOfWork

_AT_ONCE: Final = 1000


async def purge_audit_events(work: UnitOfWork, *, keep: timedelta) -> bool:
    """Deletes some events that are older than `keep`; whether there may be more.

    By the one function of the database that may: it takes nothing that is younger than thirty days.
    """
    forgotten = await work.session.scalar(select(func.forget_audit_events(now() - keep, _AT_ONCE)))
    return forgotten == _AT_ONCE
