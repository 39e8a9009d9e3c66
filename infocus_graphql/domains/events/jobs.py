"""Background jobs of events: partitions for the days to come, and removal of old ones."""

from datetime import timedelta
from typing import Final

from sqlalchemy import func, select

from infocus_graphql.core.clock import now
from infocus_graphql.db.database import UnitOfWork

_DAYS_AHEAD: Final = 7


async def maintain_event_partitions(work: UnitOfWork, *, keep: timedelta) -> bool:
    """Creates the partitions of the next days, and drops those whose events are all older than `keep`.

    Returns False: nothing is left to do.
    """
    await work.execute(select(func.create_event_partitions(_DAYS_AHEAD)))
    await work.execute(select(func.drop_event_partitions(now() - keep)))
    return False
