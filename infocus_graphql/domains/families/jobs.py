"""Background jobs of families: deletion of old invitations."""

from datetime import timedelta

from infocus_graphql.core.clock import now
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.db.delete_batch import delete_batch
from infocus_graphql.domains.families.models import FamilyInvitation


async def purge_invitations(work: UnitOfWork, *, keep: timedelta) -> bool:
    """Deletes a batch of invitations, used or not, that expired more than `keep` ago.

    Returns whether more may be left.
    """
    return await delete_batch(work, FamilyInvitation, FamilyInvitation.expires_at < now() - keep)
