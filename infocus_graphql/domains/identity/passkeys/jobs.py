"""Background jobs of passkeys: deletion of expired challenges."""

from infocus_graphql.core.clock import now
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.db.delete_batch import delete_batch
from infocus_graphql.domains.identity.passkeys.models import PasskeyChallenge


async def purge_challenges(work: UnitOfWork) -> bool:
    """Deletes a batch of expired challenges. Returns whether more may be left."""
    return await delete_batch(work, PasskeyChallenge, PasskeyChallenge.expires_at < now())
