"""Background jobs of families: deletion of old invitations."""

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import delete, select

from infocus_graphql.core.clock import now
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.domains.families.models import FamilyInvitation

_AT_ONCE: Final = 1000


async def purge_invitations(work: UnitOfWork, *, keep: timedelta) -> bool:
    """Deletes a batch of invitations, used or not, that expired more than `keep` ago.

    Returns whether more may be left.
    """
    old = select(FamilyInvitation.id).where(FamilyInvitation.expires_at < now() - keep)
    some = old.limit(_AT_ONCE).with_for_update(skip_locked=True).scalar_subquery()
    result: Any = await work.session.execute(
        delete(FamilyInvitation)
        .where(FamilyInvitation.id.in_(some))
        .execution_options(synchronize_session=False)
    )
    return bool(result.rowcount == _AT_ONCE)
